//! Certificates made on the spot: an authority, what it issues, and what should not be accepted.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, RevokedCertParams, SerialNumber,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Where the numbers of leaves begin: of eight bytes, the first neither zero nor with its highest bit set.
const SERIALS: u64 = 0x5b00_0000_0000_0000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The kind of a leaf's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    #[default]
    P256,
    /// ECDSA on P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// RSA with 2048 bits. The `openssl` program makes it, which takes up to some tenths of a second.
    Rsa2048,
}

/// When a leaf is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    /// From yesterday on, for 30 days.
    #[default]
    Now,
    /// For 30 days until yesterday.
    Expired,
    /// From tomorrow on, for 30 days.
    NotYet,
}

/// What a leaf is to be like, apart from its names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The kind of its key.
    pub key: KeyKind,
    /// When it is valid.
    pub validity: Validity,
    /// Whether an intermediate authority, sent along with the leaf, stands between it and the authority.
    pub through_intermediate: bool,
}

/// A certificate with its key, in memory and in files.
#[derive(Clone, Debug)]
pub struct Leaf {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    /// The leaf's certificate, PEM.
    pub cert_pem: String,
    /// The private key, PKCS #8 in PEM.
    pub key_pem: String,
    /// A PEM file of the leaf's certificate and those that lead to the authority, without the authority's.
    pub chain_path: PathBuf,
    /// A PEM file of the intermediates alone, where there are any.
    pub intermediates_path: Option<PathBuf>,
    /// A PEM file of the private key.
    pub key_path: PathBuf,
    /// Its number at the authority.
    pub serial: u64,
    _folder: Arc<TempDir>,
}

impl Leaf {
    /// The certificates, DER, the leaf's first; without the authority's.
    #[must_use]
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    /// The private key, DER.
    #[must_use]
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

/// An authority of its own, and a temporary folder that lives as long as it or any leaf does.
#[derive(Debug)]
pub struct Pki {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: Arc<TempDir>,
    ca_path: PathBuf,
    count: AtomicUsize,
}

impl Pki {
    /// Makes an authority.
    pub fn new() -> Result<Self> {
        Self::named("authority")
    }

    /// Makes an authority of this name: two of the same name would be taken for one, with a wrong key.
    pub fn named(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("switchboard-pki-")
            .tempdir()?;
        let key = make_key(KeyKind::P256)?;
        let authority = CertifiedIssuer::self_signed(authority(name)?, key)?;
        let ca_path = folder.path().join("ca.pem");
        std::fs::write(&ca_path, authority.pem())?;
        Ok(Self {
            authority,
            folder: Arc::new(folder),
            ca_path,
            count: AtomicUsize::new(0),
        })
    }

    /// The authority's certificate, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// The authority's certificate, DER.
    #[must_use]
    pub fn ca_der(&self) -> CertificateDer<'static> {
        self.authority.der().clone()
    }

