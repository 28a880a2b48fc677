//! One's own certificate and private key, in all the formats in which people have them.

use super::trust::{documents, pem_error, unfit};
use crate::failure::TlsFailure;
use pkcs8::der::{Decode, ErrorKind, Reader, SecretDocument, SliceReader};
use pkcs8::pkcs5::{self, EncryptionScheme, pbes2::Kdf};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use std::sync::Arc;

const BEGIN_ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const END_ENCRYPTED: &str = "-----END ENCRYPTED PRIVATE KEY-----";

const MALFORMED: &str = "the parameters of the encryption of the private key are malformed";

/// RFC 8018, appendix A.4.
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");

const UNKNOWN: &str = "the private key is not PKCS#8, PKCS#1 or SEC1";

// The file says how much work it is to decrypt it, and nobody can call that work off.
/// The bytes that scrypt may take, as in OpenSSL: a component that runs out of memory traps.
const SCRYPT_BYTES: u64 = 32 * 1024 * 1024;
/// The blocks of 128 bytes that scrypt may mix: seconds. OpenSSL's own default is 2^17 of them.
const SCRYPT_BLOCKS: u64 = 1 << 22;
/// The iterations that PBKDF2 may take: seconds. OWASP asks for 600,000.
const PBKDF2_ITERATIONS: u32 = 2_000_000;

/// Reads certificates, one's own first, and the private key of that one. The key may be in the same PEM; then
/// `private_key` may be empty.
pub(super) fn identity(
    certificates: &[u8],
    private_key: &[u8],
    password: Option<&[u8]>,
) -> Result<Arc<CertifiedKey>, TlsFailure> {
    read(certificates, private_key, password)
        .map(Arc::new)
        .map_err(|why| TlsFailure::Configuration(format!("cannot load the certificate: {why}")))
}

fn read(
    certificates: &[u8],
    private_key: &[u8],
    password: Option<&[u8]>,
) -> Result<CertifiedKey, String> {
    let chain: Vec<CertificateDer<'_>> = documents(certificates, "certificate")?;
    for (index, certificate) in chain.iter().enumerate() {
        let parsed = ParsedCertificate::try_from(certificate);
        parsed.map_err(|error| format!("number {}: {}", index + 1, unfit(error)))?;
    }
    let key = key(
        match private_key.is_empty() {
            true => certificates,
            false => private_key,
        },
        password,
    )?;
    let provider = switchboard_crypto::provider();
    CertifiedKey::from_der(chain, key, &provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            "the private key is not that of the certificate".into()
        }
        error => unfit(error),
    })
}

fn key(bytes: &[u8], password: Option<&[u8]>) -> Result<PrivateKeyDer<'static>, String> {
    // PEM has room for comments, in whatever encoding.
    let text = String::from_utf8_lossy(bytes);
    if let Some(start) = text.find(BEGIN_ENCRYPTED) {
        let section = text.get(start..).unwrap_or_default();
        let end = section.find(END_ENCRYPTED).ok_or_else(|| {
            let label = "ENCRYPTED PRIVATE KEY".into();
            pem_error(&pem::Error::MissingSectionEnd { end_marker: label })
        })?;
        let section = section.get(..end + END_ENCRYPTED.len());
        let document = SecretDocument::from_pem(section.unwrap_or_default());
        let (_, der) = document.map_err(|error| match error.kind() {
            ErrorKind::Pem(_) => "the PEM of the private key is not valid base64",
            _ => UNKNOWN,
        })?;
        return decrypted(der.as_bytes(), password);
    }
    // RFC 1421, section 4.6.1.1.
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(
            "the private key is encrypted by the PEM around it (Proc-Type, DEK-Info), which is not supported: \
             only PKCS#8 with PBES2 is"
                .into(),
        );
    }
    match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) if bytes.first() == Some(&0x30) => {
            match PrivateKeyDer::try_from(bytes) {
                Ok(key) => Ok(key.clone_key()),
                Err(_) => decrypted(bytes, password),
            }
        }
        Err(pem::Error::NoItemsFound) => Err("there is no private key in PEM or DER".into()),
        Err(error) => Err(pem_error(&error)),
    }
}

