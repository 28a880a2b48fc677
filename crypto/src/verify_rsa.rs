//! RSA signatures: PKCS#1 version 1.5 and PSS (RFC 8017), with keys of 2048 to 8192 bits.

use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::{PublicKeyParts, SignatureScheme};
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::digest::{FixedOutputReset, const_oid::AssociatedOid};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::verify::Algorithm;

/// The sizes of a modulus that are neither weak nor so large that checking one signature holds up the program.
pub(crate) const MODULUS_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// `sha*WithRSAEncryption` without its NULL, as some certificates have it: RFC 4055 section 5 says to accept that.
macro_rules! bare_pkcs1_id {
    ($last:literal) => {
        // OBJECT IDENTIFIER 1.2.840.113549.1.1.$last
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, $last])
    };
}

macro_rules! rsa_algorithm {
    ($name:ident, $signature:expr, $verify:ident::<$hash:ty>) => {
        pub(crate) static $name: &dyn SignatureVerificationAlgorithm = &Algorithm {
            name: stringify!($name),
            public_key: alg_id::RSA_ENCRYPTION,
            signature: $signature,
            verify: $verify::<$hash>,
        };
    };
}

rsa_algorithm!(RSA_PKCS1_SHA256, alg_id::RSA_PKCS1_SHA256, pkcs1::<Sha256>);
rsa_algorithm!(RSA_PKCS1_SHA384, alg_id::RSA_PKCS1_SHA384, pkcs1::<Sha384>);
rsa_algorithm!(RSA_PKCS1_SHA512, alg_id::RSA_PKCS1_SHA512, pkcs1::<Sha512>);
rsa_algorithm!(
    RSA_PKCS1_SHA256_NO_PARAMETERS,
    bare_pkcs1_id!(0x0b),
    pkcs1::<Sha256>
);
rsa_algorithm!(
    RSA_PKCS1_SHA384_NO_PARAMETERS,
    bare_pkcs1_id!(0x0c),
    pkcs1::<Sha384>
);
rsa_algorithm!(
    RSA_PKCS1_SHA512_NO_PARAMETERS,
    bare_pkcs1_id!(0x0d),
    pkcs1::<Sha512>
);
rsa_algorithm!(RSA_PSS_SHA256, alg_id::RSA_PSS_SHA256, pss::<Sha256>);
rsa_algorithm!(RSA_PSS_SHA384, alg_id::RSA_PSS_SHA384, pss::<Sha384>);
rsa_algorithm!(RSA_PSS_SHA512, alg_id::RSA_PSS_SHA512, pss::<Sha512>);

fn pkcs1<D: Digest + AssociatedOid>(
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    Pkcs1v15Sign::new::<D>()
        .verify(&public_key(key)?, &D::digest(message), signature)
        .map_err(|_| InvalidSignature)
}

/// The salt is as long as the hash, in TLS (RFC 8446 section 4.2.3) as in the certificates that webpki knows.
fn pss<D: Digest + FixedOutputReset>(
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    Pss::<D>::new_with_salt(<D as Digest>::output_size())
        .verify(&public_key(key)?, &D::digest(message), signature)
        .map_err(|_| InvalidSignature)
}

/// An `RSAPublicKey` (RFC 8017 appendix A.1.1). The library also refuses even numbers and exponents above 2^33, whose
/// only use is to make verification slow.
fn public_key(der: &[u8]) -> Result<RsaPublicKey, InvalidSignature> {
    let key = RsaPublicKey::from_pkcs1_der(der).map_err(|_| InvalidSignature)?;
    match MODULUS_BITS.contains(&key.n().bits()) {
        true => Ok(key),
        false => Err(InvalidSignature),
    }
}
