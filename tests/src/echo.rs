//! A TCP server: an echo, or whatever else a [`Behaviour`] says.

use crate::behaviour::{Behaviour, play};
use crate::log::{Entry, Log, Recorder};
use crate::place::IntoPlace;
use crate::worker::Worker;
use anyhow::Result;
use std::future::Future;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How many connections may wait to be accepted.
pub(crate) const BACKLOG: i32 = 1024;

/// A TCP server on loopback; stops, with all its connections, when dropped.
#[derive(Debug)]
pub struct TcpServer {
    addr: SocketAddr,
    log: Recorder,
    _worker: Worker,
}

impl TcpServer {
    /// Serves at `at`, each connection by `behaviour`.
    pub fn start(at: impl IntoPlace, behaviour: Behaviour) -> Result<Self> {
        Self::on(at.into_place()?.listen(BACKLOG)?, behaviour)
    }

    /// Serves whoever comes to `listener`, which does not block.
    pub(crate) fn on(listener: std::net::TcpListener, behaviour: Behaviour) -> Result<Self> {
        let (addr, log, worker) =
            accept("tcp server", listener, move |stream, entry| async move {
                play(stream, behaviour, &entry).await;
            })?;
        Ok(Self {
            addr,
            log,
            _worker: worker,
        })
    }

    /// An echo at `at`.
    pub fn echo(at: impl IntoPlace) -> Result<Self> {
        Self::start(at, Behaviour::Echo)
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it saw so far.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log.get()
    }

    /// Waits until `seen` is true of what it saw, at most for `limit`.
    pub async fn until(&self, limit: Duration, seen: impl FnMut(&Log) -> bool) -> Result<Log> {
        self.log.until(limit, seen).await
    }
}

/// Accepts at `at` on a thread of its own and hands each connection, in a task of its own, to `each`.
pub(crate) fn serve<F, Fut>(
    name: &str,
    at: impl IntoPlace,
    each: F,
) -> Result<(SocketAddr, Recorder, Worker)>
where
    F: Fn(TcpStream, Entry) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    accept(name, at.into_place()?.listen(BACKLOG)?, each)
}

/// As [`serve`], of a listener.
fn accept<F, Fut>(
    name: &str,
    listener: std::net::TcpListener,
    each: F,
) -> Result<(SocketAddr, Recorder, Worker)>
where
    F: Fn(TcpStream, Entry) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let addr = listener.local_addr()?;
    let log = Recorder::new();
    let recorder = log.clone();
    let worker = Worker::start(name, move || async move {
        let listener = TcpListener::from_std(listener).expect("a runtime is running here");
        let listener = Listening(listener);
        loop {
            match listener.0.accept().await {
                Ok((stream, peer)) => {
                    let entry = recorder.accepted(peer);
                    let _ = stream.set_nodelay(true);
                    tokio::spawn(each(stream, entry));
                }
                // Out of descriptors, most likely, which only time can mend.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    })?;
    Ok((addr, log, worker))
}

/// Refuses connections from its drop on. Closing alone would not do: a child process that is being started just
/// then shares the socket for a moment.
struct Listening(TcpListener);

impl Drop for Listening {
    fn drop(&mut self) {
        // Fails only on a socket that does not listen, which is what is wanted.
        let _ = socket2::SockRef::from(&self.0).shutdown(Shutdown::Read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::End;
    use crate::pattern;
    use std::io::ErrorKind;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const LIMIT: Duration = Duration::from_secs(5);

    async fn read_all(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        tokio::time::timeout(LIMIT, stream.read_to_end(&mut all))
            .await
            .unwrap()?;
        Ok(all)
    }

    #[tokio::test]
    async fn echoes_after_a_half_close() {
        for ip in ["127.0.0.1", "127.0.0.2", "::1"] {
            let server = TcpServer::echo(ip).unwrap();
            let mut stream = TcpStream::connect(server.addr()).await.unwrap();
            server.until(LIMIT, |log| log.open() == 1).await.unwrap();
            stream.write_all(b"to and fro").await.unwrap();
            stream.shutdown().await.unwrap();
            assert_eq!(read_all(&mut stream).await.unwrap(), b"to and fro");
            let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
            assert_eq!((log.read(), log.written()), (10, 10));
            assert_eq!(log.connections[0].end, Some(End::Clean));
            assert_eq!(log.connections[0].peer, stream.local_addr().unwrap());
        }
    }

    #[tokio::test]
    async fn discards_and_sinks() {
        let server = TcpServer::start("127.0.0.1", Behaviour::Discard).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(&[7; 100_000]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(read_all(&mut stream).await.unwrap(), b"");
        assert_eq!(server.log().read(), 100_000);

        let server = TcpServer::start("127.0.0.1", Behaviour::Sink).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(&[7; 100_000]).await.unwrap();
        stream.shutdown().await.unwrap();
        let total = read_all(&mut stream).await.unwrap();
        assert_eq!(total, 100_000u64.to_be_bytes());
    }

    #[tokio::test]
    async fn sends_the_pattern() {
        let server = TcpServer::start("::1", Behaviour::Send(200_001)).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        let all = read_all(&mut stream).await.unwrap();
        assert_eq!(all.len(), 200_001);
        pattern::check(0, &all).unwrap();
        assert_eq!(server.log().open(), 1);
        drop(stream);
        server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();

        let server = TcpServer::start("127.0.0.1", Behaviour::Source).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        let mut some = vec![0; 3_000_000];
        stream.read_exact(&mut some).await.unwrap();
        pattern::check(0, &some).unwrap();
        drop(stream);
        let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.connections[0].end, Some(End::Reset));
    }

    #[tokio::test]
    async fn resets() {
        let server = TcpServer::start("127.0.0.1", Behaviour::ResetAfter(0)).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        let error = read_all(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let server = TcpServer::start("127.0.0.1", Behaviour::ResetAfter(4)).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(b"abc").await.unwrap();
        server.until(LIMIT, |log| log.read() == 3).await.unwrap();
        assert_eq!(server.log().open(), 1);
        stream.write_all(b"d").await.unwrap();
        let error = read_all(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let server = TcpServer::start("127.0.0.1", Behaviour::SendThenReset(5)).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        let mut five = [0; 5];
        stream.read_exact(&mut five).await.unwrap();
        pattern::check(0, &five).unwrap();
        let error = read_all(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn is_gone_once_dropped() {
        let server = TcpServer::start("127.0.0.1", Behaviour::Stall).unwrap();
        let addr = server.addr();
        let mut stream = TcpStream::connect(addr).await.unwrap();
        server.until(LIMIT, |log| log.open() == 1).await.unwrap();
        drop(server);
        assert_eq!(read_all(&mut stream).await.unwrap(), b"");
        let error = TcpStream::connect(addr).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}
