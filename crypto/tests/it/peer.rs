//! X25519MLKEM768 a second time, out of other parts: ML-KEM from `ml-kem`, X25519 from ring. It shares no code with the
//! group under test, so that an error in the order of the halves or in ML-KEM itself cannot cancel out.

use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{DecapsulationKey768, EncapsulationKey768};
use rustls::crypto::{
    ActiveKeyExchange, CompletedKeyExchange, SharedSecret, SupportedKxGroup, ring,
};
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};

pub(crate) static PEER_HYBRID: &dyn SupportedKxGroup = &PeerHybrid;

const BAD_SHARE: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

#[derive(Debug)]
struct PeerHybrid;

fn random<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    super::harness::ring().secure_random.fill(&mut out).unwrap();
    out
}

impl SupportedKxGroup for PeerHybrid {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let key = DecapsulationKey768::from_seed(random::<64>().into());
        let classical = ring::kx_group::X25519.start()?;
        let mut share = key.encapsulation_key().to_bytes().to_vec();
        share.extend_from_slice(classical.pub_key());
        Ok(Box::new(Started {
            key,
            classical,
            share,
        }))
    }

    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (key, x25519) = peer.split_at_checked(1184).ok_or(BAD_SHARE)?;
        let key = EncapsulationKey768::new(key.try_into().unwrap()).map_err(|_| BAD_SHARE)?;
        let (ciphertext, secret) = key.encapsulate_deterministic(&random::<32>().into());
        let classical = ring::kx_group::X25519.start_and_complete(x25519)?;
        Ok(CompletedKeyExchange {
            group: NamedGroup::X25519MLKEM768,
            pub_key: [ciphertext.as_slice(), &classical.pub_key].concat(),
            secret: SharedSecret::from(
                [secret.as_slice(), classical.secret.secret_bytes()].concat(),
            ),
        })
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

struct Started {
    key: DecapsulationKey768,
    classical: Box<dyn ActiveKeyExchange>,
    share: Vec<u8>,
}

impl ActiveKeyExchange for Started {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let (ciphertext, x25519) = peer.split_at_checked(1088).ok_or(BAD_SHARE)?;
        let secret = self.key.decapsulate(ciphertext.try_into().unwrap());
        let classical = self.classical.complete(x25519)?;
        Ok(SharedSecret::from(
            [secret.as_slice(), classical.secret_bytes()].concat(),
        ))
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519MLKEM768
    }
}
