//! Failures and steps of the logic, as the WIT has them.

use super::bindings::exports::switchboard::connect::{streams, types as wit};
use super::bindings::wasi::sockets::{ip_name_lookup, types::ErrorCode};
use super::clock::nanoseconds;
use crate::failure::{
    AttemptFailure, Failure, LookupFailure, OsFailure, Phase, SocketError, TlsFailure,
};
use crate::timeline::{Outcome, Step};

impl From<ErrorCode> for SocketError {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::AccessDenied => SocketError::AccessDenied,
            ErrorCode::NotSupported => SocketError::NotSupported,
            ErrorCode::InvalidArgument => SocketError::InvalidArgument,
            ErrorCode::OutOfMemory => SocketError::OutOfMemory,
            ErrorCode::Timeout => SocketError::Timeout,
            ErrorCode::InvalidState => SocketError::InvalidState,
            ErrorCode::AddressNotBindable => SocketError::AddressNotBindable,
            ErrorCode::AddressInUse => SocketError::AddressInUse,
            ErrorCode::RemoteUnreachable => SocketError::RemoteUnreachable,
            ErrorCode::ConnectionRefused => SocketError::ConnectionRefused,
            ErrorCode::ConnectionBroken => SocketError::ConnectionBroken,
            ErrorCode::ConnectionReset => SocketError::ConnectionReset,
            ErrorCode::ConnectionAborted => SocketError::ConnectionAborted,
            ErrorCode::DatagramTooLarge => SocketError::DatagramTooLarge,
            ErrorCode::Other(text) => SocketError::Other(text),
        }
    }
}

impl From<SocketError> for ErrorCode {
    fn from(error: SocketError) -> Self {
        match error.in_wasi() {
            SocketError::AccessDenied => ErrorCode::AccessDenied,
            SocketError::NotSupported => ErrorCode::NotSupported,
            SocketError::InvalidArgument => ErrorCode::InvalidArgument,
            SocketError::OutOfMemory => ErrorCode::OutOfMemory,
            SocketError::Timeout => ErrorCode::Timeout,
            SocketError::InvalidState => ErrorCode::InvalidState,
            SocketError::AddressNotBindable => ErrorCode::AddressNotBindable,
            SocketError::AddressInUse => ErrorCode::AddressInUse,
            SocketError::RemoteUnreachable => ErrorCode::RemoteUnreachable,
            SocketError::ConnectionRefused => ErrorCode::ConnectionRefused,
            SocketError::ConnectionBroken => ErrorCode::ConnectionBroken,
            SocketError::ConnectionReset => ErrorCode::ConnectionReset,
            SocketError::ConnectionAborted => ErrorCode::ConnectionAborted,
            SocketError::DatagramTooLarge => ErrorCode::DatagramTooLarge,
            SocketError::Other(text) => ErrorCode::Other(text),
            SocketError::Posix(errno) => ErrorCode::Other(Some(errno.text().into())),
        }
    }
}

impl From<ip_name_lookup::ErrorCode> for LookupFailure {
    fn from(code: ip_name_lookup::ErrorCode) -> Self {
        use ip_name_lookup::ErrorCode;
        match code {
            ErrorCode::AccessDenied => LookupFailure::AccessDenied,
            // The host could not make a name of it (IDNA): as unknown as any other.
            ErrorCode::InvalidArgument | ErrorCode::NameUnresolvable => LookupFailure::NotFound,
            ErrorCode::TemporaryResolverFailure => LookupFailure::Temporary,
            ErrorCode::PermanentResolverFailure => LookupFailure::Permanent,
            ErrorCode::Other(text) => {
                LookupFailure::Other(text.unwrap_or_else(|| "the lookup failed".into()))
            }
        }
    }
}

impl From<Phase> for wit::Phase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Lookup => wit::Phase::Lookup,
            Phase::Bind => wit::Phase::Bind,
            Phase::Connect => wit::Phase::Connect,
            Phase::Handshake => wit::Phase::Handshake,
        }
    }
}

impl From<LookupFailure> for wit::LookupFailure {
    fn from(failure: LookupFailure) -> Self {
        match failure {
            LookupFailure::NotFound => wit::LookupFailure::NotFound,
            LookupFailure::Temporary => wit::LookupFailure::Temporary,
            LookupFailure::Permanent => wit::LookupFailure::Permanent,
            LookupFailure::FamilyNotSupported | LookupFailure::FamilyUnknown => {
                wit::LookupFailure::FamilyNotSupported
            }
            LookupFailure::ServiceNotSupported => wit::LookupFailure::ServiceNotSupported,
            LookupFailure::ProtocolNotSupported => wit::LookupFailure::ProtocolNotSupported,
            LookupFailure::BadFlags => wit::LookupFailure::BadFlags,
            LookupFailure::AccessDenied => wit::LookupFailure::AccessDenied,
            LookupFailure::Other(text) => wit::LookupFailure::Other(text),
        }
    }
}

