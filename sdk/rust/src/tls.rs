//! How to speak TLS.

use crate::bindings::switchboard::connect::streams::TlsOption;
use crate::bindings::switchboard::connect::tls::{self as wit, VerifyMode};
use crate::{Certificate, Error, Trust, Version};
use std::sync::Arc;
use std::time::Duration;

/// What TLS trusts and offers, for any number of connections: Python's `ssl.SSLContext`. Cheap to clone; clones are the same
/// context, and what is set counts for connections that are opened afterwards.
///
/// ```no_run
/// use switchboard_client::{Connector, Tls, TlsContext};
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let context = TlsContext::new();
/// context.set_alpn_protocols(["h2", "http/1.1"])?;
/// let tls = Tls::with(&context);
/// let connection = Connector::new("example.com", 443).tls(tls).connect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TlsContext(Arc<wit::Context>);

impl Default for TlsContext {
    fn default() -> Self {
        Self::new()
    }
}

impl TlsContext {
    /// A context that trusts Mozilla's root certificates, verifies certificate and name, and offers no application
    /// protocol. Python: `ssl.create_default_context()`.
    ///
    /// ```no_run
    /// let context = switchboard_client::TlsContext::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::trusting(Trust::Mozilla)
    }

    /// A context with this trust to begin with.
    ///
    /// ```no_run
    /// use switchboard_client::{TlsContext, Trust};
    /// # fn example(pem: &[u8]) -> Result<(), switchboard_client::Error> {
    /// let context = TlsContext::trusting(Trust::None);
    /// context.add_roots(pem)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn trusting(trust: Trust) -> Self {
        Self(Arc::new(wit::Context::new(trust.into())))
    }

    pub(crate) fn wit(&self) -> &wit::Context {
        &self.0
    }

    /// Trusts these root certificates too: PEM with any number of them, or one in DER. Gives how many were added. Python:
    /// `load_verify_locations`.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), Box<dyn std::error::Error>> {
    /// let added = context.add_roots(&std::fs::read("ca.pem")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_roots(&self, certificates: &[u8]) -> Result<u32, Error> {
        Ok(self.0.load_verify_locations(certificates)?)
    }

    /// Refuses certificates that these revocation lists name: PEM, or one in DER.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), Box<dyn std::error::Error>> {
    /// context.add_revocation_lists(&std::fs::read("revoked.pem")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_revocation_lists(&self, lists: &[u8]) -> Result<u32, Error> {
        Ok(self.0.load_revocation_lists(lists)?)
    }

    /// Shows this certificate, with those between it and a root, to peers that ask for one. PEM or DER; a key under a
    /// password needs the password. Python: `load_cert_chain`.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), Box<dyn std::error::Error>> {
    /// let (chain, key) = (std::fs::read("me.pem")?, std::fs::read("me.key")?);
    /// context.set_identity(&chain, &key, None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_identity(
        &self,
        certificates: &[u8],
        private_key: &[u8],
        password: Option<&[u8]>,
    ) -> Result<(), Error> {
        Ok(self
            .0
            .load_cert_chain(certificates, private_key, password)?)
    }

    /// Offers these application protocols, the preferred one first. Python: `set_alpn_protocols`.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), switchboard_client::Error> {
    /// context.set_alpn_protocols(["h2", "http/1.1"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_alpn_protocols(
        &self,
        protocols: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<(), Error> {
        let protocols = protocols.into_iter().map(|it| it.as_ref().to_vec());
        let protocols: Vec<_> = protocols.collect();
        Ok(self.0.set_alpn_protocols(&protocols)?)
    }

    /// Speaks only versions from `minimum` to `maximum`.
    ///
    /// ```no_run
    /// use switchboard_client::Version;
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), switchboard_client::Error> {
    /// context.set_versions(Version::Tls13, Version::Tls13)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_versions(&self, minimum: Version, maximum: Version) -> Result<(), Error> {
        Ok(self.0.set_versions(minimum.into(), maximum.into())?)
    }

    /// Offers these cipher suites, by their IANA names; none offers all.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), switchboard_client::Error> {
    /// context.set_cipher_suites(["TLS_AES_256_GCM_SHA384"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_cipher_suites(
        &self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        Ok(self.0.set_cipher_suites(&names)?)
    }

    /// Offers these groups for the key exchange, by their IANA names; none offers all.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), switchboard_client::Error> {
    /// context.set_groups(["X25519MLKEM768"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_groups(
        &self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        Ok(self.0.set_groups(&names)?)
    }

    /// Whether the certificate has to be for the server's name. Without, any certificate of a trusted root will do.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) {
    /// context.set_check_hostname(false);
    /// # }
    /// ```
    pub fn set_check_hostname(&self, check: bool) {
        self.0.set_check_hostname(check);
    }

    /// Whether the certificate is verified at all. Without, whoever answers is believed: for tests.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) {
    /// context.set_verify_insecurely_not_at_all(true);
    /// # }
    /// ```
    pub fn set_verify_insecurely_not_at_all(&self, insecure: bool) {
        self.0.set_verify_mode(match insecure {
            true => VerifyMode::InsecureNone,
            false => VerifyMode::Required,
        });
    }

    /// Whether the name is sent (SNI).
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) {
    /// context.set_server_name_indication(false);
    /// # }
    /// ```
    pub fn set_server_name_indication(&self, send: bool) {
        self.0.set_server_name_indication(send);
    }

    /// How many sessions to remember, so that the next connection to the same server is resumed.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) {
    /// context.set_session_cache_size(0);
    /// # }
    /// ```
    pub fn set_session_cache_size(&self, sessions: u32) {
        self.0.set_session_cache_size(sessions);
    }

    /// The largest record to send, in bytes with its header.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> Result<(), switchboard_client::Error> {
    /// context.set_max_fragment_size(Some(1400))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_max_fragment_size(&self, size: Option<u32>) -> Result<(), Error> {
        Ok(self.0.set_max_fragment_size(size)?)
    }

    /// Whether to keep the secrets of sessions for [`take_key_log`](Self::take_key_log).
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) {
    /// context.set_key_log(true);
    /// # }
    /// ```
    pub fn set_key_log(&self, keep: bool) {
        self.0.set_key_log(keep);
    }

    /// The secrets that were kept since the last call, as `SSLKEYLOGFILE` has them.
    ///
    /// ```no_run
    /// # fn example(context: &switchboard_client::TlsContext) -> std::io::Result<()> {
    /// std::fs::write("keys.log", context.take_key_log())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn take_key_log(&self) -> String {
        self.0.take_key_log()
    }
}

