//! A proxy that keeps all bytes that pass, and can damage what the server says on its way.

use crate::echo::serve;
use crate::log::{End, Entry};
use crate::place::IntoPlace;
use crate::worker::Worker;
use anyhow::Result;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is done to the bytes of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// Nothing.
    #[default]
    None,
    /// All bits of the byte at this position are turned over.
    Flip(usize),
    /// Only so many come, then the end.
    Cut(usize),
    /// They come one by one, each after this time.
    Drip(Duration),
}

/// What has passed on one connection.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The client.
    pub peer: SocketAddr,
    /// What it has said.
    pub from_client: Vec<u8>,
    /// What the server has said, undamaged.
    pub from_server: Vec<u8>,
}

/// A proxy on loopback; stops, with all its connections, when dropped.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    passed: Arc<Mutex<Vec<Passed>>>,
    _worker: Worker,
}

impl Proxy {
    /// Passes on to `server` what comes to `at`, untouched.
    pub fn start(at: impl IntoPlace, server: SocketAddr) -> Result<Self> {
        Self::damaging(at, server, |_| Damage::None)
    }

    /// The same with this damage, which depends on the address of the client.
    pub fn damaging(
        at: impl IntoPlace,
        server: SocketAddr,
        damage: impl Fn(SocketAddr) -> Damage + Send + 'static,
    ) -> Result<Self> {
        let passed = Arc::new(Mutex::new(Vec::new()));
        let all = passed.clone();
        let (addr, _log, worker) = serve("proxy", at, move |client, entry| {
            let peer = client.peer_addr();
            let damage = peer.as_ref().map_or(Damage::None, |peer| damage(*peer));
            let all = all.clone();
            async move {
                let passed = pass(client, server, damage, &all).await;
                end(&entry, passed);
            }
        })?;
        Ok(Self {
            addr,
            passed,
            _worker: worker,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All connections so far.
    #[must_use]
    pub fn passed(&self) -> Vec<Passed> {
        lock(&self.passed).clone()
    }
}

fn end(entry: &Entry, passed: io::Result<()>) {
    entry.end(match passed {
        Ok(()) => End::Clean,
        Err(error) => End::of(&error),
    });
}

fn lock(all: &Mutex<Vec<Passed>>) -> MutexGuard<'_, Vec<Passed>> {
    all.lock().unwrap_or_else(|it| it.into_inner())
}

async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    damage: Damage,
    all: &Mutex<Vec<Passed>>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let at = {
        let mut all = lock(all);
        all.push(Passed {
            peer: client.peer_addr()?,
            from_client: Vec::new(),
            from_server: Vec::new(),
        });
        all.len() - 1
    };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let there = copy(from_client, to_server, Damage::None, |bytes| {
        lock(all)[at].from_client.extend_from_slice(bytes);
    });
    let back = copy(from_server, to_client, damage, |bytes| {
        lock(all)[at].from_server.extend_from_slice(bytes);
    });
    // Once the client is gone, nobody waits for what the server would still say.
    tokio::pin!(there, back);
    tokio::select! {
        done = &mut there => {
            done?;
            tokio::time::timeout(LINGER, back).await.unwrap_or(Ok(()))
        }
        done = &mut back => {
            done?;
            there.await
        }
    }
}

/// How long the server may take to answer the end of the client.
const LINGER: Duration = Duration::from_secs(5);

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    damage: Damage,
    mut keep: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    let mut position = 0;
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        let bytes = &mut piece[..count];
        keep(bytes);
        match damage {
            Damage::None => to.write_all(bytes).await?,
            Damage::Flip(at) => {
                if let Some(byte) = at.checked_sub(position).and_then(|at| bytes.get_mut(at)) {
                    *byte = !*byte;
                }
                to.write_all(bytes).await?;
            }
            Damage::Cut(after) => {
                let left = after.saturating_sub(position).min(count);
                to.write_all(&bytes[..left]).await?;
                if position + count >= after {
                    return to.shutdown().await;
                }
            }
            Damage::Drip(time) => {
                for byte in bytes {
                    tokio::time::sleep(time).await;
                    to.write_all(&[*byte]).await?;
                }
            }
        }
        position += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::TcpServer;

    async fn through(damage: Damage) -> (Vec<u8>, Passed) {
        let echo = TcpServer::echo("127.0.0.1").unwrap();
        let proxy = Proxy::damaging("127.0.0.1", echo.addr(), move |_| damage).unwrap();
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut back = Vec::new();
        stream.read_to_end(&mut back).await.unwrap();
        (back, proxy.passed().remove(0))
    }

    #[tokio::test]
    async fn passes_keeps_and_damages() {
        for (damage, expected) in [
            (Damage::None, &b"hello"[..]),
            (Damage::Flip(1), b"h\x9allo"),
            (Damage::Flip(9), b"hello"),
            (Damage::Cut(3), b"hel"),
            (Damage::Drip(Duration::from_millis(1)), b"hello"),
        ] {
            let (back, passed) = through(damage).await;
            assert_eq!(back, expected, "{damage:?}");
            assert_eq!(passed.from_client, b"hello");
            assert_eq!(passed.from_server, b"hello");
        }
    }
}
