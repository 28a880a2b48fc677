//! What a server does with a connection, the same over TCP and over TLS.

use crate::log::{End, Entry};
use crate::pattern;
use crate::proc_net::{self, Socket};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The size of the pieces that are read and written, in bytes.
const PIECE: usize = 64 * 1024;

/// How long a peer that is to be reset may take to make room for what was sent to it.
const ACKNOWLEDGED: Duration = Duration::from_secs(10);

/// What a server does with each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Sends back what it reads until the peer has finished; then finishes too.
    Echo,
    /// Reads until the peer has finished and sends nothing; then finishes too.
    Discard,
    /// Reads until the peer has finished, sends how many bytes that were (8 bytes, big-endian), finishes.
    Sink,
    /// Sends the [`pattern`] without end until the peer closes; reads nothing.
    Source,
    /// Sends this many bytes of the [`pattern`] and finishes; then reads until the peer has finished too.
    Send(u64),
    /// As `Send`, except that in TLS no `close_notify` comes before the FIN.
    SendThenTruncate(u64),
    /// Sends this many bytes of the [`pattern`], then, once the peer's kernel has them all, resets the
    /// connection.
    SendThenReset(u64),
    /// Reads this many bytes, or until the peer has finished, then resets the connection; with 0 at once (in
    /// TLS: as soon as the handshake is complete).
    ResetAfter(u64),
    /// Neither reads nor writes, and keeps the connection until the server is dropped. It does not see the peer
    /// close.
    Stall,
}

/// What has to be done below TLS.
pub(crate) trait Transport {
    /// Closing sends RST from now on.
    fn reset_on_close(&self) -> io::Result<()>;
    /// Sends FIN now, whatever the layer above thinks of it.
    fn send_fin(&self) -> io::Result<()>;
    /// The addresses: ours and the peer's.
    fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)>;
}

impl Transport for tokio::net::TcpStream {
    fn reset_on_close(&self) -> io::Result<()> {
        socket2::SockRef::from(self).set_linger(Some(Duration::ZERO))
    }

    fn send_fin(&self) -> io::Result<()> {
        socket2::SockRef::from(self).shutdown(std::net::Shutdown::Write)
    }

    fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.local_addr()?, self.peer_addr()?))
    }
}

impl<T: Transport> Transport for tokio_rustls::server::TlsStream<T> {
    fn reset_on_close(&self) -> io::Result<()> {
        self.get_ref().0.reset_on_close()
    }

    fn send_fin(&self) -> io::Result<()> {
        self.get_ref().0.send_fin()
    }

    fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        self.get_ref().0.ends()
    }
}

/// Does to `stream` what `behaviour` says, closes it and notes all that in `entry`.
pub(crate) async fn play<S>(stream: S, behaviour: Behaviour, entry: &Entry)
where
    S: AsyncRead + AsyncWrite + Transport + Unpin,
{
    let mut served = Served { stream, entry };
    let end = served.play(behaviour).await;
    let end = end.unwrap_or_else(|e| End::of(&e));
    // The socket is closed by the time the log says so.
    drop(served);
    entry.end(end);
}

struct Served<'a, S> {
    stream: S,
    entry: &'a Entry,
}

impl<S: AsyncRead + AsyncWrite + Transport + Unpin> Served<'_, S> {
    async fn play(&mut self, behaviour: Behaviour) -> io::Result<End> {
        match behaviour {
            Behaviour::Echo => self.echo().await,
            Behaviour::Discard => {
                self.read_up_to(u64::MAX).await?;
                self.finish().await;
                Ok(End::Clean)
            }
            Behaviour::Sink => {
                let total = self.read_up_to(u64::MAX).await?;
                self.write(&total.to_be_bytes()).await?;
                self.finish().await;
                Ok(End::Clean)
            }
            Behaviour::Source => {
                self.send(u64::MAX).await?;
                Ok(End::Ours)
            }
            Behaviour::Send(count) => {
                self.send(count).await?;
                self.stream.shutdown().await?;
                self.read_up_to(u64::MAX).await?;
                Ok(End::Clean)
            }
            Behaviour::SendThenTruncate(count) => {
                self.send(count).await?;
                self.stream.send_fin()?;
                self.read_up_to(u64::MAX).await?;
                Ok(End::Clean)
            }
            Behaviour::SendThenReset(count) => {
                self.send(count).await?;
                self.until_acknowledged().await?;
                self.stream.reset_on_close()?;
                Ok(End::Ours)
            }
            Behaviour::ResetAfter(count) => {
                self.read_up_to(count).await?;
                self.stream.reset_on_close()?;
                Ok(End::Ours)
            }
            Behaviour::Stall => std::future::pending().await,
        }
    }

    async fn echo(&mut self) -> io::Result<End> {
        let mut piece = vec![0; PIECE];
        loop {
            let got = self.stream.read(&mut piece).await?;
            if got == 0 {
                self.finish().await;
                return Ok(End::Clean);
            }
            self.entry.change(|c| c.read += got as u64);
            self.write(&piece[..got]).await?;
        }
    }

    /// How many bytes were read when `most` were or the peer had finished.
    async fn read_up_to(&mut self, most: u64) -> io::Result<u64> {
        let mut piece = vec![0; PIECE];
        let mut total = 0;
        while total < most {
            let room = usize::try_from(most - total).unwrap_or(PIECE).min(PIECE);
            let got = self.stream.read(&mut piece[..room]).await?;
            if got == 0 {
                break;
            }
            total += got as u64;
            self.entry.change(|c| c.read += got as u64);
        }
        Ok(total)
    }

    async fn send(&mut self, count: u64) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut sent = 0;
        while sent < count {
            let size = usize::try_from(count - sent).unwrap_or(PIECE).min(PIECE);
            pattern::fill(sent, &mut piece[..size]);
            self.write(&piece[..size]).await?;
            sent += size as u64;
        }
        Ok(())
    }

    /// Waits until nothing that was sent is still on its way, for otherwise a reset would discard it.
    async fn until_acknowledged(&self) -> io::Result<()> {
        let (local, remote) = self.stream.ends()?;
        let arrived = |all: &[Socket]| {
            let waits = |s: &&Socket| s.local == local && s.remote == remote;
            !all.iter().filter(waits).any(|s| s.unacknowledged > 0)
        };
        proc_net::until(ACKNOWLEDGED, arrived)
            .await
            .map_err(io::Error::other)
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        self.entry.change(|c| c.written += bytes.len() as u64);
        Ok(())
    }

    /// Finishes after the peer has. That it may be gone altogether by now says nothing about how it finished.
    async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}
