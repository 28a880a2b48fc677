//! Why something failed.

use crate::bindings::switchboard::connect::{streams, tls, types as wit};
use crate::timeline::{self, Step};
use crate::{ErrorCode, LookupFailure, OsFailure, Phase, TcpSocket, TlsFailure};
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

/// Why a call failed, or a connection ended. Cheap to clone.
///
/// Shown by `{}` it is one sentence, in asyncio's words where asyncio has words for it; by `{:#}` every step that was tried
/// follows, each on a line of its own. As an [`io::Error`] it keeps its [kind](Error::kind), and can be
/// [found in it](Error::of) again.
///
/// ```no_run
/// use switchboard_client::{Connector, Failure};
/// # async fn example() -> std::io::Result<()> {
/// match Connector::new("example.com", 443).connect().await {
///     Ok(connection) => drop(connection),
///     Err(error) if matches!(error.failure(), Failure::Lookup(_)) => eprintln!("offline? {error}"),
///     Err(error) => {
///         eprintln!("{error:#}");
///         return Err(error.into());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    failure: Failure,
    message: String,
    timeline: Vec<Step>,
    socket: Mutex<Option<TcpSocket>>,
}

/// What went wrong, for a program.
///
/// ```
/// use switchboard_client::{Error, Failure, TlsFailure};
///
/// fn is_worth_another_try(error: &Error) -> bool {
///     match error.failure() {
///         Failure::Os(_) | Failure::TimedOut(_) => true,
///         Failure::Tls(TlsFailure::Truncated) => true,
///         _ => false,
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Failure {
    /// An option is malformed or contradicts another, or a call makes no sense now. asyncio: `ValueError`,
    /// `RuntimeError`.
    InvalidArgument(String),
    /// An option, named in the text, asks for what this host cannot do. asyncio: `ValueError`, `NotImplementedError`.
    NotSupported(String),
    /// All addresses are in networks that were refused. asyncio: `PermissionError`.
    RefusedNetwork(String),
    /// The name could not be looked up. asyncio: `gaierror`.
    Lookup(LookupFailure),
    /// The operating system said so. asyncio: `OSError`.
    Os(OsFailure),
    /// Every failure, because [`all_errors`](crate::Connector::all_errors) was asked for. asyncio: `ExceptionGroup`.
    All(Vec<Failure>),
    /// TLS failed. asyncio: `SSLError`.
    Tls(TlsFailure),
    /// A timeout ran out; of a connection that was opened already, there is no phase. asyncio: `TimeoutError`.
    TimedOut(Option<Phase>),
    /// It was closed on this side, by `abort` or because the other end of a call has gone.
    Aborted,
    /// A callback of the application failed with this.
    Callback(Arc<dyn StdError + Send + Sync>),
}

impl Error {
    pub(crate) fn new(failure: Failure) -> Self {
        let message = failure.to_string();
        Self::with(failure, message, Vec::new(), None)
    }

    fn with(
        failure: Failure,
        message: String,
        timeline: Vec<Step>,
        socket: Option<TcpSocket>,
    ) -> Self {
        Self(Arc::new(Inner {
            failure,
            message,
            timeline,
            socket: Mutex::new(socket),
        }))
    }

    pub(crate) fn os(code: ErrorCode) -> Self {
        Self::new(Failure::Os(code.into()))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Failure::InvalidArgument(message.into()))
    }

    /// What went wrong, for a program.
    ///
    /// ```
    /// # fn example(error: &switchboard_client::Error) {
    /// use switchboard_client::Failure;
    ///
    /// if let Failure::Tls(failure) = error.failure() {
    ///     println!("not to be trusted: {failure:?}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// What was tried before it failed, in the order of its start.
    ///
    /// ```
    /// # fn example(error: &switchboard_client::Error) {
    /// for step in error.timeline() {
    ///     println!("{step}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn timeline(&self) -> &[Step] {
        &self.0.timeline
    }

    /// The socket of [`Connector::over`](crate::Connector::over), given back untouched if the options were refused before
    /// it was used.
    ///
    /// ```
    /// # fn example(error: &switchboard_client::Error) {
    /// if let Some(socket) = error.take_socket() {
    ///     println!("still open: {:?}", socket.get_remote_address());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn take_socket(&self) -> Option<TcpSocket> {
        let mut socket = self.0.socket.lock().unwrap_or_else(PoisonError::into_inner);
        socket.take()
    }

    /// What std calls it.
    ///
    /// ```
    /// # fn example(error: &switchboard_client::Error) {
    /// if error.kind() == std::io::ErrorKind::ConnectionRefused {
    ///     println!("nobody is listening");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.0.failure.kind()
    }

    /// The error that an [`io::Error`] was made of, if it was made of one of these.
    ///
    /// ```
    /// use switchboard_client::{Error, Failure};
    ///
    /// fn was_cut_off(error: &std::io::Error) -> bool {
    ///     Error::of(error).is_some_and(|it| matches!(it.failure(), Failure::Tls(_)))
    /// }
    /// ```
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl Failure {
    fn kind(&self) -> io::ErrorKind {
        use io::ErrorKind;
        match self {
            Failure::InvalidArgument(_) => ErrorKind::InvalidInput,
            Failure::NotSupported(_) => ErrorKind::Unsupported,
            Failure::RefusedNetwork(_) | Failure::Lookup(LookupFailure::AccessDenied) => {
                ErrorKind::PermissionDenied
            }
            Failure::Lookup(LookupFailure::NotFound) => ErrorKind::NotFound,
            Failure::Lookup(_) => ErrorKind::Other,
            Failure::Os(failure) => failure.kind(),
            // What they have in common.
            Failure::All(failures) => {
                let mut kinds = failures.iter().map(Failure::kind);
                let first = kinds.next();
                first
                    .filter(|first| kinds.all(|kind| kind == *first))
                    .unwrap_or(ErrorKind::Other)
            }
            Failure::Tls(TlsFailure::Truncated) => ErrorKind::UnexpectedEof,
            Failure::Tls(TlsFailure::Configuration(_)) => ErrorKind::InvalidInput,
            Failure::Tls(_) => ErrorKind::InvalidData,
            Failure::TimedOut(_) => ErrorKind::TimedOut,
            Failure::Aborted => ErrorKind::ConnectionAborted,
            Failure::Callback(error) => error
                .downcast_ref::<io::Error>()
                .map_or(ErrorKind::Other, io::Error::kind),
        }
    }
}

