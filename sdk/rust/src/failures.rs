//! What can go wrong, in detail: what [`Failure`](crate::Failure) is made of.

use crate::ErrorCode;
use crate::bindings::switchboard::connect::{tls, types as wit};
use std::{fmt, io};

/// A failure of the operating system. Python: `OSError`.
///
/// ```
/// use switchboard_client::{Error, ErrorCode, Failure};
///
/// fn is_refused(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Os(it) if matches!(it.code, ErrorCode::ConnectionRefused))
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OsFailure {
    /// What happened, for a program. What POSIX tells and WASI does not is `Other`, with POSIX's name for it.
    pub code: ErrorCode,
    /// What happened, for a person: in Python's words (`[Errno 111] …`) where it is about opening, else in std's.
    pub message: String,
}

impl OsFailure {
    pub(crate) fn kind(&self) -> io::ErrorKind {
        kind(&self.code)
    }
}

impl From<wit::OsFailure> for OsFailure {
    fn from(failure: wit::OsFailure) -> Self {
        Self {
            code: failure.code,
            message: failure.message,
        }
    }
}

/// Of an open connection nothing more is known than the code.
impl From<ErrorCode> for OsFailure {
    fn from(code: ErrorCode) -> Self {
        let message = match &code {
            ErrorCode::Other(Some(text)) => text.clone(),
            code => kind(code).to_string(),
        };
        Self { code, message }
    }
}

impl fmt::Display for OsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

fn kind(code: &ErrorCode) -> io::ErrorKind {
    use io::ErrorKind;
    match code {
        ErrorCode::AccessDenied => ErrorKind::PermissionDenied,
        ErrorCode::NotSupported => ErrorKind::Unsupported,
        ErrorCode::InvalidArgument | ErrorCode::DatagramTooLarge => ErrorKind::InvalidInput,
        ErrorCode::OutOfMemory => ErrorKind::OutOfMemory,
        ErrorCode::Timeout => ErrorKind::TimedOut,
        ErrorCode::InvalidState => ErrorKind::NotConnected,
        ErrorCode::AddressNotBindable => ErrorKind::AddrNotAvailable,
        ErrorCode::AddressInUse => ErrorKind::AddrInUse,
        ErrorCode::RemoteUnreachable => ErrorKind::HostUnreachable,
        ErrorCode::ConnectionRefused => ErrorKind::ConnectionRefused,
        ErrorCode::ConnectionBroken => ErrorKind::BrokenPipe,
        ErrorCode::ConnectionReset => ErrorKind::ConnectionReset,
        ErrorCode::ConnectionAborted => ErrorKind::ConnectionAborted,
        // What POSIX tells and WASI does not.
        ErrorCode::Other(Some(name)) => match name.as_str() {
            "ENOENT" => ErrorKind::NotFound,
            "ENOTDIR" => ErrorKind::NotADirectory,
            "ENAMETOOLONG" => ErrorKind::InvalidFilename,
            "EROFS" => ErrorKind::ReadOnlyFilesystem,
            "ENOSPC" => ErrorKind::StorageFull,
            _ => ErrorKind::Other,
        },
        ErrorCode::Other(None) => ErrorKind::Other,
    }
}

/// How far a connection had come.
///
/// ```
/// use switchboard_client::{Error, Failure, Phase};
///
/// fn is_too_far(error: &Error) -> bool {
///     matches!(error.failure(), Failure::TimedOut(Some(Phase::Connect)))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Turning a name into addresses.
    Lookup,
    /// Binding a socket to one of one's own addresses.
    Bind,
    /// Opening a TCP or Unix connection to an address, or choosing it as the peer of datagrams.
    Connect,
    /// The TLS handshake.
    Handshake,
}

impl From<wit::Phase> for Phase {
    fn from(phase: wit::Phase) -> Self {
        match phase {
            wit::Phase::Lookup => Self::Lookup,
            wit::Phase::Bind => Self::Bind,
            wit::Phase::Connect => Self::Connect,
            wit::Phase::Handshake => Self::Handshake,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "lookup",
            Self::Bind => "bind",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
        })
    }
}

/// Why a name could not be turned into addresses. Python: `socket.gaierror`.
///
/// ```
/// use switchboard_client::{Error, Failure, LookupFailure};
///
/// fn is_unknown(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Lookup(LookupFailure::NotFound))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupFailure {
    /// The name is not known, or is no name. `EAI_NONAME`.
    NotFound,
    /// The name server did not answer; later it may. `EAI_AGAIN`.
    Temporary,
    /// The name server refused for good. `EAI_FAIL`.
    Permanent,
    /// The name has no address of the family that was asked for, `EAI_ADDRFAMILY`, or none can have: `EAI_FAMILY`.
    FamilyNotSupported,
    /// The service name is not known, or is no port number. `EAI_SERVICE`.
    ServiceNotSupported,
    /// The protocol is not that of streams, or of datagrams. `EAI_SOCKTYPE`.
    ProtocolNotSupported,
    /// The flags contradict the other options. `EAI_BADFLAGS`.
    BadFlags,
    /// The host does not let this component look up names: `wasmtime run -S allow-ip-name-lookup` does.
    AccessDenied,
    /// Anything else that the host said.
    Other(String),
}

