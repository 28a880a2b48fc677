//! Which signatures are accepted, on certificates and in handshakes; ECDSA and Ed25519 themselves.

use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest, Sha256, Sha384};

use crate::verify_rsa::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA256_NO_PARAMETERS, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA384_NO_PARAMETERS, RSA_PKCS1_SHA512, RSA_PKCS1_SHA512_NO_PARAMETERS,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
};

/// Every signature algorithm of this crate, for the verifiers of rustls and webpki.
pub static SUPPORTED_SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        ECDSA_P256_SHA256,
        ECDSA_P256_SHA384,
        ECDSA_P384_SHA256,
        ECDSA_P384_SHA384,
        ED25519,
        RSA_PSS_SHA256,
        RSA_PSS_SHA384,
        RSA_PSS_SHA512,
        RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512,
        RSA_PKCS1_SHA256_NO_PARAMETERS,
        RSA_PKCS1_SHA384_NO_PARAMETERS,
        RSA_PKCS1_SHA512_NO_PARAMETERS,
    ],
    // TLS 1.3 fixes the curve with the scheme and takes the first of each; TLS 1.2 fixes only the hash.
    mapping: &[
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[ECDSA_P256_SHA256, ECDSA_P384_SHA256],
        ),
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[ECDSA_P384_SHA384, ECDSA_P256_SHA384],
        ),
        (SignatureScheme::ED25519, &[ED25519]),
        (SignatureScheme::RSA_PSS_SHA256, &[RSA_PSS_SHA256]),
        (SignatureScheme::RSA_PSS_SHA384, &[RSA_PSS_SHA384]),
        (SignatureScheme::RSA_PSS_SHA512, &[RSA_PSS_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[RSA_PKCS1_SHA256]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[RSA_PKCS1_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[RSA_PKCS1_SHA512]),
    ],
};

static ECDSA_P256_SHA256: &dyn SignatureVerificationAlgorithm = &Algorithm {
    name: "ECDSA_P256_SHA256",
    public_key: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA256,
    verify: |key, message, signature| p256_verify(key, &Sha256::digest(message), signature),
};

static ECDSA_P256_SHA384: &dyn SignatureVerificationAlgorithm = &Algorithm {
    name: "ECDSA_P256_SHA384",
    public_key: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA384,
    verify: |key, message, signature| p256_verify(key, &Sha384::digest(message), signature),
};

static ECDSA_P384_SHA256: &dyn SignatureVerificationAlgorithm = &Algorithm {
    name: "ECDSA_P384_SHA256",
    public_key: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA256,
    verify: |key, message, signature| p384_verify(key, &Sha256::digest(message), signature),
};

static ECDSA_P384_SHA384: &dyn SignatureVerificationAlgorithm = &Algorithm {
    name: "ECDSA_P384_SHA384",
    public_key: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA384,
    verify: |key, message, signature| p384_verify(key, &Sha384::digest(message), signature),
};

static ED25519: &dyn SignatureVerificationAlgorithm = &Algorithm {
    name: "ED25519",
    public_key: alg_id::ED25519,
    signature: alg_id::ED25519,
    verify: ed25519_verify,
};

/// Takes the contents of the key's bit string, the message and the signature.
pub(crate) type Verify = fn(&[u8], &[u8], &[u8]) -> Result<(), InvalidSignature>;

/// A way to check a signature, under the names that X.509 has for it.
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) public_key: AlgorithmIdentifier,
    pub(crate) signature: AlgorithmIdentifier,
    pub(crate) verify: Verify,
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        (self.verify)(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.public_key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A certificate may hold its point compressed (RFC 5480 section 2.2), but nobody does; only the plain form is taken.
fn uncompressed(key: &[u8]) -> Result<&[u8], InvalidSignature> {
    match key.first() {
        Some(4) => Ok(key),
        _ => Err(InvalidSignature),
    }
}

fn p256_verify(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(uncompressed(key)?)
        .map_err(|_| InvalidSignature)?;
    let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| InvalidSignature)
}

fn p384_verify(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(uncompressed(key)?)
        .map_err(|_| InvalidSignature)?;
    let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| InvalidSignature)
}

fn ed25519_verify(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
    let key = key
        .try_into()
        .ok()
        .and_then(|key| ed25519_dalek::VerifyingKey::from_bytes(key).ok())
        .ok_or(InvalidSignature)?;
    let signature =
        ed25519_dalek::Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
    // Strict: a key or a nonce of small order would let one signature stand for many messages.
    key.verify_strict(message, &signature)
        .map_err(|_| InvalidSignature)
}