    /// A file of the authority's certificate, `ca.pem`.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// The temporary folder, which has `ca.pem` and what is written into it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A store in which this authority alone is trusted.
    pub fn roots(&self) -> Result<Arc<RootCertStore>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca_der())?;
        Ok(Arc::new(roots))
    }

    /// Writes a file into the temporary folder and says where it is.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// A leaf for `names` (DNS names, wildcards and IP addresses) that is valid now.
    pub fn issue(&self, names: &[&str]) -> Result<Leaf> {
        self.issue_as(names, Wanted::default())
    }

    /// A leaf that was valid until yesterday.
    pub fn issue_expired(&self, names: &[&str]) -> Result<Leaf> {
        let validity = Validity::Expired;
        self.issue_as(
            names,
            Wanted {
                validity,
                ..Wanted::default()
            },
        )
    }

    /// A leaf that is valid from tomorrow on.
    pub fn issue_not_yet_valid(&self, names: &[&str]) -> Result<Leaf> {
        let validity = Validity::NotYet;
        self.issue_as(
            names,
            Wanted {
                validity,
                ..Wanted::default()
            },
        )
    }

    /// A leaf as `wanted`.
    pub fn issue_as(&self, names: &[&str], wanted: Wanted) -> Result<Leaf> {
        let key = make_key(wanted.key)?;
        let (params, serial) = self.leaf(names, wanted.validity)?;
        if !wanted.through_intermediate {
            let cert = params.signed_by(&key, &self.authority)?;
            return self.file(&cert, serial, None, &key);
        }
        let intermediate = CertifiedIssuer::signed_by(
            authority("intermediate")?,
            make_key(KeyKind::P256)?,
            &self.authority,
        )?;
        let cert = params.signed_by(&key, &intermediate)?;
        self.file(&cert, serial, Some(intermediate.as_ref()), &key)
    }

    /// A revocation list of this authority that names these, PEM, in a file.
    pub fn revoke(&self, revoked: &[&Leaf]) -> Result<PathBuf> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let yesterday = epoch + (now - DAY);
        let revoked_certs = revoked.iter().map(|leaf| RevokedCertParams {
            serial_number: SerialNumber::from(leaf.serial),
            revocation_time: yesterday,
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: yesterday,
            next_update: epoch + (now + DAY),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked_certs.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.authority)?;
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        self.write(&format!("revoked-{number}.pem"), list.pem()?)
    }

    /// A leaf that nobody but itself vouches for.
    pub fn self_signed(&self, names: &[&str]) -> Result<Leaf> {
        let key = make_key(KeyKind::P256)?;
        let (params, serial) = self.leaf(names, Validity::Now)?;
        self.file(&params.self_signed(&key)?, serial, None, &key)
    }

    /// A leaf from an authority that is not this one and that nobody trusts.
    pub fn issue_by_stranger(&self, names: &[&str]) -> Result<Leaf> {
        let stranger =
            CertifiedIssuer::self_signed(authority("stranger")?, make_key(KeyKind::P256)?)?;
        let key = make_key(KeyKind::P256)?;
        let (params, serial) = self.leaf(names, Validity::Now)?;
        self.file(&params.signed_by(&key, &stranger)?, serial, None, &key)
    }

    fn leaf(&self, names: &[&str], validity: Validity) -> Result<(CertificateParams, u64)> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "switchboard test leaf");
        let serial = SERIALS + self.count.fetch_add(1, Ordering::Relaxed) as u64;
        params.serial_number = Some(SerialNumber::from(serial));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, validity)?;
        Ok((params, serial))
    }

    fn file(
        &self,
        cert: &rcgen::Certificate,
        serial: u64,
        intermediate: Option<&rcgen::Certificate>,
        key: &KeyPair,
    ) -> Result<Leaf> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let cert_pem = cert.pem();
        let key_pem = key.serialize_pem();
        let intermediate_pem = intermediate.map(rcgen::Certificate::pem);
        let chain_pem = format!("{cert_pem}{}", intermediate_pem.as_deref().unwrap_or(""));
        let chain_path = self.write(&format!("leaf-{number}.pem"), chain_pem)?;
        let key_path = self.write(&format!("leaf-{number}.key"), &key_pem)?;
        let intermediates_path = intermediate_pem
            .map(|pem| self.write(&format!("leaf-{number}-intermediate.pem"), pem))
            .transpose()?;
        let mut chain = vec![cert.der().clone()];
        chain.extend(intermediate.map(|c| c.der().clone()));
        Ok(Leaf {
            chain,
            key: key.serialize_der(),
            cert_pem,
            key_pem,
            chain_path,
            intermediates_path,
            key_path,
            serial,
            _folder: self.folder.clone(),
        })
    }
}

