//! The capability where there is POSIX.

mod address;
mod bind;
mod datagram_socket;
mod failure;
mod options;
#[cfg_attr(not(target_os = "linux"), path = "path_by_name.rs")]
mod path;
mod peer;
mod socket;
mod stream_socket;
mod streams;

pub use datagram_socket::DatagramSocket;
pub use stream_socket::StreamSocket;
pub(crate) use streams::{Receiving, Sending};

use super::bindings::switchboard::posix::sockets::Failure;
use super::limits::Limits;

/// Does what may have to wait for a file system, which may be one that never answers.
async fn aside<T: Send + 'static>(
    limits: &Limits,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let turn = limits.lookup().await;
    let work = move || {
        // As long as it takes, even if nobody waits for it any more.
        let _turn = turn;
        work()
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Failure::Other(Some("the host could not look it up".into()))))
}
