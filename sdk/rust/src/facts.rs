//! What is known of a peer.

use crate::bindings::switchboard::connect::streams;
use crate::bindings::switchboard::connect::tls as wit;

/// A version of TLS. Older ones are not spoken.
///
/// ```no_run
/// use switchboard_client::Version;
/// # fn example(connection: &switchboard_client::Connection) {
/// let newest = connection.tls().is_some_and(|it| it.version == Version::Tls13);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl From<wit::Version> for Version {
    fn from(version: wit::Version) -> Self {
        match version {
            wit::Version::Tls12 => Self::Tls12,
            wit::Version::Tls13 => Self::Tls13,
        }
    }
}

impl From<Version> for wit::Version {
    fn from(version: Version) -> Self {
        match version {
            Version::Tls12 => Self::Tls12,
            Version::Tls13 => Self::Tls13,
        }
    }
}

/// What TLS agreed on with the peer.
///
/// ```no_run
/// # fn example(connection: &switchboard_client::Connection) {
/// if let Some(facts) = connection.tls() {
///     println!("{:?}, {}", facts.version, facts.cipher_suite);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// The version of TLS.
    pub version: Version,
    /// The cipher suite by its IANA name, such as `TLS_CHACHA20_POLY1305_SHA256`.
    pub cipher_suite: String,
    /// The group of the key exchange by its IANA name, such as `X25519MLKEM768`; of a resumed session of TLS 1.2, none.
    pub key_exchange: Option<String>,
    /// The name that was sent (SNI), if one was: for an IP address none is.
    pub server_name: Option<String>,
    /// The application protocol that was agreed on (ALPN, RFC 7301).
    pub alpn: Option<Vec<u8>>,
    /// Whether an earlier session was resumed, without certificates being shown again.
    pub resumed: bool,
    /// The peer's certificates in DER, its own first; of a resumed session those of the first one.
    pub peer_certificates: Vec<Vec<u8>>,
}

impl From<wit::Facts> for Facts {
    fn from(facts: wit::Facts) -> Self {
        Self {
            version: facts.version.into(),
            cipher_suite: facts.cipher_suite,
            key_exchange: facts.key_exchange,
            server_name: facts.server_name,
            alpn: facts.alpn,
            resumed: facts.resumed,
            peer_certificates: facts.peer_certificates,
        }
    }
}

/// A certificate as people read it (RFC 5280, section 4.1).
///
/// ```no_run
/// use switchboard_client::{Certificate, TlsContext};
/// # fn example(der: &[u8]) -> Result<(), switchboard_client::Error> {
/// let certificate: Certificate = TlsContext::describe_certificate(der)?;
/// println!("{}", certificate.subject);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whose it is, written as in RFC 4514.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Its number at the issuer, in hexadecimal.
    pub serial_number: String,
    /// From when on it is valid, in seconds since 1970 (UTC).
    pub not_before: i64,
    /// Until when it is valid.
    pub not_after: i64,
    /// What it is for: host names, IP addresses, and other names with their kind before (`email:`, `uri:`).
    pub subject_alternative_names: Vec<String>,
    /// SHA-256 of it, in hexadecimal.
    pub fingerprint: String,
}

impl From<wit::Certificate> for Certificate {
    fn from(certificate: wit::Certificate) -> Self {
        Self {
            subject: certificate.subject,
            issuer: certificate.issuer,
            serial_number: certificate.serial_number,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            subject_alternative_names: certificate.subject_alternative_names,
            fingerprint: certificate.fingerprint,
        }
    }
}

/// Who the peer of a Unix socket is, and was when the connection was made.
///
/// ```no_run
/// # fn example(connection: &switchboard_client::Connection) {
/// if let Some(peer) = connection.peer_credentials() {
///     println!("process {:?} of {}:{}", peer.pid, peer.uid, peer.gid);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The process, where the host sees it.
    pub pid: Option<u32>,
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
}

impl From<streams::Credentials> for Credentials {
    fn from(credentials: streams::Credentials) -> Self {
        Self {
            pid: credentials.pid,
            uid: credentials.uid,
            gid: credentials.gid,
        }
    }
}
