//! HMAC (RFC 2104), on which rustls builds HKDF for TLS 1.3 and the PRF of TLS 1.2.

use std::marker::PhantomData;

use hmac::{EagerHash, Hmac, KeyInit, Mac, digest::common::Key as Block};
use rustls::crypto::hmac::{Hmac as TlsHmac, Key, Tag};
use sha2::{Digest, Sha256, Sha384};
use zeroize::Zeroize;

pub(crate) static HMAC_SHA256: HmacSha2<Sha256> = HmacSha2(PhantomData);
pub(crate) static HMAC_SHA384: HmacSha2<Sha384> = HmacSha2(PhantomData);

pub(crate) struct HmacSha2<D>(PhantomData<D>);

impl<D> TlsHmac for HmacSha2<D>
where
    D: EagerHash<Core: Send + Sync> + Digest + Send + Sync + 'static,
{
    fn with_key(&self, key: &[u8]) -> Box<dyn Key> {
        // A whole block is the form of key that cannot be refused: RFC 2104 section 2 hashes longer keys and fills
        // shorter ones with zeros.
        let mut block = Block::<Hmac<D>>::default();
        if key.len() <= block.len() {
            block.iter_mut().zip(key).for_each(|(b, k)| *b = *k);
        } else {
            let mut hashed = <D as Digest>::digest(key);
            block.iter_mut().zip(&hashed).for_each(|(b, k)| *b = *k);
            hashed.as_mut_slice().zeroize();
        }
        let keyed = <Hmac<D> as KeyInit>::new(&block);
        block.as_mut_slice().zeroize();
        Box::new(Keyed(keyed))
    }

    fn hash_output_len(&self) -> usize {
        <D as Digest>::output_size()
    }
}

struct Keyed<D: EagerHash>(Hmac<D>);

impl<D> Key for Keyed<D>
where
    D: EagerHash<Core: Send + Sync> + Digest + Send + Sync + 'static,
{
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> Tag {
        let mut mac = self.0.clone();
        mac.update(first);
        for part in middle {
            mac.update(part);
        }
        mac.update(last);
        Tag::new(&mac.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        <D as Digest>::output_size()
    }
}

#[cfg(test)]
mod tests;
