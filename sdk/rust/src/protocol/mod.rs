//! asyncio's protocols and transports: callbacks instead of calls.
//!
//! A protocol is told what happens to its connection; a [`Transport`] is what it does to it. All callbacks take `&self`, since
//! they may come from inside of a call of the transport (`pause_writing` does, no other): what a protocol remembers is in a `Cell` or a
//! `RefCell`, not borrowed while it calls the transport. They run one at a time, in a task that [`create_connection`] spawns:
//! call it from an `async` export, whose own bindings are of the same wit-bindgen, [re-exported here](crate::wit_bindgen).
//! Transports and the futures of these calls are not `Send`.
//!
//! What goes wrong in a callback, and nobody else is told, is told to the [exception handler](set_exception_handler): unless one
//! was set, that is a line on stderr, as in asyncio.
//!
//! ```no_run
//! use std::cell::RefCell;
//! use switchboard_client::protocol::{Callback, Protocol, Transport, create_connection};
//! use switchboard_client::Connector;
//!
//! #[derive(Default)]
//! struct Shout(RefCell<Option<Transport>>);
//!
//! impl Protocol for Shout {
//!     fn connection_made(&self, transport: &Transport) -> Callback {
//!         transport.write(b"hello\n")?;
//!         self.0.replace(Some(transport.clone()));
//!         Ok(())
//!     }
//!
//!     fn data_received(&self, data: &[u8]) -> Callback {
//!         println!("{}", String::from_utf8_lossy(data).to_uppercase());
//!         Ok(())
//!     }
//! }
//!
//! # async fn example() -> Result<(), switchboard_client::Error> {
//! let connector = Connector::new("localhost", 7);
//! let (transport, protocol) = create_connection(Shout::default, connector).await?;
//! # Ok(())
//! # }
//! ```

mod ahead;
mod closed;
mod create;
mod datagram;
mod driver;
mod exception;
mod extra;
mod flow;
mod handler;
mod inner;
mod transport;
mod upgrade;

pub use create::{create_buffered_connection, create_connection, create_datagram_endpoint};
pub use datagram::DatagramTransport;
pub use exception::{
    Exception, ExceptionHandler, default_exception_handler, get_exception_handler,
    set_exception_handler,
};
pub use extra::Extra;
pub use handler::Handler;
pub use transport::Transport;

use crate::{Address, Error};

/// What a callback gives: an error ends its connection, with that as the reason that
/// [`connection_lost`](Protocol::connection_lost) is told, where nothing else is said.
pub type Callback<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What happens to a stream connection: asyncio's `Protocol`. The order is `connection_made`, any number of
/// `data_received`, at most one `eof_received`, and exactly one `connection_lost`; `pause_writing` and `resume_writing` by turns,
/// anywhere in between.
///
/// ```
/// use switchboard_client::protocol::{Callback, Protocol};
///
/// struct Count(std::cell::Cell<usize>);
///
/// impl Protocol for Count {
///     fn data_received(&self, data: &[u8]) -> Callback {
///         self.0.set(self.0.get() + data.len());
///         Ok(())
///     }
/// }
/// ```
pub trait Protocol: 'static {
    /// The connection is open; with TLS, the handshake is done. An error is told to the
    /// [exception handler](set_exception_handler) and otherwise ignored; with TLS, it ends the connection, and
    /// `create_connection` fails with it.
    fn connection_made(&self, transport: &Transport) -> Callback {
        let _ = transport;
        Ok(())
    }

    /// These bytes have come.
    fn data_received(&self, data: &[u8]) -> Callback {
        let _ = data;
        Ok(())
    }

    /// No more bytes will come. `true` leaves the connection open for writing; with TLS that has no effect. With TLS it comes after
    /// a [`close`](Transport::close) of one's own too, as the peer's goodbye.
    fn eof_received(&self) -> Callback<bool> {
        Ok(false)
    }

    /// More is waiting to be sent than the limit says: called from inside of the write that passed it. An error is told to the
    /// exception handler alone.
    fn pause_writing(&self) -> Callback {
        Ok(())
    }

    /// No more is waiting than the lower limit says: told after a write or after something was sent, never from inside of a call
    /// of the transport. An error is told to the exception handler alone.
    fn resume_writing(&self) -> Callback {
        Ok(())
    }

    /// The connection is closed: `None` after an end of file, `close` or `abort`, else the reason.
    fn connection_lost(&self, reason: Option<&Error>) {
        let _ = reason;
    }
}

