//! The two directions of a connection, for the guest's streams.

use super::failure::ending;
use super::peer::NO_SIGNAL;
use super::socket::Socket;
use rustix::net::{RecvFlags, Shutdown};
use std::io::ErrorKind;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::Interest;
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

/// What comes in. Dropped, nothing does any more.
pub(crate) struct Receiving(pub(super) Arc<Socket>);

impl Receiving {
    /// Waits until something has come in, or something else can be told.
    pub(crate) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_readable(context).map(|_| ())
    }

    /// Reads as much as there is. Nothing is the end.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        loop {
            let received = self.0.attempt(Interest::READABLE, || {
                let (size, _) = rustix::net::recv(&self.0, &mut *buffer, RecvFlags::empty())?;
                Ok(size)
            });
            match received {
                Ok(size) => return Poll::Ready(Ok(size)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.0.poll_readable(context)).map_err(ending)?;
                }
                Err(error) => return Poll::Ready(Err(ending(error))),
            }
        }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.0, Shutdown::Read);
    }
}

/// What goes out. Dropped, the peer is told that it was all.
pub(crate) struct Sending(pub(super) Arc<Socket>);

impl Sending {
    /// Waits until there is room for something, or something else can be told.
    pub(crate) fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_writable(context).map(|_| ())
    }

    /// Writes as much as there is room for.
    pub(crate) fn poll_write(
        &self,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        loop {
            let sent = self.0.attempt(Interest::WRITABLE, || {
                Ok(rustix::net::send(&self.0, data, NO_SIGNAL)?)
            });
            match sent {
                Ok(size) => return Poll::Ready(Ok(size)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.0.poll_writable(context)).map_err(ending)?;
                }
                Err(error) => return Poll::Ready(Err(ending(error))),
            }
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.0, Shutdown::Write);
    }
}