impl From<wit::ConnectError> for Error {
    fn from(error: wit::ConnectError) -> Self {
        let timeline = timeline::steps(error.timeline);
        Self::with(error.failure.into(), error.message, timeline, error.sock)
    }
}

impl From<crate::bindings::switchboard::connect::datagrams::EndpointError> for Error {
    fn from(error: crate::bindings::switchboard::connect::datagrams::EndpointError) -> Self {
        let timeline = timeline::steps(error.timeline);
        Self::with(error.failure.into(), error.message, timeline, None)
    }
}

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        match failure {
            wit::Failure::InvalidArgument(text) => Failure::InvalidArgument(text),
            wit::Failure::NotSupported(text) => Failure::NotSupported(text),
            wit::Failure::RefusedNetwork(text) => Failure::RefusedNetwork(text),
            wit::Failure::Lookup(failure) => Failure::Lookup(failure.into()),
            wit::Failure::Os(failure) => Failure::Os(failure.into()),
            wit::Failure::All(failures) => {
                Failure::All(failures.into_iter().map(Failure::from).collect())
            }
            wit::Failure::Tls(failure) => Failure::Tls(failure.into()),
            wit::Failure::TimedOut(phase) => Failure::TimedOut(Some(phase.into())),
            wit::Failure::Cancelled => Failure::Aborted,
        }
    }
}

impl From<wit::AttemptFailure> for Failure {
    fn from(failure: wit::AttemptFailure) -> Self {
        match failure {
            wit::AttemptFailure::Os(failure) => Failure::Os(failure.into()),
            wit::AttemptFailure::Tls(failure) => Failure::Tls(failure.into()),
            wit::AttemptFailure::TimedOut(phase) => Failure::TimedOut(Some(phase.into())),
        }
    }
}

impl From<streams::StreamFailure> for Error {
    fn from(failure: streams::StreamFailure) -> Self {
        Self::new(match failure {
            streams::StreamFailure::Socket(code) => Failure::Os(code.into()),
            streams::StreamFailure::Tls(failure) => Failure::Tls(failure.into()),
            streams::StreamFailure::Aborted => Failure::Aborted,
            streams::StreamFailure::TimedOut => Failure::TimedOut(None),
        })
    }
}

impl From<TlsFailure> for Error {
    fn from(failure: TlsFailure) -> Self {
        Self::new(Failure::Tls(failure))
    }
}

impl From<tls::TlsFailure> for Error {
    fn from(failure: tls::TlsFailure) -> Self {
        TlsFailure::from(failure).into()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.failure {
            Failure::Callback(error) => Some(&**error),
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("failure", &self.0.failure)
            .field("message", &self.0.message)
            .field("timeline", &self.0.timeline)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if f.alternate() {
            for step in &self.0.timeline {
                write!(f, "\n  {step}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::InvalidArgument(text)
            | Failure::NotSupported(text)
            | Failure::RefusedNetwork(text) => f.write_str(text),
            Failure::Lookup(failure) => failure.fmt(f),
            Failure::Os(failure) => failure.fmt(f),
            Failure::All(failures) => {
                write!(f, "all {} attempts failed", failures.len())?;
                for (index, failure) in failures.iter().enumerate() {
                    let separator = if index == 0 { ": " } else { ", " };
                    write!(f, "{separator}{failure}")?;
                }
                Ok(())
            }
            Failure::Tls(failure) => failure.fmt(f),
            Failure::TimedOut(None) => f.write_str("closing took longer than the shutdown timeout"),
            Failure::TimedOut(Some(phase)) => {
                write!(f, "timed out in the phase {phase}")
            }
            Failure::Aborted => f.write_str("the connection was aborted"),
            Failure::Callback(error) => error.fmt(f),
        }
    }
}
