//! Private keys, for client certificates and for servers: reading them, and signing with ECDSA and Ed25519.

use std::fmt;
use std::sync::Arc;

use getrandom::SysRng;
use p256::ecdsa::signature::{RandomizedSigner, SignatureEncoding};
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use rustls::crypto::KeyProvider;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, alg_id};
use rustls::sign::{Signer, SigningKey, public_key_to_spki};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use zeroize::Zeroizing;

use crate::sign_rsa;

/// `rsaEncryption`, `id-ecPublicKey` and its curves, `id-Ed25519` (RFC 8017 appendix A.1, RFC 5480 section 2.1.1,
/// RFC 8410 section 3).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Reads private keys in the formats PKCS#8, SEC1 and PKCS#1.
#[derive(Debug)]
pub(crate) struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        match &*Zeroizing::new(key) {
            PrivateKeyDer::Pkcs8(der) => from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Sec1(der) => from_sec1(der.secret_sec1_der()),
            PrivateKeyDer::Pkcs1(der) => sign_rsa::from_pkcs1(der.secret_pkcs1_der()),
            _ => Err(rejected("not PKCS#8, SEC1 or PKCS#1")),
        }
    }
}

/// An error for a key that cannot be used. `why` never holds any of it.
pub(crate) fn rejected(why: impl fmt::Display) -> Error {
    Error::General(format!("private key rejected: {why}"))
}

fn from_pkcs8(der: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| rejected("malformed PKCS#8"))?;
    match info.algorithm.oid {
        RSA => sign_rsa::from_pkcs1(info.private_key.as_bytes()),
        EC => match info.algorithm.parameters_oid() {
            Ok(P256) => p256::SecretKey::try_from(info)
                .map(p256_key)
                .map_err(|_| rejected("malformed P-256 key")),
            Ok(P384) => p384::SecretKey::try_from(info)
                .map(p384_key)
                .map_err(|_| rejected("malformed P-384 key")),
            Ok(curve) => Err(rejected(format_args!(
                "curve {curve} is not P-256 or P-384"
            ))),
            Err(_) => Err(rejected("no named curve")),
        },
        ED25519 => ed25519_dalek::SigningKey::try_from(info)
            .map(ed25519_key)
            .map_err(|_| rejected("malformed Ed25519 key")),
        other => Err(rejected(format_args!(
            "algorithm {other} is not RSA, ECDSA or Ed25519"
        ))),
    }
}

/// An `ECPrivateKey` (RFC 5915 section 3). It may leave its curve out; then its length tells.
fn from_sec1(der: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    p256::SecretKey::from_sec1_der(der)
        .map(p256_key)
        .or_else(|_| p384::SecretKey::from_sec1_der(der).map(p384_key))
        .map_err(|_| rejected("malformed SEC1 key, or neither P-256 nor P-384"))
}

fn p256_key(secret: p256::SecretKey) -> Arc<dyn SigningKey> {
    let public = secret.public_key().to_sec1_point(false).to_bytes();
    Key::shared(
        Ecdsa(p256::ecdsa::SigningKey::from(secret)),
        SignatureScheme::ECDSA_NISTP256_SHA256,
        SignatureAlgorithm::ECDSA,
        public_key_to_spki(&alg_id::ECDSA_P256, public),
    )
}

fn p384_key(secret: p384::SecretKey) -> Arc<dyn SigningKey> {
    let public = secret.public_key().to_sec1_point(false).to_bytes();
    Key::shared(
        Ecdsa(p384::ecdsa::SigningKey::from(secret)),
        SignatureScheme::ECDSA_NISTP384_SHA384,
        SignatureAlgorithm::ECDSA,
        public_key_to_spki(&alg_id::ECDSA_P384, public),
    )
}

fn ed25519_key(secret: ed25519_dalek::SigningKey) -> Arc<dyn SigningKey> {
    let public = secret.verifying_key().to_bytes();
    Key::shared(
        secret,
        SignatureScheme::ED25519,
        SignatureAlgorithm::ED25519,
        public_key_to_spki(&alg_id::ED25519, public),
    )
}

/// What a key does with a message.
trait Sign: Send + Sync {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

struct Ecdsa<K>(K);

/// With the curve's own hash, which is the one that the scheme names. The nonce is derived from key and message
/// (RFC 6979) and from fresh randomness: a weak generator cannot betray the key, nor can a fault that is repeated.
macro_rules! ecdsa {
    ($curve:ident) => {
        impl Sign for Ecdsa<$curve::ecdsa::SigningKey> {
            fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
                let signature: $curve::ecdsa::DerSignature = self
                    .0
                    .try_sign_with_rng(&mut SysRng, message)
                    .map_err(|_| Error::General("ECDSA signing failed".into()))?;
                Ok(signature.to_vec())
            }
        }
    };
}
ecdsa!(p256);
ecdsa!(p384);

impl Sign for ed25519_dalek::SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        ed25519_dalek::Signer::try_sign(self, message)
            .map(|signature| signature.to_vec())
            .map_err(|_| Error::General("Ed25519 signing failed".into()))
    }
}

/// A key that signs in one way only.
struct Key {
    key: Arc<dyn Sign>,
    scheme: SignatureScheme,
    algorithm: SignatureAlgorithm,
    public: SubjectPublicKeyInfoDer<'static>,
}

impl Key {
    fn shared(
        key: impl Sign + 'static,
        scheme: SignatureScheme,
        algorithm: SignatureAlgorithm,
        public: SubjectPublicKeyInfoDer<'static>,
    ) -> Arc<dyn SigningKey> {
        Arc::new(Self {
            key: Arc::new(key),
            scheme,
            algorithm,
            public,
        })
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme).then(|| -> Box<dyn Signer> {
            Box::new(KeySigner {
                key: self.key.clone(),
                scheme: self.scheme,
            })
        })
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.public.as_ref()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

struct KeySigner {
    key: Arc<dyn Sign>,
    scheme: SignatureScheme,
}

impl Signer for KeySigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.key.sign(message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

impl fmt::Debug for KeySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySigner")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
