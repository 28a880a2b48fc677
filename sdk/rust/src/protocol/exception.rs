//! What goes wrong in callbacks: asyncio's `loop.set_exception_handler`.

use crate::error::{Error, Failure};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

/// Something that nobody else is told: an error of a callback, or a warning. Shown by `{}` it is its message and its error.
///
/// ```
/// # fn example(exception: &switchboard_client::protocol::Exception<'_>) {
/// eprintln!("{exception}");
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Exception<'a> {
    /// What happened, in asyncio's words.
    pub message: &'a str,
    /// The error, if there was one.
    pub error: Option<&'a Error>,
}

impl fmt::Display for Exception<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)?;
        match self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

/// What is told of exceptions.
///
/// ```
/// use switchboard_client::protocol::ExceptionHandler;
/// let silence: ExceptionHandler = std::rc::Rc::new(|_| ());
/// ```
pub type ExceptionHandler = Rc<dyn Fn(&Exception<'_>)>;

thread_local! {
    static HANDLER: RefCell<Option<ExceptionHandler>> = const { RefCell::new(None) };
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// From now on this handler is told what nobody else is told, for all connections of the component; with `None`, the
/// [default one](default_exception_handler) is again. Gives the one that was set before. asyncio:
/// `loop.set_exception_handler`.
///
/// ```
/// use std::rc::Rc;
/// use switchboard_client::protocol::{default_exception_handler, set_exception_handler};
///
/// let before = set_exception_handler(Some(Rc::new(|exception| {
///     if exception.error.is_some() {
///         default_exception_handler(exception);
///     }
/// })));
/// set_exception_handler(before);
/// ```
pub fn set_exception_handler(handler: Option<ExceptionHandler>) -> Option<ExceptionHandler> {
    HANDLER.replace(handler)
}

/// The handler that was set, if one was. asyncio: `loop.get_exception_handler`.
///
/// ```
/// use switchboard_client::protocol::get_exception_handler;
/// assert!(get_exception_handler().is_none());
/// ```
#[must_use]
pub fn get_exception_handler() -> Option<ExceptionHandler> {
    HANDLER.with_borrow(Clone::clone)
}

/// What is done where no handler was set, and with what goes wrong in one: it is written to stderr. asyncio: `loop.default_exception_handler`.
///
/// ```
/// # fn example(exception: &switchboard_client::protocol::Exception<'_>) {
/// use switchboard_client::protocol::default_exception_handler;
/// default_exception_handler(exception);
/// # }
/// ```
pub fn default_exception_handler(exception: &Exception<'_>) {
    // `eprintln` panics where nobody takes it.
    let _ = writeln!(io::stderr(), "{exception}");
}

pub(super) fn tell(message: &str, error: Option<&Error>) {
    let exception = Exception { message, error };
    // One that writes to a connection may be told of that one in turn, and would never come to an end.
    let within = TELLING.replace(true);
    match get_exception_handler() {
        Some(handler) if !within => handler(&exception),
        _ => default_exception_handler(&exception),
    }
    TELLING.set(within);
}

/// The error of a callback, which may be one of ours that was handed on.
pub(super) fn from_callback(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(ours) => return *ours,
        Err(error) => error,
    };
    if let Some(ours) = error.downcast_ref::<io::Error>().and_then(Error::of) {
        return ours.clone();
    }
    Error::new(Failure::Callback(Arc::from(error)))
}

/// Tells what a callback failed with, if it did.
pub(super) fn only_tell(message: &str, result: super::Callback) {
    if let Err(error) = result {
        tell(message, Some(&from_callback(error)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    #[test]
    fn the_kind_is_kept() {
        let kind = |error| from_callback(error).kind();
        assert_eq!(kind("why".into()), io::ErrorKind::Other);
        let theirs = io::Error::from(io::ErrorKind::InvalidData);
        assert_eq!(kind(theirs.into()), io::ErrorKind::InvalidData);
        let ours = Error::os(ErrorCode::ConnectionReset);
        assert_eq!(kind(ours.clone().into()), io::ErrorKind::ConnectionReset);
        let handed_on = from_callback(io::Error::from(ours).into());
        assert!(matches!(handed_on.failure(), Failure::Os(_)));
    }
}