/// As [`Protocol`], with the bytes put where the protocol wants them: asyncio's `BufferedProtocol`.
///
/// ```
/// use std::cell::RefCell;
/// use switchboard_client::protocol::{BufferedProtocol, Callback};
///
/// struct Collect(RefCell<Vec<u8>>);
///
/// impl BufferedProtocol for Collect {
///     fn get_buffer(&self, _size_hint: Option<usize>) -> Callback<Vec<u8>> {
///         Ok(vec![0; 4096])
///     }
///
///     fn buffer_updated(&self, buffer: Vec<u8>, count: usize) -> Callback {
///         self.0.borrow_mut().extend_from_slice(&buffer[..count]);
///         Ok(())
///     }
/// }
/// ```
pub trait BufferedProtocol: 'static {
    /// As [`Protocol::connection_made`].
    fn connection_made(&self, transport: &Transport) -> Callback {
        let _ = transport;
        Ok(())
    }

    /// A buffer for what has come, which is written over from its beginning. `size_hint` is how much there is, with TLS;
    /// without, nobody knows. An empty one ends the connection with an error.
    fn get_buffer(&self, size_hint: Option<usize>) -> Callback<Vec<u8>>;

    /// The buffer again, with this many bytes at its beginning.
    fn buffer_updated(&self, buffer: Vec<u8>, count: usize) -> Callback;

    /// As [`Protocol::eof_received`].
    fn eof_received(&self) -> Callback<bool> {
        Ok(false)
    }

    /// As [`Protocol::pause_writing`].
    fn pause_writing(&self) -> Callback {
        Ok(())
    }

    /// As [`Protocol::resume_writing`].
    fn resume_writing(&self) -> Callback {
        Ok(())
    }

    /// As [`Protocol::connection_lost`].
    fn connection_lost(&self, reason: Option<&Error>) {
        let _ = reason;
    }
}

/// What happens to an endpoint for datagrams: asyncio's `DatagramProtocol`.
///
/// ```
/// use switchboard_client::Address;
/// use switchboard_client::protocol::{Callback, DatagramProtocol};
///
/// struct Show;
///
/// impl DatagramProtocol for Show {
///     fn datagram_received(&self, data: &[u8], from: &Address) -> Callback {
///         println!("{} bytes from {from}", data.len());
///         Ok(())
///     }
/// }
/// ```
pub trait DatagramProtocol: 'static {
    /// The endpoint is open.
    fn connection_made(&self, transport: &DatagramTransport) -> Callback {
        let _ = transport;
        Ok(())
    }

    /// A datagram has come. An error is told to the exception handler alone.
    fn datagram_received(&self, data: &[u8], from: &Address) -> Callback {
        let _ = (data, from);
        Ok(())
    }

    /// The network or the system could not deliver a datagram, perhaps an earlier one, or could not receive; or one was to go
    /// into a network that was refused. The endpoint stays open. An error is told to the exception handler alone.
    fn error_received(&self, error: &Error) -> Callback {
        let _ = error;
        Ok(())
    }

    /// As [`Protocol::pause_writing`].
    fn pause_writing(&self) -> Callback {
        Ok(())
    }

    /// As [`Protocol::resume_writing`].
    fn resume_writing(&self) -> Callback {
        Ok(())
    }

    /// The endpoint is closed: `None` after `close` or `abort`, else the reason.
    fn connection_lost(&self, reason: Option<&Error>) {
        let _ = reason;
    }
}