impl From<wit::LookupFailure> for LookupFailure {
    fn from(failure: wit::LookupFailure) -> Self {
        match failure {
            wit::LookupFailure::NotFound => Self::NotFound,
            wit::LookupFailure::Temporary => Self::Temporary,
            wit::LookupFailure::Permanent => Self::Permanent,
            wit::LookupFailure::FamilyNotSupported => Self::FamilyNotSupported,
            wit::LookupFailure::ServiceNotSupported => Self::ServiceNotSupported,
            wit::LookupFailure::ProtocolNotSupported => Self::ProtocolNotSupported,
            wit::LookupFailure::BadFlags => Self::BadFlags,
            wit::LookupFailure::AccessDenied => Self::AccessDenied,
            wit::LookupFailure::Other(text) => Self::Other(text),
        }
    }
}

impl fmt::Display for LookupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "name or service not known",
            Self::Temporary => "temporary failure in name resolution",
            Self::Permanent => "non-recoverable failure in name resolution",
            Self::FamilyNotSupported => "address family for hostname not supported",
            Self::ServiceNotSupported => "service not known",
            Self::ProtocolNotSupported => "protocol not supported",
            Self::BadFlags => "the flags contradict the other options",
            Self::AccessDenied => "names may not be looked up",
            Self::Other(text) => text,
        })
    }
}

/// Why TLS failed. Python: `ssl.SSLError`.
///
/// ```
/// use switchboard_client::{Error, Failure, TlsFailure};
///
/// fn was_cut_off(error: &Error) -> bool {
///     matches!(error.failure(), Failure::Tls(TlsFailure::Truncated))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The peer's certificate was not accepted.
    Certificate(CertificateFailure),
    /// The peer sent this fatal alert (RFC 8446, section 6.2) and gave up: its number and its name.
    AlertReceived(u8, String),
    /// The peer does not speak TLS; the text tells how its first bytes look.
    NotTls(String),
    /// There is no version, cipher suite, group or application protocol in common, as far as this side finds that out.
    Incompatible(String),
    /// The connection ended without `close_notify` (RFC 8446, section 6.1): data may be missing.
    Truncated,
    /// The peer broke the protocol.
    Protocol(String),
    /// What the caller gave (a certificate, a key, a name) cannot be used.
    Configuration(String),
}

impl From<tls::TlsFailure> for TlsFailure {
    fn from(failure: tls::TlsFailure) -> Self {
        match failure {
            tls::TlsFailure::Certificate(failure) => Self::Certificate(failure.into()),
            tls::TlsFailure::AlertReceived((number, name)) => Self::AlertReceived(number, name),
            tls::TlsFailure::NotTls(text) => Self::NotTls(text),
            tls::TlsFailure::Incompatible(text) => Self::Incompatible(text),
            tls::TlsFailure::Truncated => Self::Truncated,
            tls::TlsFailure::Protocol(text) => Self::Protocol(text),
            tls::TlsFailure::Configuration(text) => Self::Configuration(text),
        }
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(failure) => write!(f, "certificate verify failed: {failure}"),
            Self::AlertReceived(number, name) => {
                write!(f, "the peer gave up with the alert {name} ({number})")
            }
            Self::Truncated => {
                f.write_str("the connection ended without close_notify: data may be missing")
            }
            Self::NotTls(text)
            | Self::Incompatible(text)
            | Self::Protocol(text)
            | Self::Configuration(text) => f.write_str(text),
        }
    }
}

/// Why the peer's certificate was not accepted. Python: `ssl.SSLCertVerificationError`.
///
/// ```
/// use switchboard_client::{CertificateFailure, Error, Failure, TlsFailure};
///
/// fn is_for_others(error: &Error) -> bool {
///     let mismatch = |it: &CertificateFailure| matches!(it, CertificateFailure::NameMismatch(_));
///     matches!(error.failure(), Failure::Tls(TlsFailure::Certificate(failure)) if mismatch(failure))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFailure {
    /// It is no longer valid; the text gives the dates.
    Expired(String),
    /// It is not valid yet; the text gives the dates.
    NotYetValid(String),
    /// No trusted root stands behind it; the text names who issued what could not be traced back.
    UnknownIssuer(String),
    /// It is not for the name that was asked for; the names that it is for.
    NameMismatch(Vec<String>),
    /// Its issuer revoked it.
    Revoked,
    /// A signature in the chain, or that of the handshake by its key, is wrong or of a kind that is not accepted.
    BadSignature,
    /// It cannot be parsed.
    Malformed(String),
    /// It is not acceptable for another reason, said in the text.
    Rejected(String),
}

impl From<tls::CertificateFailure> for CertificateFailure {
    fn from(failure: tls::CertificateFailure) -> Self {
        match failure {
            tls::CertificateFailure::Expired(text) => Self::Expired(text),
            tls::CertificateFailure::NotYetValid(text) => Self::NotYetValid(text),
            tls::CertificateFailure::UnknownIssuer(text) => Self::UnknownIssuer(text),
            tls::CertificateFailure::NameMismatch(names) => Self::NameMismatch(names),
            tls::CertificateFailure::Revoked => Self::Revoked,
            tls::CertificateFailure::BadSignature => Self::BadSignature,
            tls::CertificateFailure::Malformed(text) => Self::Malformed(text),
            tls::CertificateFailure::Rejected(text) => Self::Rejected(text),
        }
    }
}

impl fmt::Display for CertificateFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(text) => write!(f, "expired, {text}"),
            Self::NotYetValid(text) => write!(f, "not valid yet, {text}"),
            Self::UnknownIssuer(text) => write!(f, "unknown issuer {text}"),
            Self::NameMismatch(names) => write!(f, "it is for {}", names.join(", ")),
            Self::Revoked => f.write_str("revoked"),
            Self::BadSignature => f.write_str("bad signature"),
            Self::Malformed(text) | Self::Rejected(text) => f.write_str(text),
        }
    }
}
