//! Keys of every kind: those that rustls has, and by the `openssl` program those that it has not.

use crate::child;
use anyhow::{Context, Result};
use rcgen::{KeyPair, PublicKeyData};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{AlgorithmIdentifier, PrivateKeyDer, PrivatePkcs8KeyDer, alg_id};
use rustls::sign::SigningKey;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use yasna::construct_der;

/// How long `openssl` may take for a key or a signature.
const LIMIT: Duration = Duration::from_secs(60);

/// How a key signs certificates, and, if rustls can do it, handshakes.
#[derive(Clone, Debug)]
enum Signer {
    Rustls(Arc<dyn SigningKey>, SignatureScheme),
    /// By `openssl dgst` with these arguments, or without by `openssl pkeyutl`, for what has no digest of its own.
    Openssl(&'static [&'static str]),
}

/// A pair of keys.
#[derive(Debug)]
pub struct Key {
    /// The `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// The `AlgorithmIdentifier` of the signatures that it makes.
    pub algorithm: Vec<u8>,
    signer: Signer,
    pem: String,
}

const PKCS1: &[&str] = &["-sha256"];
const PSS: &[&str] = &[
    "-sha256",
    "-sigopt",
    "rsa_padding_mode:pss",
    "-sigopt",
    "rsa_pss_saltlen:digest",
];

impl Key {
    /// ECDSA on P-256.
    pub fn p256() -> Result<Self> {
        let (pair, scheme) = (
            KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?,
            SignatureScheme::ECDSA_NISTP256_SHA256,
        );
        let signer = by_rustls(&pair.serialize_der(), scheme)?;
        Ok(Self {
            public_key: pair.subject_public_key_info(),
            algorithm: identifier(&alg_id::ECDSA_SHA256),
            signer,
            pem: pair.serialize_pem(),
        })
    }

    /// ECDSA on P-384.
    pub fn p384() -> Result<Self> {
        let scheme = SignatureScheme::ECDSA_NISTP384_SHA384;
        Self::rustls(&curve("P-384"), scheme, &alg_id::ECDSA_SHA384)
    }

    /// ECDSA on P-521.
    pub fn p521() -> Result<Self> {
        let scheme = SignatureScheme::ECDSA_NISTP521_SHA512;
        Self::rustls(&curve("P-521"), scheme, &alg_id::ECDSA_SHA512)
    }

    /// ECDSA on secp256k1, which TLS does not have.
    pub fn secp256k1() -> Result<Self> {
        let arguments = curve("secp256k1");
        Self::openssl(&arguments, PKCS1, &alg_id::ECDSA_SHA256)
    }

    /// Ed25519.
    pub fn ed25519() -> Result<Self> {
        let scheme = SignatureScheme::ED25519;
        Self::rustls(&["-algorithm", "ED25519"], scheme, &alg_id::ED25519)
    }

    /// Ed448.
    pub fn ed448() -> Result<Self> {
        Self::openssl(&["-algorithm", "ED448"], &[], &alg_id::ED448)
    }

    /// RSA of so many bits, for signatures by PKCS #1 with SHA-256.
    pub fn rsa(bits: u32) -> Result<Self> {
        let bits_option = format!("rsa_keygen_bits:{bits}");
        let arguments = ["-algorithm", "RSA", "-pkeyopt", &bits_option];
        match bits {
            // rustls has none below.
            2048.. => {
                let scheme = SignatureScheme::RSA_PKCS1_SHA256;
                Self::rustls(&arguments, scheme, &alg_id::RSA_PKCS1_SHA256)
            }
            _ => Self::openssl(&arguments, PKCS1, &alg_id::RSA_PKCS1_SHA256),
        }
    }

    /// RSA with 2048 bits and the exponent 3.
    pub fn rsa_exponent_3() -> Result<Self> {
        let exponent = ["-pkeyopt", "rsa_keygen_pubexp:3"];
        let arguments = [["-algorithm", "RSA"], exponent].concat();
        Self::openssl(&arguments, PKCS1, &alg_id::RSA_PKCS1_SHA256)
    }

    /// RSA with 2048 bits, only for RSASSA-PSS (`id-RSASSA-PSS`).
    pub fn rsa_pss() -> Result<Self> {
        Self::openssl(&["-algorithm", "RSA-PSS"], PSS, &alg_id::RSA_PSS_SHA256)
    }