fn make_key(kind: KeyKind) -> Result<KeyPair> {
    let algorithm = match kind {
        KeyKind::P256 => &PKCS_ECDSA_P256_SHA256,
        KeyKind::P384 => &PKCS_ECDSA_P384_SHA384,
        // That of ring has the public key with it (RFC 5958), which OpenSSL does not read before 3.1.
        KeyKind::Ed25519 => return of_openssl(&["ED25519"], &PKCS_ED25519),
        KeyKind::Rsa2048 => {
            // ring signs with RSA keys and does not make them.
            let arguments = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
            return of_openssl(&arguments, &PKCS_RSA_SHA256);
        }
    };
    Ok(KeyPair::generate_for(algorithm)?)
}

fn of_openssl(
    arguments: &[&str],
    algorithm: &'static rcgen::SignatureAlgorithm,
) -> Result<KeyPair> {
    let mut command = Command::new("openssl");
    command
        .args(["genpkey", "-quiet", "-algorithm"])
        .args(arguments);
    let made = crate::child::run(command, b"", Duration::from_secs(30))?.success()?;
    Ok(KeyPair::from_pem_and_sign_algo(&made.stdout, algorithm)?)
}

fn authority(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new([])?;
    params
        .distinguished_name
        .push(DnType::CommonName, format!("switchboard test {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, Validity::Now)?;
    Ok(params)
}

fn set_validity(params: &mut CertificateParams, validity: Validity) -> Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let from = match validity {
        Validity::Now => now - DAY,
        Validity::Expired => now - 31 * DAY,
        Validity::NotYet => now + DAY,
    };
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + from;
    params.not_after = epoch + from + 30 * DAY;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `openssl verify` says of the leaf, for the name.
    fn verify(pki: &Pki, leaf: &Leaf, check: [&str; 2]) -> Result<String> {
        let mut command = Command::new("openssl");
        command.arg("verify").arg("-CAfile").arg(pki.ca_path());
        if let Some(path) = &leaf.intermediates_path {
            command.arg("-untrusted").arg(path);
        }
        command.args(check).arg(&leaf.chain_path);
        let done = crate::child::run(command, b"", Duration::from_secs(10))?;
        Ok(format!("{}{}", done.stdout, done.stderr))
    }

    #[test]
    fn others_accept_what_is_issued() {
        let pki = Pki::new().unwrap();
        let names = ["localhost", "*.example.test", "127.0.0.1", "::1"];
        for key in [
            KeyKind::P256,
            KeyKind::P384,
            KeyKind::Ed25519,
            KeyKind::Rsa2048,
        ] {
            for through_intermediate in [false, true] {
                let wanted = Wanted {
                    key,
                    through_intermediate,
                    ..Wanted::default()
                };
                let leaf = pki.issue_as(&names, wanted).unwrap();
                assert_eq!(leaf.chain().len(), 1 + usize::from(through_intermediate));
                for check in [
                    ["-verify_hostname", "localhost"],
                    ["-verify_hostname", "a.example.test"],
                    ["-verify_ip", "127.0.0.1"],
                    ["-verify_ip", "::1"],
                ] {
                    let said = verify(&pki, &leaf, check).unwrap();
                    assert!(said.trim_end().ends_with(": OK"), "{wanted:?}: {said}");
                }
                let said = verify(&pki, &leaf, ["-verify_hostname", "elsewhere"]).unwrap();
                assert!(said.contains("hostname mismatch"), "{said}");
            }
        }
    }

    #[test]
    fn others_reject_what_should_be_rejected() {
        let pki = Pki::new().unwrap();
        let names = ["localhost"];
        for (leaf, why) in [
            (pki.issue_expired(&names), "certificate has expired"),
            (pki.issue_not_yet_valid(&names), "not yet valid"),
            (pki.self_signed(&names), "self-signed certificate"),
            (pki.issue_by_stranger(&names), "unable to get local issuer"),
        ] {
            let said = verify(&pki, &leaf.unwrap(), ["-verify_hostname", "localhost"]).unwrap();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn the_files_live_as_long_as_a_leaf() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let ca = pki.ca_path().to_owned();
        drop(pki);
        let key = std::fs::read_to_string(&leaf.key_path).unwrap();
        assert_eq!(key, leaf.key_pem);
        drop(leaf);
        assert!(!ca.exists());
    }
}
