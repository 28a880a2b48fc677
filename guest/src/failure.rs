//! What can go wrong, for a program to match on and for a person to read. The texts are asyncio's where it has one.

use crate::errno::Errno;
use crate::python;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// How far a connection had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Turning a name into addresses.
    Lookup,
    /// Binding to one of one's own addresses.
    Bind,
    /// Opening a TCP connection.
    Connect,
    /// The TLS handshake.
    Handshake,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Lookup => "lookup",
            Phase::Bind => "bind",
            Phase::Connect => "connect",
            Phase::Handshake => "handshake",
        })
    }
}

/// `wasi:sockets/types.error-code`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SocketError {
    AccessDenied,
    NotSupported,
    InvalidArgument,
    OutOfMemory,
    Timeout,
    InvalidState,
    AddressNotBindable,
    AddressInUse,
    RemoteUnreachable,
    ConnectionRefused,
    ConnectionBroken,
    ConnectionReset,
    ConnectionAborted,
    DatagramTooLarge,
    Other(Option<String>),
    /// What only the POSIX capability tells.
    Posix(Errno),
}

impl SocketError {
    /// As `error-code` of the WIT has it.
    pub fn in_wasi(self) -> Self {
        match self {
            SocketError::Posix(errno) => errno.in_wasi(),
            error => error,
        }
    }

    /// The number that Linux gives to this error, if it is always the same one.
    fn errno(&self) -> Option<u32> {
        Some(match self {
            SocketError::AccessDenied => 13,
            SocketError::NotSupported => 95,
            SocketError::InvalidArgument => 22,
            SocketError::OutOfMemory => 12,
            SocketError::Timeout => 110,
            SocketError::AddressNotBindable => 99,
            SocketError::AddressInUse => 98,
            SocketError::RemoteUnreachable => 101,
            SocketError::ConnectionRefused => 111,
            SocketError::ConnectionBroken => 32,
            SocketError::ConnectionReset => 104,
            SocketError::ConnectionAborted => 103,
            SocketError::DatagramTooLarge => 90,
            SocketError::Posix(errno) => return errno.number(),
            SocketError::InvalidState | SocketError::Other(_) => return None,
        })
    }
}

/// In Linux's words.
impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SocketError::AccessDenied => "Permission denied",
            SocketError::NotSupported => "Operation not supported",
            SocketError::InvalidArgument => "Invalid argument",
            SocketError::OutOfMemory => "Cannot allocate memory",
            SocketError::Timeout => "Connection timed out",
            SocketError::InvalidState => "Invalid state of the socket",
            SocketError::AddressNotBindable => "Cannot assign requested address",
            SocketError::AddressInUse => "Address already in use",
            SocketError::RemoteUnreachable => "Network is unreachable",
            SocketError::ConnectionRefused => "Connection refused",
            SocketError::ConnectionBroken => "Broken pipe",
            SocketError::ConnectionReset => "Connection reset by peer",
            SocketError::ConnectionAborted => "Software caused connection abort",
            SocketError::DatagramTooLarge => "Message too long",
            SocketError::Other(Some(text)) => text,
            SocketError::Other(None) => "Unknown error",
            SocketError::Posix(errno) => errno.text(),
        })
    }
}

/// Python's `OSError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsFailure {
    /// For a program.
    pub code: SocketError,
    /// For a person: what Python's `str()` gives.
    pub message: String,
}

impl OsFailure {
    /// A failure of the system, told by its own words.
    pub fn new(code: SocketError) -> Self {
        let message = match code.errno() {
            Some(errno) => format!("[Errno {errno}] {code}"),
            None => code.to_string(),
        };
        Self { code, message }
    }

    /// A local address that could not be bound (ASYNCIO A.5, rule 2).
    pub fn bind(code: SocketError, address: SocketAddr) -> Self {
        let Self { message: why, .. } = Self::new(code.clone());
        let number = code.errno().map(|errno| format!("[Errno {errno}] "));
        let message = format!(
            "{}error while attempting to bind on address {}: {}",
            number.unwrap_or_default(),
            python::socket_address(address),
            why.to_lowercase()
        );
        Self { code, message }
    }

    /// An option that could not be set: a failure names it.
    pub fn option(name: &str, code: SocketError) -> Self {
        let Self { code, message } = Self::new(code);
        Self {
            code,
            message: format!("{message}: {name}"),
        }
    }

    /// There is no local address of the family that the peer's address needs (ASYNCIO A.5, rule 2).
    pub fn no_local_address(ipv6: bool) -> Self {
        let family = if ipv6 { "AF_INET6: 10" } else { "AF_INET: 2" };
        Self {
            code: SocketError::AddressNotBindable,
            message: format!(
                "no matching local address with family=<AddressFamily.{family}> found"
            ),
        }
    }