impl TlsContext {
    /// Reads a certificate in DER, as [`Facts::peer_certificates`](crate::Facts) has them.
    ///
    /// ```no_run
    /// use switchboard_client::{Connection, TlsContext};
    ///
    /// fn subject(connection: &Connection) -> Option<String> {
    ///     let facts = connection.tls()?;
    ///     let certificate = TlsContext::describe_certificate(facts.peer_certificates.first()?);
    ///     Some(certificate.ok()?.subject)
    /// }
    /// ```
    pub fn describe_certificate(der: &[u8]) -> Result<Certificate, Error> {
        Ok(wit::describe_certificate(der)?.into())
    }
}

/// How one connection speaks TLS: with which context, to whom, and for how long it may take. What is only for TLS is here, so
/// that it cannot be asked for without.
///
/// ```no_run
/// use std::time::Duration;
/// use switchboard_client::{Connector, Tls};
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let tls = Tls::new().server_name("example.com").handshake_timeout(Duration::from_secs(5));
/// let connection = Connector::new("192.0.2.1", 443).tls(tls).connect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Tls {
    context: Option<TlsContext>,
    pub(crate) server_name: Option<String>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) through_handshake: bool,
}

impl Tls {
    /// TLS with Mozilla's roots, for the name that is connected to. asyncio: `ssl=True`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// use switchboard_client::{Connector, Tls};
    /// let connection = Connector::new("example.com", 443).tls(Tls::new()).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS with this context. asyncio: `ssl=context`.
    ///
    /// ```no_run
    /// use switchboard_client::{Tls, TlsContext};
    /// let tls = Tls::with(&TlsContext::new());
    /// ```
    pub fn with(context: &TlsContext) -> Self {
        Self {
            context: Some(context.clone()),
            ..Self::default()
        }
    }

    /// The name that the certificate must have, if it is not the host's. asyncio: `server_hostname`.
    ///
    /// ```
    /// let tls = switchboard_client::Tls::new().server_name("example.com");
    /// ```
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// How long the handshake may take; 60 seconds unless said otherwise. asyncio: `ssl_handshake_timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    /// let tls = switchboard_client::Tls::new().handshake_timeout(Duration::from_secs(5));
    /// ```
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = Some(timeout);
        self
    }

    /// Lets an address win the race only when its handshake is done: what accepts TCP and then breaks TLS loses to the next
    /// address.
    ///
    /// ```
    /// let tls = switchboard_client::Tls::new().race_through_handshake();
    /// ```
    pub fn race_through_handshake(mut self) -> Self {
        self.through_handshake = true;
        self
    }

    pub(crate) fn option(&self) -> TlsOption<'_> {
        match &self.context {
            Some(context) => TlsOption::Custom(context.wit()),
            None => TlsOption::DefaultContext,
        }
    }
}
