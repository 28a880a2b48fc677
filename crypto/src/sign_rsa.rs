//! Signing with RSA, both paddings, blinded.

use std::fmt;
use std::sync::Arc;

use getrandom::SysRng;
use rsa::pkcs1::{EncodeRsaPublicKey, RsaPrivateKeyRef};
use rsa::traits::SignatureScheme as Padding;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use rustls::pki_types::{SubjectPublicKeyInfoDer, alg_id};
use rustls::sign::{Signer, SigningKey, public_key_to_spki};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use sha2::digest::{FixedOutputReset, const_oid::AssociatedOid};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::sign::rejected;
use crate::verify_rsa::MODULUS_BITS;

/// In order of preference. PSS first: TLS 1.3 knows no other (RFC 8446 section 4.2.3).
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// Reads an `RSAPrivateKey` (RFC 8017 appendix A.1.2).
pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    let parts = RsaPrivateKeyRef::try_from(der).map_err(|_| rejected("malformed PKCS#1"))?;
    // Before the library computes with it: the work grows with the cube of the size.
    let bits = bit_len(parts.modulus.as_bytes());
    if !u32::try_from(bits).is_ok_and(|bits| MODULUS_BITS.contains(&bits)) {
        return Err(rejected(format_args!(
            "RSA with {bits} bits, not 2048 to 8192"
        )));
    }
    let key = RsaPrivateKey::try_from(parts).map_err(|_| rejected("inconsistent RSA key"))?;
    let public = key
        .as_public_key()
        .to_pkcs1_der()
        .map_err(|_| rejected("RSA public key cannot be encoded"))?;
    Ok(Arc::new(RsaKey {
        key: Arc::new(key),
        public: public_key_to_spki(&alg_id::RSA_ENCRYPTION, public.as_bytes()),
    }))
}

fn bit_len(big_endian: &[u8]) -> usize {
    let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
    let rest = big_endian.get(zeros..).unwrap_or_default();
    match rest.first() {
        Some(first) => rest.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}

struct RsaKey {
    key: Arc<RsaPrivateKey>,
    public: SubjectPublicKeyInfoDer<'static>,
}

impl SigningKey for RsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *SCHEMES.iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(RsaSigner {
            key: self.key.clone(),
            scheme,
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.public.as_ref()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").finish_non_exhaustive()
    }
}

struct RsaSigner {
    key: Arc<RsaPrivateKey>,
    scheme: SignatureScheme,
}

impl RsaSigner {
    fn pkcs1<D: Digest + AssociatedOid>(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.pad(Pkcs1v15Sign::new::<D>(), &D::digest(message))
    }

    fn pss<D: Digest + FixedOutputReset>(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let salt_len = <D as Digest>::output_size();
        self.pad(
            Pss::<D>::new_blinded_with_salt(salt_len),
            &D::digest(message),
        )
    }

    /// Passing a generator is what asks the library to blind: it multiplies by a random number before it uses the key,
    /// so that the time tells nothing about it, and checks the result with the public key.
    fn pad(&self, padding: impl Padding, digest: &[u8]) -> Result<Vec<u8>, Error> {
        padding
            .sign(Some(&mut SysRng), &self.key, digest)
            .map_err(|_| Error::General("RSA signing failed".into()))
    }
}

impl Signer for RsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match self.scheme {
            SignatureScheme::RSA_PSS_SHA256 => self.pss::<Sha256>(message),
            SignatureScheme::RSA_PSS_SHA384 => self.pss::<Sha384>(message),
            SignatureScheme::RSA_PSS_SHA512 => self.pss::<Sha512>(message),
            SignatureScheme::RSA_PKCS1_SHA256 => self.pkcs1::<Sha256>(message),
            SignatureScheme::RSA_PKCS1_SHA384 => self.pkcs1::<Sha384>(message),
            SignatureScheme::RSA_PKCS1_SHA512 => self.pkcs1::<Sha512>(message),
            _ => Err(Error::General("not an RSA scheme".into())),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaSigner")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}
