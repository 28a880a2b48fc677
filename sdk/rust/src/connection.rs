//! An open connection.

use crate::address::Address;
use crate::bindings::switchboard::connect::streams as wit;
use crate::clock::within;
use crate::error::{Error, Failure};
use crate::facts::{Credentials, Facts};
use crate::reading::{Reading, Way};
use crate::split::{ReadHalf, WriteHalf};
use crate::timeline::{self, Step};
use crate::wakers::Side;
use crate::writing::Writing;
use crate::{ErrorCode, reading, writing};
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader, StreamWriter};

/// An open connection, with TLS or without: it reads and writes as a socket of any async library does.
///
/// ```no_run
/// use futures_util::{AsyncReadExt, AsyncWriteExt};
/// use switchboard_client::Connector;
/// # async fn example() -> std::io::Result<()> {
/// let mut connection = Connector::new("localhost", 7).connect().await?;
/// connection.write_all(b"hello").await?;
/// let mut answer = [0; 5];
/// connection.read_exact(&mut answer).await?;
/// connection.close().await?;
/// # Ok(())
/// # }
/// ```
///
/// **Writing.** What was written is on its way: small writes need no `flush`, and those that are given together
/// (`write_vectored`) leave together. While the peer does not take more, a write waits. What the system takes only in part is
/// sent on by whatever waits then or is called next, be it a read; `flush` waits until all is gone. `close` of `AsyncWrite` sends an end of
/// file and leaves reading open; [`Connection::close`] closes both.
///
/// **Reading.** An end of file is 0 bytes. With TLS it needs the peer's `close_notify`: without it, data may be missing, and it
/// is the error `UnexpectedEof`. It is an `AsyncBufRead` too, which spares a copy.
///
/// **Cancelling.** A future of these that is dropped loses nothing: a read that was under way goes on, and gives its bytes to
/// the next one; a write that was not ready has sent nothing. As with tokio, `write_all`, `read_exact` and `read_to_end` do not
/// tell how far they had come.
///
/// **Dropping** it is [`abort`](Self::abort).
pub struct Connection {
    pub(crate) reading: Reading,
    pub(crate) shared: Arc<Shared>,
}

/// What both directions need.
pub(crate) struct Shared {
    pub(crate) writing: Mutex<Writing>,
    pub(crate) raw: Arc<wit::Connection>,
    pub(crate) shutdown_timeout: Duration,
    way: Way,
}

impl Shared {
    pub(crate) fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The streams of a connection, as the component made them: see [`Connection::into_streams`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Streams {
    /// What was received before.
    pub received: Vec<u8>,
    /// What is still to come; `None` if that has ended already. A stream that has reported its end must not be read again.
    pub incoming: Option<StreamReader<u8>>,
    /// How that ends.
    pub incoming_end: Option<FutureReader<Result<(), ErrorCode>>>,
    /// What is to be sent; `None` if that has ended already.
    pub outgoing: Option<StreamWriter<u8>>,
    /// How that went, once it was dropped.
    pub outgoing_end: Option<FutureReader<Result<(), ErrorCode>>>,
    /// Keeps the connection open: with TLS, the streams end with it.
    pub guard: Guard,
}

/// Keeps a connection open whose streams were taken: see [`Streams`]. Dropping it aborts the connection.
pub struct Guard(Arc<wit::Connection>);

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.0).finish()
    }
}

impl Guard {
    /// Closes the connection, once its streams have ended.
    ///
    /// ```no_run
    /// # async fn example(streams: switchboard_client::Streams) -> Result<(), switchboard_client::Error> {
    /// drop(streams.outgoing);
    /// streams.guard.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.0.close().await?)
    }
}

impl Connection {
    pub(crate) fn new(raw: wit::Connection, way: Way, shutdown_timeout: Duration) -> Self {
        let raw = Arc::new(raw);
        Self {
            reading: Reading::new(raw.clone(), way),
            shared: Arc::new(Shared {
                writing: Mutex::new(Writing::new(raw.clone(), way)),
                raw,
                shutdown_timeout,
                way,
            }),
        }
    }

