//! A connection on which TLS is started later.

use crate::TlsFailure;
use crate::bindings::switchboard::connect::streams as wit;
use crate::clock::nanoseconds;
use crate::connection::{Connection, Shared};
use crate::error::Error;
use crate::reading::Way;
use crate::tls::Tls;
use crate::wakers::Side;
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// A connection on which TLS can be started, once both sides have agreed to (STARTTLS of SMTP, IMAP or PostgreSQL). It reads
/// and writes as a [`Connection`] does, somewhat slower. asyncio: `loop.start_tls`.
///
/// ```no_run
/// use futures_util::{AsyncBufReadExt, AsyncWriteExt};
/// use switchboard_client::{Connector, Tls};
/// # async fn example() -> std::io::Result<()> {
/// let mut plain = Connector::new("mail.example.com", 25).connect_upgradable().await?;
/// let mut line = String::new();
/// plain.read_line(&mut line).await?;
/// plain.write_all(b"STARTTLS\r\n").await?;
/// plain.read_line(&mut line).await?;
/// let secure = plain.start_tls(Tls::new().server_name("mail.example.com")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Upgradable(Connection);

impl Upgradable {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    /// Speaks TLS from now on. What was written is sent before. What the peer has said before and nobody has read is no part
    /// of it: then it fails, for somebody else may have put it there. What arrives at this very
    /// moment may be lost, and is never taken for TLS. Whatever fails, the connection is closed. It may be
    /// called of a connection that speaks TLS already.
    ///
    /// ```no_run
    /// # async fn example(plain: switchboard_client::Upgradable) -> Result<(), switchboard_client::Error> {
    /// use switchboard_client::Tls;
    /// let secure = plain.start_tls(Tls::new().server_name("mail.example.com")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_tls(self, tls: Tls) -> Result<Connection, Error> {
        let (raw, shutdown_timeout) = self.bare().await?;
        let options = wit::StartTlsOptions {
            tls: tls.option(),
            server_name: tls.server_name.clone(),
            handshake_timeout: tls.handshake_timeout.map(nanoseconds),
            shutdown_timeout: Some(nanoseconds(shutdown_timeout)),
        };
        let raw = wit::start_tls(raw, options).await?;
        Ok(Connection::new(raw, Way::Streams, shutdown_timeout))
    }

    /// The component's own, with nothing under way.
    async fn bare(self) -> Result<(wit::Connection, Duration), Error> {
        let Connection {
            mut reading,
            shared,
        } = self.0;
        poll_fn(|context| shared.writing().poll_flush(Side::Sender, context)).await?;
        reading.settle().await;
        let unread = reading.unread().len();
        if unread > 0 {
            return Err(Error::from(TlsFailure::Protocol(format!(
                "the peer has said {unread} bytes before TLS that nobody has read"
            ))));
        }
        // Ends what is under way, so that nothing else has the connection.
        drop(reading);
        let busy = || Error::invalid("a half of the connection is in use");
        let shared = Arc::into_inner(shared).ok_or_else(busy)?;
        let Shared {
            writing,
            raw,
            shutdown_timeout,
            ..
        } = shared;
        drop(writing.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok((Arc::into_inner(raw).ok_or_else(busy)?, shutdown_timeout))
    }

    /// The connection as any other, on which TLS cannot be started any more. It has no [streams](Connection::into_streams).
    ///
    /// ```no_run
    /// # fn example(plain: switchboard_client::Upgradable) {
    /// let connection: switchboard_client::Connection = plain.into_connection();
    /// # }
    /// ```
    #[must_use]
    pub fn into_connection(self) -> Connection {
        self.0
    }
}

/// The same without the right to start TLS: addresses and what was done to connect.
impl AsRef<Connection> for Upgradable {
    fn as_ref(&self) -> &Connection {
        &self.0
    }
}

impl AsyncRead for Upgradable {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, into)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_read_vectored(context, into)
    }
}

impl AsyncBufRead for Upgradable {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().0).poll_fill_buf(context)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        Pin::new(&mut self.get_mut().0).consume(count);
    }
}

impl AsyncWrite for Upgradable {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, from)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(context, from)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_close(context)
    }
}
