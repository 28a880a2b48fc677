//! The two directions of a connection, apart.

use crate::connection::{
    Connection, Shared, poll_close, poll_fill, poll_flush, poll_read, poll_write,
};
use crate::reading::Reading;
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The receiving half of a [`Connection`].
///
/// ```no_run
/// use futures_util::AsyncReadExt;
/// # async fn example(connection: switchboard_client::Connection) -> std::io::Result<()> {
/// let (mut reader, _writer) = connection.split();
/// let mut all = Vec::new();
/// reader.read_to_end(&mut all).await?;
/// # Ok(())
/// # }
/// ```
pub struct ReadHalf {
    reading: Reading,
    shared: Arc<Shared>,
}

/// The sending half of a [`Connection`]. `close` tells the peer that no more will come; dropping it does not.
///
/// ```no_run
/// use futures_util::AsyncWriteExt;
/// # async fn example(connection: switchboard_client::Connection) -> std::io::Result<()> {
/// let (_reader, mut writer) = connection.split();
/// writer.write_all(b"hello").await?;
/// writer.close().await?;
/// # Ok(())
/// # }
/// ```
pub struct WriteHalf {
    shared: Arc<Shared>,
}

impl ReadHalf {
    pub(crate) fn new(reading: Reading, shared: Arc<Shared>) -> Self {
        Self { reading, shared }
    }

    /// The connection again; both halves back if they are not of the same one.
    ///
    /// ```no_run
    /// # fn example(connection: switchboard_client::Connection) {
    /// let (reader, writer) = connection.split();
    /// let connection = reader.reunite(writer).expect("they were one");
    /// # }
    /// ```
    pub fn reunite(self, writer: WriteHalf) -> Result<Connection, (Self, WriteHalf)> {
        match Arc::ptr_eq(&self.shared, &writer.shared) {
            true => {
                let Self { reading, shared } = self;
                Ok(Connection { reading, shared })
            }
            false => Err((self, writer)),
        }
    }
}

impl WriteHalf {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl fmt::Debug for ReadHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadHalf").field(&self.shared.raw).finish()
    }
}

impl fmt::Debug for WriteHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteHalf").field(&self.shared.raw).finish()
    }
}

impl AsyncRead for ReadHalf {
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

impl AsyncBufRead for ReadHalf {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        poll_fill(&mut this.reading, &this.shared, context)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.get_mut().reading.consume(count);
    }
}

impl AsyncWrite for WriteHalf {
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