    /// The address of this side.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// println!("from {:?}", connection.local_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> Option<Address> {
        self.shared.raw.local_address().map(Address::from_wit)
    }

    /// The address of the peer.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// println!("to {:?}", connection.peer_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn peer_addr(&self) -> Option<Address> {
        self.shared.raw.remote_address().map(Address::from_wit)
    }

    /// Who the peer is, on a Unix socket; `None` over TCP.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// let from_root = connection.peer_credentials().is_some_and(|it| it.uid == 0);
    /// # }
    /// ```
    #[must_use]
    pub fn peer_credentials(&self) -> Option<Credentials> {
        self.shared.raw.peer_credentials().map(Credentials::from)
    }

    /// What TLS agreed on; `None` without TLS.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// let http2 = connection.tls().is_some_and(|it| it.alpn.as_deref() == Some(b"h2"));
    /// # }
    /// ```
    #[must_use]
    pub fn tls(&self) -> Option<Facts> {
        self.shared.raw.tls().map(Facts::from)
    }

    /// What was done to connect, in the order of its start.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// for step in connection.timeline() {
    ///     println!("{step}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn timeline(&self) -> Vec<Step> {
        timeline::steps(self.shared.raw.timeline())
    }

    /// The two directions, to be used apart: in two tasks, or by a library that wants them so. Dropping the receiving half ends
    /// its direction; the sending half has to be closed, or the peer is not told. Dropping both aborts the connection.
    ///
    /// ```no_run
    /// use futures_util::{AsyncReadExt, AsyncWriteExt, future};
    /// # async fn example(connection: switchboard_client::Connection) -> std::io::Result<()> {
    /// let (mut reader, mut writer) = connection.split();
    /// let writing = async {
    ///     writer.write_all(b"a long question").await?;
    ///     writer.close().await
    /// };
    /// let mut answer = Vec::new();
    /// future::try_join(writing, reader.read_to_end(&mut answer)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn split(self) -> (ReadHalf, WriteHalf) {
        let writer = WriteHalf::new(self.shared.clone());
        (ReadHalf::new(self.reading, self.shared), writer)
    }

    /// The streams that the component made, for a component to hand on, with what was received of them already. What was
    /// written is sent before. A connection that was opened [`upgradable`](crate::Connector::upgradable) has none: then it
    /// fails.
    ///
    /// ```no_run
    /// # async fn example(connection: switchboard_client::Connection) -> Result<(), switchboard_client::Error> {
    /// let streams = connection.into_streams().await?;
    /// if let Some(mut outgoing) = streams.outgoing {
    ///     outgoing.write_all(b"hello".to_vec()).await;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn into_streams(self) -> Result<Streams, Error> {
        // Both are used for the first time now, if they were not yet.
        let Self { reading, shared } = self;
        let guard = Guard(shared.raw.clone());
        let Some(shared) = Arc::into_inner(shared) else {
            return Err(Error::invalid("a half of the connection is in use"));
        };
        if shared.way == Way::Lists {
            let text = "a connection on which TLS can be started has no streams";
            return Err(Error::invalid(text));
        }
        let writing = shared.writing.into_inner();
        let writing = writing.unwrap_or_else(PoisonError::into_inner);
        let outgoing: Option<writing::Taken> = writing.into_stream().await?;
        let (received, incoming): (_, Option<reading::Taken>) = reading.into_stream().await?;
        let (outgoing, outgoing_end) = outgoing.unzip();
        let (incoming, incoming_end) = incoming.unzip();
        let incoming = incoming.flatten();
        Ok(Streams {
            received,
            incoming,
            incoming_end,
            outgoing,
            outgoing_end,
            guard,
        })
    }

    /// Sends what is left, says goodbye to the peer and closes. It waits for neither the peer's answer nor its end of file,
    /// and for all of that no longer than [`shutdown_timeout`](crate::Connector::shutdown_timeout).
    ///
    /// ```no_run
    /// # async fn example(connection: switchboard_client::Connection) -> Result<(), switchboard_client::Error> {
    /// connection.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(mut self) -> Result<(), Error> {
        let limit = self.shared.shutdown_timeout;
        let goodbye = async {
            poll_fn(|context| {
                let mut writing = self.shared.writing();
                writing.poll_finish(Side::Sender, context)
            })
            .await?;
            self.reading.drain().await;
            self.reading.stop();
            Ok::<_, Error>(self.shared.raw.close().await?)
        };
        let closed = within(limit, goodbye).await;
        let closed = closed.unwrap_or_else(|| Err(Error::new(Failure::TimedOut(None))));
        if closed.is_err() {
            self.abort();
        }
        closed
    }

    /// Closes at once: what is not sent yet is lost.
    ///
    /// ```no_run
    /// # fn example(connection: switchboard_client::Connection) {
    /// connection.abort();
    /// # }
    /// ```
    pub fn abort(mut self) {
        self.shared.raw.abort();
        self.reading.stop();
        self.shared.writing().stop();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.shared.raw).finish()
    }
}

/// Reads, and drives on what is being sent: the peer may be waiting for it.
pub(crate) fn poll_fill<'a>(
    reading: &'a mut Reading,
    shared: &Shared,
    context: &mut Context<'_>,
) -> Poll<io::Result<&'a [u8]>> {
    match reading.poll(context) {
        Poll::Ready(result) => {
            result?;
            Poll::Ready(Ok(reading.unread()))
        }
        Poll::Pending => {
            let mut writing = shared.writing();
            match writing.under_way() {
                // Whoever writes next may not come back to what was taken only in part.
                0 => writing.register(Side::Receiver, context),
                _ => writing.drive(Side::Receiver, context),
            }
            Poll::Pending
        }
    }
}

pub(crate) fn poll_read(
    reading: &mut Reading,
    shared: &Shared,
    context: &mut Context<'_>,
    into: &mut [IoSliceMut<'_>],
) -> Poll<io::Result<usize>> {
    if into.iter().all(|it| it.is_empty()) {
        return Poll::Ready(Ok(0));
    }
    let mut unread = ready!(poll_fill(reading, shared, context))?;
    let mut count = 0;
    for piece in into {
        count += io::Read::read(&mut unread, piece)?;
    }
    reading.consume(count);
    Poll::Ready(Ok(count))
}

pub(crate) fn poll_write(
    shared: &Shared,
    context: &mut Context<'_>,
    from: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let written = shared.writing().poll_write(Side::Sender, context, from);
    written.map_err(io::Error::from)
}

pub(crate) fn poll_flush(shared: &Shared, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    let flushed = shared.writing().poll_flush(Side::Sender, context);
    flushed.map_err(io::Error::from)
}

/// Tells the peer that no more will come.
pub(crate) fn poll_close(shared: &Shared, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    let finished = shared.writing().poll_finish(Side::Sender, context);
    finished.map_err(io::Error::from)
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_vectored(context, &mut [IoSliceMut::new(into)])
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        poll_read(&mut this.reading, &this.shared, context, into)
    }
}

impl AsyncBufRead for Connection {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        poll_fill(&mut this.reading, &this.shared, context)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.get_mut().reading.consume(count);
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(from)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        poll_write(&self.shared, context, from)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_flush(&self.shared, context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_close(&self.shared, context)
    }
}
