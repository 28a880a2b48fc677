//! How much of the host a component may use at a time.

use super::bindings::switchboard::posix::sockets::Failure;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many sockets there may be, unless the embedder says otherwise.
const SOCKETS: usize = 4096;

/// How many datagrams may wait to be sent. Each is held in memory, and with it perhaps the file that it goes to.
const SENDING: usize = 1024;

/// How many paths may be looked up. Each holds a thread, which a file system may keep for long, and files.
const LOOKUPS: usize = 8;

/// Room of each sort, taken as long as the permit is held.
#[derive(Debug)]
pub(crate) struct Limits {
    sockets: Arc<Semaphore>,
    sending: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
}

impl Limits {
    pub(crate) fn new(sockets: usize) -> Self {
        let room = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self {
            sockets: room(sockets),
            sending: room(SENDING),
            lookups: room(LOOKUPS),
        }
    }

    /// Room for one more socket.
    pub(crate) fn socket(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = self.sockets.clone().try_acquire_owned();
        permit.map_err(|_| Failure::TooManySockets)
    }

    /// Room for one more datagram. Who waits for room here may wait for one who never reads: so it is refused, as by a
    /// system that has no more buffers.
    pub(crate) fn sending(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = self.sending.clone().try_acquire_owned();
        permit.map_err(|_| Failure::OutOfMemory)
    }

    /// Waits for a turn to look up a path.
    pub(crate) async fn lookup(&self) -> Option<OwnedSemaphorePermit> {
        // None only if it were closed, which it never is.
        self.lookups.clone().acquire_owned().await.ok()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(SOCKETS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_given_back() {
        let limits = Limits::new(1);
        let socket = limits.socket().unwrap();
        assert!(matches!(limits.socket(), Err(Failure::TooManySockets)));
        drop(socket);
        assert!(limits.socket().is_ok());

        let mut sending: Vec<_> = (0..SENDING).map(|_| limits.sending().unwrap()).collect();
        assert!(matches!(limits.sending(), Err(Failure::OutOfMemory)));
        sending.pop();
        assert!(limits.sending().is_ok());
    }
}