    fn rustls(
        arguments: &[&str],
        scheme: SignatureScheme,
        algorithm: &AlgorithmIdentifier,
    ) -> Result<Self> {
        let pem = generate(arguments)?;
        let der = openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], &pem)?;
        Ok(Self {
            public_key: public_key(&pem, &[])?,
            algorithm: identifier(algorithm),
            signer: by_rustls(&der, scheme)?,
            pem: String::from_utf8(pem)?,
        })
    }

    fn openssl(
        arguments: &[&str],
        signing: &'static [&'static str],
        algorithm: &AlgorithmIdentifier,
    ) -> Result<Self> {
        let pem = generate(arguments)?;
        Ok(Self {
            public_key: public_key(&pem, &[])?,
            algorithm: identifier(algorithm),
            signer: Signer::Openssl(signing),
            pem: String::from_utf8(pem)?,
        })
    }

    /// The same key, whose certificate says its curve by all its parameters, instead of by name.
    pub fn with_explicit_parameters(mut self) -> Result<Self> {
        let encoding = ["-ec_param_enc", "explicit"];
        self.public_key = public_key(self.pem.as_bytes(), &encoding)?;
        Ok(self)
    }

    /// The same key, whose certificate has only half of the point.
    pub fn with_compressed_point(mut self) -> Result<Self> {
        let form = ["-ec_conv_form", "compressed"];
        self.public_key = public_key(self.pem.as_bytes(), &form)?;
        Ok(self)
    }

    /// The private key, PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// With which rustls can be a server; without, `openssl s_server` has to be.
    #[must_use]
    pub fn for_rustls(&self) -> Option<Arc<dyn SigningKey>> {
        match &self.signer {
            Signer::Rustls(key, _) => Some(key.clone()),
            Signer::Openssl(_) => None,
        }
    }

    /// A signature by `algorithm`.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        match &self.signer {
            Signer::Rustls(key, scheme) => {
                let signer = key.choose_scheme(&[*scheme]).context("no such scheme")?;
                Ok(signer.sign(message)?)
            }
            Signer::Openssl(arguments) => self.sign_with(arguments, message),
        }
    }

    /// A signature by `openssl dgst` with these arguments, such as `-sha1`.
    pub fn sign_with(&self, arguments: &[&str], message: &[u8]) -> Result<Vec<u8>> {
        let folder = TempDir::new()?;
        let (key, input) = (folder.path().join("key"), folder.path().join("message"));
        std::fs::write(&key, &self.pem)?;
        std::fs::write(&input, message)?;
        let mut command = Command::new("openssl");
        match arguments {
            [] => command.args(["pkeyutl", "-sign", "-rawin", "-inkey"]),
            _ => command.arg("dgst").args(arguments).arg("-sign"),
        };
        command.arg(key);
        if arguments.is_empty() {
            command.arg("-in");
        }
        command.arg(input);
        run(command, &[])
    }

    /// A signature by RSASSA-PSS with SHA-256, of a key for RSA.
    pub fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.sign_with(PSS, message)
    }
}

/// The `AlgorithmIdentifier`, whose content is given.
#[must_use]
pub fn identifier(content: &AlgorithmIdentifier) -> Vec<u8> {
    // The content is a whole number of values, which come one after the other.
    construct_der(|writer| writer.write_sequence(|fields| fields.next().write_der(content)))
}

/// The `AlgorithmIdentifier` of a signature by PKCS #1 with a hash of old, by its last number (RFC 8017, appendix C):
/// 4 for MD5, 5 for SHA-1.
#[must_use]
pub fn pkcs1_identifier(number: u64) -> Vec<u8> {
    let oid = super::fields::oid(&[1, 2, 840, 113_549, 1, 1, number]);
    construct_der(|writer| {
        writer.write_sequence(|fields| {
            fields.next().write_oid(&oid);
            fields.next().write_null();
        });
    })
}

fn curve(name: &'static str) -> [&'static str; 4] {
    let option = match name {
        "P-384" => "ec_paramgen_curve:P-384",
        "P-521" => "ec_paramgen_curve:P-521",
        _ => "ec_paramgen_curve:secp256k1",
    };
    ["-algorithm", "EC", "-pkeyopt", option]
}

fn by_rustls(pkcs8: &[u8], scheme: SignatureScheme) -> Result<Signer> {
    let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pkcs8.to_vec()));
    let provider = aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(der)?;
    Ok(Signer::Rustls(key, scheme))
}

fn generate(arguments: &[&str]) -> Result<Vec<u8>> {
    openssl(&[&["genpkey", "-quiet"], arguments].concat(), &[])
}

fn public_key(pem: &[u8], arguments: &[&str]) -> Result<Vec<u8>> {
    let write = ["pkey", "-pubout", "-outform", "DER"];
    openssl(&[&write, arguments].concat(), pem)
}

fn openssl(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(arguments);
    run(command, input)
}

fn run(command: Command, input: &[u8]) -> Result<Vec<u8>> {
    let told = format!("{command:?}");
    let output = child::run_for_bytes(command, input, LIMIT)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{told}: {errors}");
    Ok(output.stdout)
}
