//! What TLS trusts and offers: the `context` of the WIT.

pub use super::suites::Version;
pub use super::trust::Trust;
pub use super::verify::{ClientVerifyMode, VerifyMode};

use super::key_log::KeyLog;
use super::suites::Offer;
use super::trust::Anchors;
use super::{compression, identity, resumption, verify};
use crate::failure::TlsFailure;
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, NoKeyLog, ServerConfig};
use std::cell::RefCell;
use std::sync::Arc;

/// How many sessions are remembered in the beginning.
const SESSIONS: usize = 256;

/// How many can be: rustls makes room for all at once.
const MOST_SESSIONS: usize = 65_536;

/// How many tickets of TLS 1.3 a client gets at once, if there is room for so many; as in OpenSSL.
const TICKETS: usize = 2;

/// Settings of TLS, from which configurations for rustls are made when they are first needed.
#[derive(Debug)]
pub struct Context {
    anchors: Anchors,
    verify_mode: VerifyMode,
    client_verify_mode: ClientVerifyMode,
    check_hostname: bool,
    identity: Option<Arc<CertifiedKey>>,
    alpn: Vec<Vec<u8>>,
    offer: Offer,
    server_name_indication: bool,
    sessions: usize,
    max_fragment_size: Option<usize>,
    keeps_key_log: bool,
    key_log: Arc<KeyLog>,
    /// Made once for all connections: they hold the sessions to resume too.
    client: RefCell<Option<Arc<ClientConfig>>>,
    server: RefCell<Option<Arc<ServerConfig>>>,
}

impl Default for Context {
    fn default() -> Self {
        Self::new(Trust::Mozilla)
    }
}

impl Context {
    /// Verifies certificates and names, and offers everything but application protocols.
    pub fn new(trust: Trust) -> Self {
        Self {
            anchors: Anchors::new(trust),
            verify_mode: VerifyMode::default(),
            client_verify_mode: ClientVerifyMode::default(),
            check_hostname: true,
            identity: None,
            alpn: Vec::new(),
            offer: Offer::default(),
            server_name_indication: true,
            sessions: SESSIONS,
            max_fragment_size: None,
            keeps_key_log: false,
            key_log: Arc::default(),
            client: RefCell::default(),
            server: RefCell::default(),
        }
    }

    /// Trusts these too: PEM with any number of certificates, or one in DER. All are added, or none.
    pub fn load_verify_locations(&mut self, certificates: &[u8]) -> Result<u32, TlsFailure> {
        let added = self.anchors.add_roots(certificates)?;
        self.changed();
        Ok(added)
    }

    /// Refuses what these list: PEM with any number of lists, or one in DER. All are added, or none.
    pub fn load_revocation_lists(&mut self, lists: &[u8]) -> Result<u32, TlsFailure> {
        let added = self.anchors.add_lists(lists)?;
        self.changed();
        Ok(added)
    }

    /// Whether a client verifies the server's certificate.
    pub fn set_verify_mode(&mut self, mode: VerifyMode) {
        self.verify_mode = mode;
        self.changed();
    }

    /// Whether a client verifies that the certificate is for the server's name. Not if it verifies no certificate.
    pub fn set_check_hostname(&mut self, check: bool) {
        self.check_hostname = check;
        self.changed();
    }

    /// Whether a client needs a name to verify the certificate by.
    pub fn checks_hostname(&self) -> bool {
        self.check_hostname && self.verify_mode == VerifyMode::Required
    }

    /// Shows this certificate chain, of which this is the private key.
    pub fn load_cert_chain(
        &mut self,
        certificates: &[u8],
        private_key: &[u8],
        password: Option<&[u8]>,
    ) -> Result<(), TlsFailure> {
        self.identity = Some(identity::identity(certificates, private_key, password)?);
        self.changed();
        Ok(())
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
        self.changed();
        Ok(())
    }

    /// Speaks only these versions, of which there have to be cipher suites and groups.
    pub fn set_versions(&mut self, minimum: Version, maximum: Version) -> Result<(), TlsFailure> {
        self.set_offer(|offer| offer.with_versions(minimum, maximum))
    }

    /// Offers only these cipher suites, in this order; all, if it is empty.
    pub fn set_cipher_suites(&mut self, names: &[String]) -> Result<(), TlsFailure> {
        self.set_offer(|offer| offer.with_suites(names))
    }

    /// Offers only these groups, in this order; all, if it is empty.
    pub fn set_groups(&mut self, names: &[String]) -> Result<(), TlsFailure> {
        self.set_offer(|offer| offer.with_groups(names))
    }

