//! Either kind of protocol.

use super::{BufferedProtocol, Callback, Protocol, Transport};
use crate::Error;
use std::fmt;
use std::rc::Rc;

/// A protocol of a stream connection, of either kind.
///
/// ```
/// use std::rc::Rc;
/// use switchboard_client::protocol::{Handler, Protocol};
///
/// struct Ignore;
/// impl Protocol for Ignore {}
///
/// let handler = Handler::Stream(Rc::new(Ignore));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Handler {
    /// With `data_received`.
    Stream(Rc<dyn Protocol>),
    /// With `get_buffer` and `buffer_updated`.
    Buffered(Rc<dyn BufferedProtocol>),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Handler::Stream(_) => "Handler::Stream",
            Handler::Buffered(_) => "Handler::Buffered",
        })
    }
}

/// The same callback of whichever it is.
macro_rules! either {
    ($self:ident, $protocol:ident => $call:expr) => {
        match $self {
            Handler::Stream($protocol) => $call,
            Handler::Buffered($protocol) => $call,
        }
    };
}

impl Handler {
    pub(super) fn connection_made(&self, transport: &Transport) -> Callback {
        either!(self, protocol => protocol.connection_made(transport))
    }

    pub(super) fn eof_received(&self) -> Callback<bool> {
        either!(self, protocol => protocol.eof_received())
    }

    pub(super) fn pause_writing(&self) -> Callback {
        either!(self, protocol => protocol.pause_writing())
    }

    pub(super) fn resume_writing(&self) -> Callback {
        either!(self, protocol => protocol.resume_writing())
    }

    pub(super) fn connection_lost(&self, reason: Option<&Error>) {
        either!(self, protocol => protocol.connection_lost(reason));
    }
}