impl From<OsFailure> for wit::OsFailure {
    fn from(failure: OsFailure) -> Self {
        Self {
            code: failure.code.into(),
            message: failure.message,
        }
    }
}

impl From<AttemptFailure> for wit::AttemptFailure {
    fn from(failure: AttemptFailure) -> Self {
        match failure {
            AttemptFailure::Os(failure) => wit::AttemptFailure::Os(failure.into()),
            AttemptFailure::Tls(failure) => wit::AttemptFailure::Tls(failure.into()),
            AttemptFailure::TimedOut(phase) => wit::AttemptFailure::TimedOut(phase.into()),
            AttemptFailure::HandshakeTimedOut(_) => {
                wit::AttemptFailure::TimedOut(wit::Phase::Handshake)
            }
        }
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidArgument(text) => wit::Failure::InvalidArgument(text),
            Failure::NotSupported(text) => wit::Failure::NotSupported(text),
            Failure::RefusedNetwork(text) => wit::Failure::RefusedNetwork(text),
            Failure::Lookup(failure) => wit::Failure::Lookup(failure.into()),
            Failure::Os(failure) => wit::Failure::Os(failure.into()),
            Failure::All(failures) => {
                wit::Failure::All(failures.into_iter().map(Into::into).collect())
            }
            Failure::Tls(failure) => wit::Failure::Tls(failure.into()),
            Failure::TimedOut(phase) => wit::Failure::TimedOut(phase.into()),
            Failure::HandshakeTimedOut(_) => wit::Failure::TimedOut(wit::Phase::Handshake),
            Failure::Cancelled => wit::Failure::Cancelled,
        }
    }
}

impl From<Step> for wit::Step {
    fn from(step: Step) -> Self {
        Self {
            phase: step.phase.into(),
            address: step.address.map(Into::into),
            started: nanoseconds(step.started),
            ended: nanoseconds(step.ended),
            outcome: match step.outcome {
                Outcome::Succeeded => wit::Outcome::Succeeded,
                Outcome::Failed(failure) => wit::Outcome::Failed(failure.into()),
                Outcome::Abandoned => wit::Outcome::Abandoned,
            },
        }
    }
}

/// Why a connection ended, or cannot be used.
#[derive(Debug, Clone)]
pub(super) enum StreamFailure {
    Socket(SocketError),
    Tls(TlsFailure),
    Aborted,
    TimedOut,
}

impl From<SocketError> for StreamFailure {
    fn from(error: SocketError) -> Self {
        StreamFailure::Socket(error)
    }
}

impl From<TlsFailure> for StreamFailure {
    fn from(failure: TlsFailure) -> Self {
        StreamFailure::Tls(failure)
    }
}

/// For a person.
impl From<StreamFailure> for String {
    fn from(failure: StreamFailure) -> Self {
        match failure {
            StreamFailure::Socket(error) => error.to_string(),
            StreamFailure::Tls(failure) => failure.to_string(),
            StreamFailure::Aborted => "the connection was aborted".into(),
            StreamFailure::TimedOut => "the peer did not take the last bytes in time".into(),
        }
    }
}

/// What has ended a connection before TLS could begin on it.
impl From<StreamFailure> for Failure {
    fn from(failure: StreamFailure) -> Self {
        match failure {
            StreamFailure::Socket(error) => OsFailure::new(error).into(),
            StreamFailure::Tls(failure) => Failure::Tls(failure),
            StreamFailure::Aborted => OsFailure::new(SocketError::ConnectionAborted).into(),
            StreamFailure::TimedOut => OsFailure::new(SocketError::Timeout).into(),
        }
    }
}

/// As the future of a stream tells it.
impl From<StreamFailure> for ErrorCode {
    fn from(failure: StreamFailure) -> Self {
        match failure {
            StreamFailure::Socket(error) => error.into(),
            StreamFailure::Tls(failure) => ErrorCode::Other(Some(failure.to_string())),
            StreamFailure::Aborted => ErrorCode::ConnectionAborted,
            StreamFailure::TimedOut => ErrorCode::Timeout,
        }
    }
}

impl From<StreamFailure> for streams::StreamFailure {
    fn from(failure: StreamFailure) -> Self {
        match failure {
            StreamFailure::Socket(error) => streams::StreamFailure::Socket(error.into()),
            StreamFailure::Tls(failure) => streams::StreamFailure::Tls(failure.into()),
            StreamFailure::Aborted => streams::StreamFailure::Aborted,
            StreamFailure::TimedOut => streams::StreamFailure::TimedOut,
        }
    }
}
