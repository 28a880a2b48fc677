//! TLS 1.2: suites and record protection (RFC 5246, RFC 5288 for AES-GCM, RFC 7905 for ChaCha20-Poly1305).

use std::marker::PhantomData;

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::{ChaCha20Poly1305, KeySizeUser};
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, KeyBlockShape, MessageDecrypter,
    MessageEncrypter, NONCE_LEN, OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload,
    Tls12AeadAlgorithm, UnsupportedOperationError, make_tls12_aad,
};
use rustls::crypto::tls12::PrfUsingHmac;
use rustls::crypto::{CipherSuiteCommon, KeyExchangeAlgorithm};
use rustls::{
    CipherSuite, ConnectionTrafficSecrets, Error, SignatureScheme, SupportedCipherSuite,
    Tls12CipherSuite,
};

use crate::aead::{AES_GCM_LIMIT, Aead, CHACHA20_LIMIT, MAX_FRAGMENT, Protection, TAG_LEN};
use crate::{hash, hmac};

/// `TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256`.
pub static TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: CHACHA20_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA_SCHEMES,
        aead_alg: &ChaCha20Records,
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA256),
    });

/// `TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256`.
pub static TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: CHACHA20_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA_SCHEMES,
        aead_alg: &ChaCha20Records,
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA256),
    });

/// `TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256`.
pub static TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: AES_GCM_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA_SCHEMES,
        aead_alg: &GcmRecords::<Aes128Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA256),
    });

/// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.
pub static TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: AES_GCM_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA_SCHEMES,
        aead_alg: &GcmRecords::<Aes128Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA256),
    });

/// `TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384`.
pub static TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            hash_provider: &hash::SHA384,
            confidentiality_limit: AES_GCM_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA_SCHEMES,
        aead_alg: &GcmRecords::<Aes256Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA384),
    });

/// `TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384`.
pub static TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            hash_provider: &hash::SHA384,
            confidentiality_limit: AES_GCM_LIMIT,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA_SCHEMES,
        aead_alg: &GcmRecords::<Aes256Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hmac::HMAC_SHA384),
    });

/// What may sign for an `ECDHE_ECDSA` suite; Ed25519 counts among them (RFC 8422 section 5.1.1).
static ECDSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
];

/// What may sign for an `ECDHE_RSA` suite; PSS came with TLS 1.3 and is valid here too (RFC 8446 section 4.2.3).
static RSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// The part of a GCM nonce that stays with the keys, and the part that goes with each record (RFC 5288 section 3).
const SALT_LEN: usize = 4;
const EXPLICIT_LEN: usize = NONCE_LEN - SALT_LEN;

struct GcmRecords<A>(PhantomData<A>);

impl<A: Aead> Tls12AeadAlgorithm for GcmRecords<A> {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(GcmEncrypter(Protection::<A>::new(&key, gcm_iv(iv, extra))))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(GcmDecrypter {
            protection: Protection::<A>::new(&key, gcm_iv(iv, &[0; EXPLICIT_LEN])),
        })
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        KeyBlockShape {
            enc_key_len: A::key_size(),
            fixed_iv_len: SALT_LEN,
            explicit_nonce_len: EXPLICIT_LEN,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        let iv = gcm_iv(iv, explicit).ok_or(UnsupportedOperationError)?;
        Ok(A::secrets(key, iv))
    }
}

/// Salt and starting point in one. RFC 5288 leaves the explicit part to the sender; a starting point out of the key
/// block, combined with the sequence number, never repeats and tells nothing.
fn gcm_iv(salt: &[u8], explicit: &[u8]) -> Option<Iv> {
    let salt: [u8; SALT_LEN] = salt.try_into().ok()?;
    let explicit: [u8; EXPLICIT_LEN] = explicit.try_into().ok()?;
    let mut iv = [0; NONCE_LEN];
    iv[..SALT_LEN].copy_from_slice(&salt);
    iv[SALT_LEN..].copy_from_slice(&explicit);
    Some(Iv::new(iv))
}

struct GcmEncrypter<A>(Protection<A>);

