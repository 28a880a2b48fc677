//! The AEADs, and what the record protection of TLS 1.2 and 1.3 has in common.

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut, KeyInit, Tag, inout::InOutBuf};
use rustls::ConnectionTrafficSecrets;
use rustls::Error;
use rustls::crypto::cipher::{AeadKey, Iv, NONCE_LEN, Nonce};

/// Every AEAD of TLS appends 16 bytes (RFC 5116 section 5, RFC 8439 section 2.8).
pub(crate) const TAG_LEN: usize = 16;

/// The most that a record may hold in the clear (RFC 8446 section 5.1, RFC 5246 section 6.2.1).
pub(crate) const MAX_FRAGMENT: usize = 1 << 14;

/// How often one key may be used with AES-GCM: 2^24.5 records of full size (RFC 8446 section 5.5).
pub(crate) const AES_GCM_LIMIT: u64 = 1 << 24;

/// ChaCha20-Poly1305 outlasts the sequence number (RFC 8446 section 5.5).
pub(crate) const CHACHA20_LIMIT: u64 = u64::MAX;

/// An AEAD that a suite can name.
pub(crate) trait Aead: AeadInOut + KeyInit + Send + Sync + 'static {
    /// The key in the form in which rustls hands it to a kernel or another TLS stack.
    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets;
}

impl Aead for ChaCha20Poly1305 {
    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }
    }
}

impl Aead for Aes128Gcm {
    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    }
}

impl Aead for Aes256Gcm {
    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Aes256Gcm { key, iv }
    }
}

/// One direction of a connection: the expanded key and the nonce's fixed part.
///
/// rustls cuts key and IV to the length that the suite asked for, and its factories have no way to report that they did
/// not fit. Should they ever not, the record fails instead of the program.
pub(crate) struct Protection<A> {
    cipher: Option<A>,
    iv: Iv,
}

impl<A: Aead> Protection<A> {
    pub(crate) fn new(key: &AeadKey, iv: Option<Iv>) -> Self {
        Self {
            cipher: iv
                .as_ref()
                .and_then(|_| A::new_from_slice(key.as_ref()).ok()),
            iv: iv.unwrap_or_default(),
        }
    }

    /// The nonce of record `seq` (RFC 8446 section 5.3, RFC 7905 section 2).
    pub(crate) fn nonce(&self, seq: u64) -> [u8; NONCE_LEN] {
        Nonce::new(&self.iv, seq).0
    }

    /// Encrypts `text` in place and returns the tag that goes behind it.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<Tag<A>, Error> {
        let cipher = self.cipher.as_ref().ok_or(Error::EncryptError)?;
        let nonce = nonce
            .as_slice()
            .try_into()
            .map_err(|_| Error::EncryptError)?;
        cipher
            .encrypt_inout_detached(nonce, aad, InOutBuf::from(text))
            .map_err(|_| Error::EncryptError)
    }

    /// Checks the tag at the end of `sealed`, decrypts what stands before it in place and returns its length.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &mut [u8],
    ) -> Result<usize, Error> {
        let cipher = self.cipher.as_ref().ok_or(Error::DecryptError)?;
        let nonce = nonce
            .as_slice()
            .try_into()
            .map_err(|_| Error::DecryptError)?;
        let (text, tag) = sealed
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(Error::DecryptError)?;
        let tag = tag.as_slice().try_into().map_err(|_| Error::DecryptError)?;
        let len = text.len();
        cipher
            .decrypt_inout_detached(nonce, aad, InOutBuf::from(text), tag)
            .map_err(|_| Error::DecryptError)?;
        Ok(len)
    }
}

#[cfg(test)]
mod tests;
