//! X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): secure as long as one of its halves is.

use rustls::crypto::{ActiveKeyExchange, CompletedKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};

use crate::mlkem::{self, CIPHERTEXT_LEN, Decapsulator, ENCAPSULATION_KEY_LEN};
use crate::x25519::{SHARE_LEN, X25519};

/// ML-KEM-768 together with X25519.
pub static X25519MLKEM768: &dyn SupportedKxGroup = &Group;

#[derive(Debug)]
struct Group;

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let post_quantum = Decapsulator::generate()?;
        let classical = X25519.start()?;
        let share = concat(post_quantum.encapsulation_key(), classical.pub_key());
        Ok(Box::new(Exchange {
            post_quantum,
            classical,
            share,
        }))
    }

    /// The server's side, which answers a key with a ciphertext and so cannot start before it has seen the key.
    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (encapsulation_key, peer_share) = split(peer, ENCAPSULATION_KEY_LEN)?;
        let classical = X25519.start_and_complete(peer_share)?;
        let (ciphertext, secret) = mlkem::encapsulate(encapsulation_key)?;
        Ok(CompletedKeyExchange {
            group: NamedGroup::X25519MLKEM768,
            pub_key: concat(&ciphertext, &classical.pub_key),
            secret: combine(&secret, &classical.secret),
        })
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

struct Exchange {
    post_quantum: Decapsulator,
    classical: Box<dyn ActiveKeyExchange>,
    share: Vec<u8>,
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let (ciphertext, peer_share) = split(peer, CIPHERTEXT_LEN)?;
        let classical = self.classical.complete(peer_share)?;
        let secret = self.post_quantum.decapsulate(ciphertext)?;
        Ok(combine(&secret, &classical))
    }

    /// The X25519 share also goes out on its own, for a server that knows only that (draft-ietf-tls-hybrid-design
    /// section 3.2): one key generation serves both.
    fn hybrid_component(&self) -> Option<(NamedGroup, &[u8])> {
        Some((self.classical.group(), self.classical.pub_key()))
    }

    fn complete_hybrid_component(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        self.classical.complete(peer)
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }
}

/// In this group ML-KEM comes first, in the shares and in the secret.
fn concat(post_quantum: &[u8], classical: &[u8]) -> Vec<u8> {
    [post_quantum, classical].concat()
}

fn combine(post_quantum: &mlkem::Secret, classical: &SharedSecret) -> SharedSecret {
    SharedSecret::from(concat(post_quantum.as_slice(), classical.secret_bytes()))
}

/// The halves of a share whose first part has `post_quantum_len` bytes.
fn split(share: &[u8], post_quantum_len: usize) -> Result<(&[u8], &[u8]), Error> {
    match share.split_at_checked(post_quantum_len) {
        Some((post_quantum, classical)) if classical.len() == SHARE_LEN => {
            Ok((post_quantum, classical))
        }
        _ => Err(PeerMisbehaved::InvalidKeyShare.into()),
    }
}
