//! For `hyper`: needs the feature `hyper`, and for HTTP/2 hyper's own `http2`, whose handshake takes [`Spawn`] too.
//!
//! ```no_run
//! use hyper::Request;
//! use switchboard_client::hyper::Io;
//! use switchboard_client::wit_bindgen::spawn_local;
//! use switchboard_client::{Connector, Tls, TlsContext};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let context = TlsContext::new();
//! context.set_alpn_protocols(["http/1.1"])?;
//! let connection = Connector::new("example.com", 443).tls(Tls::with(&context)).connect().await?;
//! let (mut sender, driven) = hyper::client::conn::http1::handshake(Io(connection)).await?;
//! spawn_local(async { drop(driven.await) });
//! let request = Request::get("/").header("host", "example.com").body(String::new())?;
//! let response = sender.send_request(request).await?;
//! # Ok(())
//! # }
//! ```

use futures_io::{AsyncBufRead, AsyncWrite};
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use wit_bindgen::rt::async_support::spawn_local;

/// A [`Connection`](crate::Connection), or something else that reads and writes, as hyper wants it.
///
/// ```no_run
/// # fn example(connection: switchboard_client::Connection) {
/// let io = switchboard_client::hyper::Io(connection);
/// # }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "who uses it makes it")]
pub struct Io<T>(pub T);

impl<T: AsyncBufRead + Unpin> Read for Io<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut inner = Pin::new(&mut self.get_mut().0);
        let bytes = ready!(inner.as_mut().poll_fill_buf(context))?;
        let count = bytes.len().min(into.remaining());
        into.put_slice(bytes.get(..count).unwrap_or_default());
        inner.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> Write for Io<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, from)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_close(context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(context, from)
    }
}

/// Runs hyper's own tasks beside the call that is going on.
///
/// ```
/// let executor = switchboard_client::hyper::Spawn;
/// ```
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "who uses it makes it")]
pub struct Spawn;

impl<F: Future<Output = ()> + 'static> Executor<F> for Spawn {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}
