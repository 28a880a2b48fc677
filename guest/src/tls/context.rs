//! What TLS trusts and offers: the `context` of the WIT.

use super::failure::certificate_failure;
use crate::failure::TlsFailure;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::cell::RefCell;
use std::sync::Arc;

/// Where trust begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Mozilla's roots.
    Mozilla,
    /// Only what is loaded.
    None,
}

/// Settings of TLS, from which a configuration for rustls is made when it is first needed.
#[derive(Debug)]
pub struct Context {
    roots: RootCertStore,
    alpn: Vec<Vec<u8>>,
    /// Made once for all connections: it holds the session tickets too.
    built: RefCell<Option<Arc<ClientConfig>>>,
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Trust::Mozilla)
    }
}

impl Context {
    /// No application protocols.
    pub fn new(trust: Trust) -> Self {
        let mut roots = RootCertStore::empty();
        if trust == Trust::Mozilla {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Self {
            roots,
            alpn: Vec::new(),
            built: RefCell::new(None),
        }
    }

    /// Trusts these too: PEM with any number of certificates, or one in DER. All are added, or none.
    pub fn load_verify_locations(&mut self, certificates: &[u8]) -> Result<u32, TlsFailure> {
        let unreadable = |why: &dyn std::fmt::Display| {
            TlsFailure::Configuration(format!("cannot load CA certificates: {why}"))
        };
        let pem: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let mut found = pem.map_err(|error| match error {
            pem::Error::MissingSectionEnd { .. } => {
                unreadable(&"a line -----BEGIN CERTIFICATE----- has no -----END CERTIFICATE-----")
            }
            pem::Error::IllegalSectionStart { .. } => {
                unreadable(&"a line of PEM that begins with -----BEGIN is malformed")
            }
            pem::Error::Base64Decode(_) => unreadable(&"the PEM is not valid base64"),
            error => unreadable(&error),
        })?;
        // DER begins with a SEQUENCE (X.690, section 8.9).
        if found.is_empty() && certificates.first() == Some(&0x30) {
            found.push(CertificateDer::from(certificates));
        }
        if found.is_empty() {
            return Err(unreadable(&"there is no certificate in PEM or DER"));
        }
        let mut roots = self.roots.clone();
        for (index, certificate) in found.iter().enumerate() {
            let added = roots.add(certificate.clone().into_owned());
            added.map_err(|error| match error {
                rustls::Error::InvalidCertificate(error) => unreadable(&format_args!(
                    "number {}: {}",
                    index + 1,
                    certificate_failure(error)
                )),
                error => unreadable(&error),
            })?;
        }
        self.roots = roots;
        self.built.take();
        Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
    }

    /// Offers these application protocols (RFC 7301, section 3.1).
    pub fn set_alpn_protocols(&mut self, protocols: Vec<Vec<u8>>) -> Result<(), TlsFailure> {
        let length = |protocol: &Vec<u8>| (1..=255).contains(&protocol.len());
        // The list is a vector of at most 2^16-1 bytes, and each name has a byte of length.
        let size: usize = protocols.iter().map(|protocol| protocol.len() + 1).sum();
        if !protocols.iter().all(length) || size > 0xffff {
            return Err(TlsFailure::Configuration(
                "an ALPN protocol has 1 to 255 bytes, all together at most 65,535".into(),
            ));
        }
        self.alpn = protocols;
        self.built.take();
        Ok(())
    }

    /// The configuration for connections.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, TlsFailure> {
        if let Some(built) = &*self.built.borrow() {
            return Ok(built.clone());
        }
        let configuration = |error: rustls::Error| TlsFailure::Configuration(error.to_string());
        if self.roots.is_empty() {
            return Err(TlsFailure::Configuration(
                "the TLS context trusts no certificate at all".into(),
            ));
        }
        let provider = Arc::new(switchboard_crypto::provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(configuration)?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols.clone_from(&self.alpn);
        let config = Arc::new(config);
        self.built.replace(Some(config.clone()));
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ca() -> rcgen::Certificate {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap()
    }

    #[test]
    fn pem_and_der() {
        let mut context = Context::new(Trust::None);
        let two = ca().pem() + &ca().pem();
        assert_eq!(context.load_verify_locations(two.as_bytes()), Ok(2));
        assert_eq!(context.load_verify_locations(ca().der()), Ok(1));
        assert_eq!(context.roots.len(), 3);
    }

    #[test]
    fn rubbish_adds_nothing() {
        let mut context = Context::new(Trust::None);
        let half = &ca().pem().into_bytes()[..200];
        let good_and_bad =
            ca().pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let rubbish = [b"".as_slice(), b"rubbish", b"0rubbish", half];
        for bytes in rubbish
            .into_iter()
            .chain([good_and_bad.as_bytes(), key.as_bytes()])
        {
            let failure = context.load_verify_locations(bytes).unwrap_err();
            assert!(
                failure
                    .to_string()
                    .starts_with("cannot load CA certificates: "),
                "{failure}"
            );
            assert!(context.roots.is_empty());
        }
    }

    #[test]
    fn nothing_trusted_is_said() {
        let failure = Context::new(Trust::None).client_config().unwrap_err();
        assert_eq!(
            failure.to_string(),
            "the TLS context trusts no certificate at all"
        );
    }

    #[test]
    fn alpn_lengths() {
        let mut context = Context::default();
        assert!(context.set_alpn_protocols(vec![vec![]]).is_err());
        assert!(context.set_alpn_protocols(vec![vec![b'x'; 256]]).is_err());
        assert!(
            context
                .set_alpn_protocols(vec![vec![b'x'; 255]; 255])
                .is_ok()
        );
        assert!(
            context
                .set_alpn_protocols(vec![vec![b'x'; 255]; 300])
                .is_err()
        );
        assert_eq!(context.alpn.len(), 255);
        assert_eq!(context.set_alpn_protocols(vec![b"h2".to_vec()]), Ok(()));
        assert_eq!(context.client_config().unwrap().alpn_protocols, [b"h2"]);
    }

    #[test]
    fn the_configuration_is_made_once_and_again_after_a_change() {
        let mut context = Context::default();
        let config = context.client_config().unwrap();
        assert!(Arc::ptr_eq(&config, &context.client_config().unwrap()));
        context.set_alpn_protocols(Vec::new()).unwrap();
        assert!(!Arc::ptr_eq(&config, &context.client_config().unwrap()));
    }
}