    /// An attempt at `address` that failed (ASYNCIO A.5, rule 3).
    pub fn connect(code: SocketError, address: SocketAddr) -> Self {
        // What the kernel knows at once, such as that there is no route, asyncio tells by the plain text.
        if matches!(
            code,
            SocketError::AccessDenied
                | SocketError::AddressInUse
                | SocketError::AddressNotBindable
                | SocketError::InvalidArgument
                | SocketError::RemoteUnreachable
                | SocketError::Posix(Errno::Enetdown)
        ) {
            return Self::new(code);
        }
        let address = python::socket_address(address);
        let message = match code.errno() {
            Some(errno) => format!("[Errno {errno}] Connect call failed {address}"),
            None => format!("Connect call failed {address}: {code}"),
        };
        Self { code, message }
    }
}

/// Python's `socket.gaierror`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LookupFailure {
    NotFound,
    Temporary,
    Permanent,
    FamilyNotSupported,
    /// `EAI_FAMILY`: no host can have addresses of it.
    FamilyUnknown,
    ServiceNotSupported,
    ProtocolNotSupported,
    BadFlags,
    AccessDenied,
    Other(String),
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LookupFailure::NotFound => "[Errno -2] Name or service not known",
            LookupFailure::Temporary => "[Errno -3] Temporary failure in name resolution",
            LookupFailure::Permanent => "[Errno -4] Non-recoverable failure in name resolution",
            LookupFailure::FamilyNotSupported => {
                "[Errno -9] Address family for hostname not supported"
            }
            LookupFailure::FamilyUnknown => "[Errno -6] ai_family not supported",
            LookupFailure::ServiceNotSupported => {
                "[Errno -8] Servname not supported for ai_socktype"
            }
            LookupFailure::ProtocolNotSupported => "[Errno -7] ai_socktype not supported",
            LookupFailure::BadFlags => "[Errno -1] Bad value for ai_flags",
            LookupFailure::AccessDenied => "name lookup is not allowed to this component",
            LookupFailure::Other(text) => text,
        })
    }
}

/// Why a certificate was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CertificateFailure {
    Expired(String),
    NotYetValid(String),
    /// Who issued what could not be traced back.
    UnknownIssuer(String),
    NameMismatch {
        /// The name that it had to be for, if that is known.
        asked: Option<String>,
        /// The names that it is for.
        names: Vec<String>,
    },
    Revoked,
    BadSignature,
    Malformed(String),
    Rejected(String),
}

impl fmt::Display for CertificateFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateFailure::Expired(dates) => write!(f, "certificate has expired: {dates}"),
            CertificateFailure::NotYetValid(dates) => {
                write!(f, "certificate is not yet valid: {dates}")
            }
            CertificateFailure::UnknownIssuer(issuer) => write!(
                f,
                "unknown issuer: no trusted root stands behind the certificate, which {issuer} issued"
            ),
            CertificateFailure::NameMismatch { asked, names } => {
                let told: Vec<_> = names.iter().take(5).map(String::as_str).collect();
                let told = match told.is_empty() {
                    true => "no name at all".to_owned(),
                    false => told.join(", "),
                };
                write!(f, "name mismatch: the certificate is for {told}")?;
                match names.len().saturating_sub(5) {
                    0 => {}
                    more => write!(f, " and {more} more")?,
                }
                match asked {
                    Some(asked) => write!(f, ", not for {asked}"),
                    None => Ok(()),
                }
            }
            CertificateFailure::Revoked => f.write_str("certificate was revoked"),
            // rustls does not say which.
            CertificateFailure::BadSignature => {
                f.write_str(
                    "wrong signature, of a certificate or of the handshake, or one by an RSA key that is too short or too long",
                )
            }
            CertificateFailure::Malformed(what) => write!(f, "certificate is malformed: {what}"),
            CertificateFailure::Rejected(what) => {
                write!(f, "certificate is not acceptable: {what}")
            }
        }
    }
}

/// Python's `ssl.SSLError`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TlsFailure {
    Certificate(CertificateFailure),
    /// The number of the alert and its name.
    AlertReceived(u8, String),
    NotTls(String),
    /// The words before TLS did not lead there: `--starttls` of the command.
    StartTls(String),
    Incompatible(String),
    Truncated,
    Protocol(String),
    Configuration(String),
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsFailure::Certificate(failure) => write!(f, "certificate verify failed: {failure}"),
            TlsFailure::AlertReceived(number, name) => {
                write!(f, "the peer gave up with TLS alert {number} ({name})")?;
                // RFC 8446, section 6.2. In TLS 1.2 it is `handshake_failure`, which can mean anything.
                match number {
                    116 => f.write_str(": it wants a certificate of this side"),
                    _ => Ok(()),
                }
            }
            TlsFailure::NotTls(what) => write!(f, "the peer does not speak TLS: {what}"),
            TlsFailure::Incompatible(what) => {
                write!(f, "nothing in common with the peer: {what}")
            }
            TlsFailure::Truncated => {
                f.write_str("the connection ended without close_notify: data may be missing")
            }
            TlsFailure::Protocol(what) => write!(f, "the peer broke the TLS protocol: {what}"),
            TlsFailure::StartTls(what) | TlsFailure::Configuration(what) => f.write_str(what),
        }
    }
}

