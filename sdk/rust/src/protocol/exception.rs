//! What goes wrong in callbacks: asyncio's `loop.set_exception_handler`.

use crate::error::{Error, Failure};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// Something that nobody else is told: an error of a callback, or a warning.
///
/// ```
/// # fn example(exception: &switchboard_client::protocol::Exception<'_>) {
/// eprintln!("{}: {:?}", exception.message, exception.error);
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

type Listener = Rc<dyn Fn(&Exception<'_>)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// From now on tells this function what nobody else is told; until then it is lost. asyncio:
/// `loop.set_exception_handler`.
///
/// ```
/// use switchboard_client::protocol::set_exception_handler;
///
/// set_exception_handler(|exception| eprintln!("{}: {:?}", exception.message, exception.error));
/// ```
pub fn set_exception_handler(handler: impl Fn(&Exception<'_>) + 'static) {
    // The old one may set one itself when it is dropped: not while they are borrowed.
    let old = LISTENER.replace(Some(Rc::new(handler)));
    drop(old);
}

pub(super) fn tell(message: &str, error: Option<&Error>) {
    let listener = LISTENER.with_borrow(Clone::clone);
    if let Some(listener) = listener {
        listener(&Exception { message, error });
    }
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