/// The key in an `EncryptedPrivateKeyInfo` (RFC 5958, section 3).
fn decrypted(der: &[u8], password: Option<&[u8]>) -> Result<PrivateKeyDer<'static>, String> {
    let scheme = scheme(der).ok_or(UNKNOWN)?;
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|error| match error {
        pkcs8::Error::Asn1(error) => match error.kind() {
            ErrorKind::OidUnknown { oid } => unsupported(oid),
            _ if scheme == PBES2 => MALFORMED.into(),
            _ => unsupported(scheme),
        },
        error => error.to_string(),
    })?;
    if let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm {
        affordable(&parameters.kdf)?;
    }
    let password = password.ok_or("the private key is encrypted, and no password was given")?;
    let wrong = "the password of the private key is wrong";
    let key = info.decrypt(password).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            unsupported(oid)
        }
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::NoPbes1CryptSupport) => unsupported(scheme),
        pkcs8::Error::EncryptedPrivateKey(
            error @ pkcs5::Error::AlgorithmParametersInvalid { .. },
        ) => error.to_string(),
        // One wrong password in 256 leaves something that looks padded (RFC 8018, section 6.1.2).
        _ => wrong.into(),
    })?;
    let key = PrivateKeyDer::try_from(key.as_bytes()).map_err(|_| wrong)?;
    Ok(key.clone_key())
}

fn affordable(kdf: &Kdf) -> Result<(), String> {
    match kdf {
        Kdf::Scrypt(scrypt) => {
            // RFC 7914, section 6. pkcs5 panics at 0.
            if !scrypt.cost_parameter.is_power_of_two() {
                return Err(MALFORMED.into());
            }
            let block = 128 * u64::from(scrypt.block_size);
            let (cost, lanes) = (scrypt.cost_parameter, u64::from(scrypt.parallelization));
            // RFC 7914, section 2: N blocks at a time, and as many more as there are lanes, which OpenSSL does not count.
            let lanes_bytes = block.saturating_mul(lanes).saturating_sub(1024 * 1024);
            let bytes = block.saturating_mul(cost).saturating_add(lanes_bytes);
            if bytes > SCRYPT_BYTES {
                return Err(
                    "the encryption of the private key takes too much memory (scrypt)".into(),
                );
            }
            let blocks = cost.saturating_mul(lanes);
            if blocks.saturating_mul(scrypt.block_size.into()) > SCRYPT_BLOCKS {
                return Err("the encryption of the private key takes too long (scrypt)".into());
            }
        }
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > PBKDF2_ITERATIONS => {
            return Err("the encryption of the private key takes too long (PBKDF2)".into());
        }
        _ => {}
    }
    Ok(())
}

/// The algorithm of an `EncryptedPrivateKeyInfo`, also of one that is not supported.
fn scheme(der: &[u8]) -> Option<ObjectIdentifier> {
    let mut reader = SliceReader::new(der).ok()?;
    let scheme = reader.sequence(|info| {
        let scheme = AlgorithmIdentifierRef::decode(info)?;
        info.drain(info.remaining_len()).map(|()| scheme.oid)
    });
    scheme.ok()
}

fn unsupported(algorithm: ObjectIdentifier) -> String {
    // Old ones that people still have.
    let name = match algorithm.to_string().as_str() {
        "1.2.840.113549.1.5.3" => "pbeWithMD5AndDES-CBC",
        "1.2.840.113549.1.5.10" => "pbeWithSHA1AndDES-CBC",
        "1.2.840.113549.1.12.1.3" => "pbeWithSHA1And3-KeyTripleDES-CBC",
        "1.2.840.113549.3.7" => "DES-EDE3-CBC",
        "1.3.14.3.2.7" => "DES-CBC",
        "1.2.840.113549.2.7" => "hmacWithSHA1",
        _ => "another algorithm",
    };
    format!(
        "the private key is encrypted with {name} ({algorithm}), which is not supported: \
         PBES2 with AES and SHA-2 or scrypt is"
    )
}

#[cfg(test)]
mod tests;