/// Why an attempt at one address failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AttemptFailure {
    Os(OsFailure),
    Tls(TlsFailure),
    /// The race gave it up in this phase.
    TimedOut(Phase),
    HandshakeTimedOut(Duration),
}

impl From<OsFailure> for AttemptFailure {
    fn from(failure: OsFailure) -> Self {
        AttemptFailure::Os(failure)
    }
}

impl From<OsFailure> for Failure {
    fn from(failure: OsFailure) -> Self {
        Failure::Os(failure)
    }
}

impl From<AttemptFailure> for Failure {
    fn from(failure: AttemptFailure) -> Self {
        match failure {
            AttemptFailure::Os(failure) => Failure::Os(failure),
            AttemptFailure::Tls(failure) => Failure::Tls(failure),
            AttemptFailure::TimedOut(phase) => Failure::TimedOut(phase),
            AttemptFailure::HandshakeTimedOut(limit) => Failure::HandshakeTimedOut(limit),
        }
    }
}

impl fmt::Display for AttemptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Failure::from(self.clone()).fmt(f)
    }
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Failure {
    InvalidArgument(String),
    NotSupported(String),
    RefusedNetwork(String),
    Lookup(LookupFailure),
    Os(OsFailure),
    All(Vec<AttemptFailure>),
    Tls(TlsFailure),
    /// The `timeout` over all ran out in this phase, or the race gave an attempt up.
    TimedOut(Phase),
    /// The handshake took longer than this, its own limit.
    HandshakeTimedOut(Duration),
    Cancelled,
}

impl Failure {
    /// An `invalid-argument` with this text.
    pub fn invalid(text: impl Into<String>) -> Self {
        Failure::InvalidArgument(text.into())
    }

    /// For a person, as a failure of this call of asyncio's.
    pub fn of(&self, call: &str) -> String {
        match self {
            Failure::All(failures) => format!(
                "{call} failed ({} sub-exception{})",
                failures.len(),
                if failures.len() == 1 { "" } else { "s" }
            ),
            Failure::TimedOut(phase) => format!("{call} timed out ({phase})"),
            Failure::Cancelled => format!("{call} was cancelled"),
            failure => failure.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::InvalidArgument(text)
            | Failure::NotSupported(text)
            | Failure::RefusedNetwork(text) => f.write_str(text),
            Failure::Lookup(failure) => failure.fmt(f),
            Failure::Os(failure) => f.write_str(&failure.message),
            Failure::Tls(failure) => failure.fmt(f),
            // D.2: asyncio's text.
            Failure::HandshakeTimedOut(limit) => write!(
                f,
                "SSL handshake is taking longer than {:?} seconds: aborting the connection",
                limit.as_secs_f64()
            ),
            Failure::All(_) | Failure::TimedOut(_) | Failure::Cancelled => {
                f.write_str(&self.of("create_connection"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> OsFailure {
        OsFailure::connect(SocketError::ConnectionRefused, address.parse().unwrap())
    }

    #[test]
    fn a5_the_text_of_a_failed_attempt() {
        assert_eq!(
            refused("127.0.0.1:80").message,
            "[Errno 111] Connect call failed ('127.0.0.1', 80)"
        );
        assert_eq!(
            refused("[::1]:80").message,
            "[Errno 111] Connect call failed ('::1', 80, 0, 0)"
        );
        let unreachable =
            OsFailure::connect(SocketError::RemoteUnreachable, "[::1]:80".parse().unwrap());
        assert_eq!(unreachable.message, "[Errno 101] Network is unreachable");
    }

    #[test]
    fn a5_the_text_of_a_local_address() {
        let taken = OsFailure::bind(SocketError::AddressInUse, "127.0.0.1:80".parse().unwrap());
        assert_eq!(
            taken.message,
            "[Errno 98] error while attempting to bind on address ('127.0.0.1', 80): \
             [errno 98] address already in use"
        );
        for (ipv6, family) in [(false, "AF_INET: 2"), (true, "AF_INET6: 10")] {
            assert_eq!(
                OsFailure::no_local_address(ipv6).message,
                format!("no matching local address with family=<AddressFamily.{family}> found")
            );
        }
    }
}