    fn set_offer(
        &mut self,
        change: impl FnOnce(Offer) -> Result<Offer, String>,
    ) -> Result<(), TlsFailure> {
        self.offer = change(self.offer.clone()).map_err(TlsFailure::Configuration)?;
        self.changed();
        Ok(())
    }

    /// Whether a client sends the server's name.
    pub fn set_server_name_indication(&mut self, send: bool) {
        self.server_name_indication = send;
        self.changed();
    }

    /// Remembers so many sessions, at most 65,536, and forgets those that there are.
    pub fn set_session_cache_size(&mut self, sessions: u32) {
        let sessions = usize::try_from(sessions).unwrap_or(usize::MAX);
        self.sessions = sessions.min(MOST_SESSIONS);
        self.changed();
    }

    /// Sends records of at most so many bytes.
    pub fn set_max_fragment_size(&mut self, size: Option<u32>) -> Result<(), TlsFailure> {
        if size.is_some_and(|size| !(32..=16_389).contains(&size)) {
            return Err(TlsFailure::Configuration(
                "the maximum fragment size is 32 to 16,389 bytes".into(),
            ));
        }
        self.max_fragment_size = size.and_then(|size| usize::try_from(size).ok());
        self.changed();
        Ok(())
    }

    /// Whether the secrets of sessions are kept.
    pub fn set_key_log(&mut self, keep: bool) {
        self.keeps_key_log = keep;
        self.changed();
    }

    /// The secrets since the last call.
    pub fn take_key_log(&self) -> String {
        self.key_log.take()
    }

    /// Whether a server asks for the client's certificate.
    pub fn set_client_verify_mode(&mut self, mode: ClientVerifyMode) {
        self.client_verify_mode = mode;
        self.changed();
    }

    fn changed(&mut self) {
        self.client.take();
        self.server.take();
    }

    fn key_log(&self) -> Arc<dyn rustls::KeyLog> {
        match self.keeps_key_log {
            true => self.key_log.clone(),
            false => Arc::new(NoKeyLog),
        }
    }

    /// The configuration for connections to servers.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, TlsFailure> {
        if let Some(built) = &*self.client.borrow() {
            return Ok(built.clone());
        }
        let provider = self.offer.provider().map_err(TlsFailure::Configuration)?;
        let provider = Arc::new(provider);
        let verifier = match self.verify_mode {
            VerifyMode::Required => {
                verify::of_servers(&self.anchors, self.check_hostname, &provider)?
            }
            VerifyMode::InsecureNone => verify::of_nobody(&provider),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.offer.versions())
            .map_err(configuration)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            Some(identity) => {
                let identity = Arc::new(SingleCertAndKey::from(identity.clone()));
                builder.with_client_cert_resolver(identity)
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        config.enable_sni = self.server_name_indication;
        config.max_fragment_size = self.max_fragment_size;
        config.key_log = self.key_log();
        config.cert_decompressors = compression::DECOMPRESSORS.to_vec();
        config.cert_compressors = compression::COMPRESSORS.to_vec();
        config.resumption = resumption::remembering(self.sessions);
        let config = Arc::new(config);
        self.client.replace(Some(config.clone()));
        Ok(config)
    }

    /// The configuration for connections of clients.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsFailure> {
        if let Some(built) = &*self.server.borrow() {
            return Ok(built.clone());
        }
        let Some(identity) = &self.identity else {
            return Err(TlsFailure::Configuration(
                "a TLS server needs a certificate, and the context has none".into(),
            ));
        };
        let provider = self.offer.provider().map_err(TlsFailure::Configuration)?;
        let provider = Arc::new(provider);
        let verifier = verify::of_clients(&self.anchors, self.client_verify_mode, &provider)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.offer.versions())
            .map_err(configuration)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.clone())));
        config.alpn_protocols.clone_from(&self.alpn);
        config.max_fragment_size = self.max_fragment_size;
        config.key_log = self.key_log();
        config.cert_decompressors = compression::DECOMPRESSORS.to_vec();
        config.cert_compressors = compression::COMPRESSORS.to_vec();
        config.send_tls13_tickets = self.sessions.min(TICKETS);
        config.session_storage = match self.sessions {
            0 => Arc::new(NoServerSessionStorage {}),
            sessions => ServerSessionMemoryCache::new(sessions),
        };
        let config = Arc::new(config);
        self.server.replace(Some(config.clone()));
        Ok(config)
    }
}

fn configuration(error: rustls::Error) -> TlsFailure {
    TlsFailure::Configuration(error.to_string())
}

#[cfg(test)]
mod tests;