impl<A: Aead> MessageEncrypter for GcmEncrypter<A> {
    fn encrypt(
        &mut self,
        msg: OutboundPlainMessage<'_>,
        seq: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let len = msg.payload.len();
        let nonce = self.0.nonce(seq);
        let (_, explicit) = nonce.split_at(SALT_LEN);
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(len));
        payload.extend_from_slice(explicit);
        payload.extend_from_chunks(&msg.payload);
        let (_, text) = payload.as_mut().split_at_mut(EXPLICIT_LEN);
        let aad = make_tls12_aad(seq, msg.typ, msg.version, len);
        let tag = self.0.seal(&nonce, &aad, text)?;
        payload.extend_from_slice(&tag);
        Ok(OutboundOpaqueMessage::new(msg.typ, msg.version, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        EXPLICIT_LEN + payload_len + TAG_LEN
    }
}

struct GcmDecrypter<A> {
    protection: Protection<A>,
}

impl<A: Aead> MessageDecrypter for GcmDecrypter<A> {
    fn decrypt<'a>(
        &mut self,
        mut msg: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let (explicit, sealed) = msg
            .payload
            .split_first_chunk_mut::<EXPLICIT_LEN>()
            .ok_or(Error::DecryptError)?;
        let len = sealed
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(Error::DecryptError)?;
        // The sender's choice of nonce, behind the salt: with sequence number 0 the salt is left as it is.
        let mut nonce = self.protection.nonce(0);
        nonce[SALT_LEN..].copy_from_slice(explicit);
        let aad = make_tls12_aad(seq, msg.typ, msg.version, len);
        let len = self.protection.open(&nonce, &aad, sealed)?;
        if len > MAX_FRAGMENT {
            return Err(Error::PeerSentOversizedRecord);
        }
        Ok(msg.into_plain_message_range(EXPLICIT_LEN..EXPLICIT_LEN + len))
    }
}

struct ChaCha20Records;

impl Tls12AeadAlgorithm for ChaCha20Records {
    fn encrypter(&self, key: AeadKey, iv: &[u8], _extra: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(ChaCha20Direction(Protection::new(&key, whole_iv(iv))))
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(ChaCha20Direction(Protection::new(&key, whole_iv(iv))))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        // The nonce is the whole IV combined with the sequence number; none travels (RFC 7905 section 2).
        KeyBlockShape {
            enc_key_len: ChaCha20Poly1305::key_size(),
            fixed_iv_len: NONCE_LEN,
            explicit_nonce_len: 0,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        _explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        let iv = whole_iv(iv).ok_or(UnsupportedOperationError)?;
        Ok(ChaCha20Poly1305::secrets(key, iv))
    }
}

fn whole_iv(iv: &[u8]) -> Option<Iv> {
    iv.try_into().ok().map(Iv::new)
}

struct ChaCha20Direction(Protection<ChaCha20Poly1305>);

impl MessageEncrypter for ChaCha20Direction {
    fn encrypt(
        &mut self,
        msg: OutboundPlainMessage<'_>,
        seq: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let len = msg.payload.len();
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(len));
        payload.extend_from_chunks(&msg.payload);
        let aad = make_tls12_aad(seq, msg.typ, msg.version, len);
        let tag = self.0.seal(&self.0.nonce(seq), &aad, payload.as_mut())?;
        payload.extend_from_slice(&tag);
        Ok(OutboundOpaqueMessage::new(msg.typ, msg.version, payload))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + TAG_LEN
    }
}

impl MessageDecrypter for ChaCha20Direction {
    fn decrypt<'a>(
        &mut self,
        mut msg: InboundOpaqueMessage<'a>,
        seq: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let len = msg
            .payload
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(Error::DecryptError)?;
        let aad = make_tls12_aad(seq, msg.typ, msg.version, len);
        let len = self.0.open(&self.0.nonce(seq), &aad, &mut msg.payload)?;
        if len > MAX_FRAGMENT {
            return Err(Error::PeerSentOversizedRecord);
        }
        msg.payload.truncate(len);
        Ok(msg.into_plain_message())
    }
}
