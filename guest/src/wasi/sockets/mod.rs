//! The sockets behind connections and endpoints: WASI's, or those of the POSIX capability, which nobody else tells apart.

mod datagram;
mod options;
#[cfg(feature = "posix")]
mod posix;
#[cfg(not(feature = "posix"))]
#[path = "no_posix.rs"]
mod posix;
mod stream;

pub(super) use datagram::DatagramSocket;
pub(super) use posix::check_no_delay;
pub(super) use stream::StreamSocket;
