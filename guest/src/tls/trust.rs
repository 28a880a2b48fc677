//! What is trusted and what no longer: root certificates and revocation lists, in PEM or DER.

use super::failure::{certificate_failure, words};
use super::pinned::Pinned;
use crate::failure::TlsFailure;
use rustls::RootCertStore;
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use std::sync::Arc;

/// Where trust begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Mozilla's roots.
    Mozilla,
    /// Only what is loaded.
    None,
}

/// What certificates are verified with.
#[derive(Debug, Clone)]
pub(super) struct Anchors {
    pub(super) roots: RootCertStore,
    pub(super) pinned: Pinned,
    pub(super) lists: Vec<CertificateRevocationListDer<'static>>,
}

impl Anchors {
    pub(super) fn new(trust: Trust) -> Self {
        let mut roots = RootCertStore::empty();
        if trust == Trust::Mozilla {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Self {
            roots,
            pinned: Pinned::default(),
            lists: Vec::new(),
        }
    }

    /// Adds root certificates: all that are there, or none.
    pub(super) fn add_roots(&mut self, certificates: &[u8]) -> Result<u32, TlsFailure> {
        let unreadable =
            |why: String| TlsFailure::Configuration(format!("cannot load CA certificates: {why}"));
        let found: Vec<CertificateDer<'_>> =
            documents(certificates, "certificate").map_err(unreadable)?;
        let mut roots = self.roots.clone();
        for (index, certificate) in found.iter().enumerate() {
            let added = roots.add(certificate.clone());
            added.map_err(|error| unreadable(format!("number {}: {}", index + 1, unfit(error))))?;
        }
        self.roots = roots;
        self.pinned.extend(&found);
        Ok(count(&found))
    }

    /// Adds revocation lists: all that are there, or none.
    pub(super) fn add_lists(&mut self, lists: &[u8]) -> Result<u32, TlsFailure> {
        let unreadable =
            |why: String| TlsFailure::Configuration(format!("cannot load revocation lists: {why}"));
        let found: Vec<CertificateRevocationListDer<'_>> =
            documents(lists, "revocation list").map_err(unreadable)?;
        for (index, list) in found.iter().enumerate() {
            readable(list).map_err(|why| unreadable(format!("number {}: {why}", index + 1)))?;
        }
        let added = count(&found);
        self.lists.extend(found);
        Ok(added)
    }
}

fn count<T>(found: &[T]) -> u32 {
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

/// Why rustls does not take a certificate of our own side.
pub(super) fn unfit(error: rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_failure(error).to_string(),
        rustls::Error::General(why) => why,
        error => error.to_string(),
    }
}

/// Whether webpki can read a revocation list: rustls tells only when a verifier is built with it, and builds none without
/// a root, whichever.
fn readable(list: &CertificateRevocationListDer<'static>) -> Result<(), String> {
    let any = webpki_roots::TLS_SERVER_ROOTS.iter().take(1).cloned();
    let roots = Arc::new(RootCertStore::from_iter(any));
    let provider = Arc::new(switchboard_crypto::provider());
    let built = WebPkiServerVerifier::builder_with_provider(roots, provider)
        .with_crls([list.clone()])
        .build();
    built.map(drop).map_err(|error| match error {
        VerifierBuilderError::InvalidCrl(why) => words(&format!("{why:?}")),
        error => error.to_string(),
    })
}

/// Every document of one kind: PEM with any number of them, among others, or one in DER.
pub(super) fn documents<T: PemObject + From<Vec<u8>>>(
    bytes: &[u8],
    what: &str,
) -> Result<Vec<T>, String> {
    let pem: Result<Vec<T>, pem::Error> = T::pem_slice_iter(bytes).collect();
    let mut found = pem.map_err(|error| pem_error(&error))?;
    // DER begins with a SEQUENCE (X.690, section 8.9).
    if found.is_empty() && bytes.first() == Some(&0x30) {
        found.push(T::from(bytes.to_vec()));
    }
    match found.is_empty() {
        true => Err(format!("there is no {what} in PEM or DER")),
        false => Ok(found),
    }
}

/// What is wrong with PEM.
pub(super) fn pem_error(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            let label = String::from_utf8_lossy(end_marker);
            format!("a line -----BEGIN {label}----- has no -----END {label}-----")
        }
        pem::Error::IllegalSectionStart { .. } => {
            "a line of PEM that begins with -----BEGIN is malformed".into()
        }
        pem::Error::Base64Decode(_) => "the PEM is not valid base64".into(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::Pki;

    fn ca() -> rcgen::Certificate {
        Pki::new("Root").ca
    }

    fn empty() -> Anchors {
        Anchors::new(Trust::None)
    }

    #[test]
    fn pem_and_der() {
        let mut anchors = empty();
        let two = ca().pem() + "a comment\n" + &ca().pem().replace('\n', "\r\n");
        assert_eq!(anchors.add_roots(two.as_bytes()), Ok(2));
        assert_eq!(anchors.add_roots(ca().der()), Ok(1));
        assert_eq!(anchors.roots.len(), 3);
        assert!(Anchors::new(Trust::Mozilla).roots.len() > 100);
    }

    /// Each with a piece of its text.
    fn rubbish(good: &str, label: &str) -> Vec<(Vec<u8>, &'static str)> {
        let (begin, end) = (
            format!("-----BEGIN {label}-----\n"),
            format!("-----END {label}-----\n"),
        );
        let section = |body: &str| good.to_owned() + &begin + body + "\n" + &end;
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        vec![
            (b"".to_vec(), " in PEM or DER"),
            (b"rubbish".to_vec(), " in PEM or DER"),
            (key.into(), " in PEM or DER"),
            (b"0rubbish".to_vec(), "number 1: "),
            (good.as_bytes()[..200].into(), "has no -----END "),
            (section("AAAA").into(), "number 2: "),
            (section("*").into(), "the PEM is not valid base64"),
        ]
    }

    #[test]
    fn rubbish_adds_no_roots() {
        for (bytes, why) in rubbish(&ca().pem(), "CERTIFICATE") {
            let mut anchors = empty();
            let told = anchors.add_roots(&bytes).unwrap_err().to_string();
            assert!(told.starts_with("cannot load CA certificates: "), "{told}");
            assert!(told.contains(why), "{told}");
            assert!(anchors.roots.is_empty());
        }
    }

    #[test]
    fn rubbish_adds_no_lists() {
        let list = Pki::new("Root").revokes(1);
        for (bytes, why) in rubbish(&list.pem().unwrap(), "X509 CRL") {
            let mut anchors = empty();
            let told = anchors.add_lists(&bytes).unwrap_err().to_string();
            assert!(told.starts_with("cannot load revocation lists: "), "{told}");
            assert!(told.contains(why), "{told}");
            assert!(anchors.lists.is_empty());
        }
    }
}
