//! What a native client measures: the yardstick, doing step by step what `peers/asyncio_bench.py` does.

use anyhow::{Context, Result, bail, ensure};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, UnixStream};
use tokio_rustls::TlsConnector;

/// The size of a message that goes back and forth, in bytes.
pub const PING: usize = 4;

/// The size of the pieces in which a bulk is sent, in bytes.
pub const PIECE: usize = 64 * 1024;

/// The size of a datagram, in bytes.
pub const DATAGRAM: usize = 1200;

/// How many datagrams are under way at a time.
pub const WINDOW: u64 = 32;

/// What has not returned by then is lost.
const LOST: Duration = Duration::from_millis(200);

/// What is measured, against an echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// This many connections, one after the other: connect, with TLS also the handshake, and close.
    Connects(u64),
    /// As those, with TLS, each going on with the session of the one before.
    Resumes(u64),
    /// On one connection this many times [`PING`] bytes there and back, one after the other.
    PingPong(u64),
    /// On one connection this many MiB, in pieces of [`PIECE`] bytes, sent and read back at the same time.
    Bulk(u64),
    /// This many datagrams of [`DATAGRAM`] bytes there and back, [`WINDOW`] at a time.
    Datagrams(u64),
}

impl Workload {
    /// Its name in a [`Measured`]: `connects`, `resumes`, `pingpong`, `bulk` or `datagrams`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connects(_) => "connects",
            Self::Resumes(_) => "resumes",
            Self::PingPong(_) => "pingpong",
            Self::Bulk(_) => "bulk",
            Self::Datagrams(_) => "datagrams",
        }
    }

    /// How many connections, messages, MiB or datagrams.
    #[must_use]
    pub fn count(self) -> u64 {
        match self {
            Self::Connects(count)
            | Self::Resumes(count)
            | Self::PingPong(count)
            | Self::Bulk(count)
            | Self::Datagrams(count) => count,
        }
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The workload's name.
    pub mode: String,
    /// The time it took; for the modes with one connection, without making and closing that.
    pub seconds: f64,
    /// How many connections, messages or datagrams there and back, or pieces that was.
    pub ops: u64,
    /// How many bytes went there, and as many back.
    pub bytes: u64,
}

/// What a client needs to know to speak TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Its configuration. Sessions should not be resumed, to be measured against one who does not either.
    pub config: Arc<ClientConfig>,
    /// The name the server's certificate has to be for.
    pub name: ServerName<'static>,
}

impl Tls {
    /// The same, with sessions that are resumed.
    fn resuming(&self) -> Self {
        let mut config = (*self.config).clone();
        config.resumption = Resumption::default();
        Self {
            config: config.into(),
            name: self.name.clone(),
        }
    }
}

/// Measures `workload` against the echo at `addr`, over TLS if `tls` says so, at most for `limit`.
pub async fn measure(
    addr: SocketAddr,
    tls: Option<&Tls>,
    workload: Workload,
    limit: Duration,
) -> Result<Measured> {
    let measured = async {
        match workload {
            Workload::Connects(count) => connects(addr, tls, count).await,
            Workload::Resumes(count) => {
                let tls = tls.context("sessions are of TLS")?.resuming();
                connects(addr, Some(&tls), count).await
            }
            Workload::Datagrams(count) => datagrams(addr, count).await,
            Workload::PingPong(_) | Workload::Bulk(_) => {
                let stream = connect(addr).await?;
                match tls {
                    None => exchange(stream, workload).await,
                    Some(tls) => exchange(handshake(stream, tls).await?, workload).await,
                }
            }
        }
    };
    let (took, ops, bytes) = tokio::time::timeout(limit, measured)
        .await
        .with_context(|| format!("{workload:?} took longer than {limit:?}"))??;
    Ok(Measured {
        mode: workload.name().to_owned(),
        seconds: took.as_secs_f64(),
        ops,
        bytes,
    })
}

/// The same against the echo at this Unix socket: a workload of one connection.
pub async fn measure_unix(path: &Path, workload: Workload, limit: Duration) -> Result<Measured> {
    let measured = async { exchange(UnixStream::connect(path).await?, workload).await };
    let (took, ops, bytes) = tokio::time::timeout(limit, measured)
        .await
        .with_context(|| format!("{workload:?} took longer than {limit:?}"))??;
    Ok(Measured {
        mode: workload.name().to_owned(),
        seconds: took.as_secs_f64(),
        ops,
        bytes,
    })
}

async fn connect(addr: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn handshake(
    stream: TcpStream,
    tls: &Tls,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let connector = TlsConnector::from(tls.config.clone());
    Ok(connector.connect(tls.name.clone(), stream).await?)
}

async fn connects(addr: SocketAddr, tls: Option<&Tls>, count: u64) -> Result<(Duration, u64, u64)> {
    let begun = Instant::now();
    for _ in 0..count {
        let stream = connect(addr).await?;
        if let Some(tls) = tls {
            let mut stream = handshake(stream, tls).await?;
            // With a close_notify there and one back, as asyncio does it.
            stream.shutdown().await?;
            ensure!(stream.read(&mut [0; 1]).await? == 0, "an echo of nothing");
        }
    }
    Ok((begun.elapsed(), count, 0))
}

/// Those that are lost do not count.
async fn datagrams(addr: SocketAddr, count: u64) -> Result<(Duration, u64, u64)> {
    let local: IpAddr = match addr {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(addr).await?;
    let mut buffer = vec![0; 65_535];
    let mut message = [0x5a; DATAGRAM];
    // `expected` is the number after the last one that returned, or was given up.
    let (mut sent, mut expected, mut received) = (0, 0, 0);
    let begun = Instant::now();
    while expected < count {
        while sent < count.min(expected + WINDOW) {
            message[..8].copy_from_slice(&u64::to_be_bytes(sent));
            socket.send(&message).await?;
            sent += 1;
        }
        let Ok(size) = tokio::time::timeout(LOST, socket.recv(&mut buffer)).await else {
            expected = sent;
            continue;
        };
        ensure!(size? == DATAGRAM, "another datagram");
        let number = buffer.first_chunk().context("no number")?;
        expected = expected.max(u64::from_be_bytes(*number) + 1);
        received += 1;
    }
    Ok((begun.elapsed(), received, received * DATAGRAM as u64))
}

async fn exchange<S>(mut stream: S, workload: Workload) -> Result<(Duration, u64, u64)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let measured = match workload {
        Workload::Connects(_) | Workload::Resumes(_) | Workload::Datagrams(_) => {
            bail!("not on one connection")
        }
        Workload::PingPong(count) => {
            let mut message = *b"ping";
            let begun = Instant::now();
            for _ in 0..count {
                stream.write_all(&message).await?;
                stream.flush().await?;
                stream.read_exact(&mut message).await?;
            }
            let took = begun.elapsed();
            ensure!(&message == b"ping", "the echo sent {message:?}");
            (took, count, count * PING as u64)
        }
        Workload::Bulk(mebibytes) => {
            let bytes = mebibytes * 1024 * 1024;
            let pieces = bytes / PIECE as u64;
            let begun = Instant::now();
            let (mut reader, mut writer) = tokio::io::split(&mut stream);
            let write = async {
                let mut piece = Vec::with_capacity(PIECE);
                for _ in 0..pieces {
                    // Whoever sends has something new each time, as the component has.
                    piece.clear();
                    piece.resize(PIECE, 0x5a);
                    writer.write_all(&piece).await?;
                }
                writer.flush().await?;
                anyhow::Ok(())
            };
            let read = async {
                let mut piece = vec![0; PIECE];
                let mut total = 0;
                while total < bytes {
                    let got = reader.read(&mut piece).await?;
                    ensure!(got > 0, "the echo ended after {total} of {bytes} bytes");
                    total += got as u64;
                }
                ensure!(total == bytes, "the echo sent {total} bytes, not {bytes}");
                Ok(())
            };
            tokio::try_join!(write, read)?;
            (begun.elapsed(), pieces, bytes)
        }
    };
    stream.shutdown().await?;
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::Pki;
    use crate::echo::TcpServer;
    use crate::log::End;
    use crate::tls::{TlsServer, client_config, post_quantum};
    use crate::udp::UdpPeer;

    const LIMIT: Duration = Duration::from_secs(10);

    const WORKLOADS: [Workload; 3] = [
        Workload::Connects(20),
        Workload::PingPong(200),
        Workload::Bulk(4),
    ];

    #[tokio::test]
    async fn measures_tcp() {
        let server = TcpServer::echo("127.0.0.1").unwrap();
        for (workload, (ops, bytes)) in
            WORKLOADS
                .into_iter()
                .zip([(20, 0), (200, 800), (64, 4 << 20)])
        {
            let measured = measure(server.addr(), None, workload, LIMIT).await.unwrap();
            assert_eq!(measured.mode, workload.name());
            assert_eq!((measured.ops, measured.bytes), (ops, bytes));
            assert!(measured.seconds > 0.0);
        }
        let log = server.until(LIMIT, |log| log.all_ended(22)).await.unwrap();
        assert_eq!(log.read(), 800 + (4 << 20));
        assert!(log.connections.iter().all(|c| c.end == Some(End::Clean)));
    }

    #[tokio::test]
    async fn measures_datagrams() {
        for ip in ["127.0.0.1", "::1"] {
            let server = UdpPeer::reflector(ip).unwrap();
            let measured = measure(server.addr(), None, Workload::Datagrams(1000), LIMIT);
            let measured = measured.await.unwrap();
            assert_eq!(measured.mode, "datagrams");
            assert_eq!(measured.bytes, measured.ops * DATAGRAM as u64);
            assert!(measured.ops > 900, "{measured:?}");
        }
    }

    #[tokio::test]
    async fn measures_tls() {
        let pki = Pki::new().unwrap();
        let leaf = pki.issue(&["localhost"]).unwrap();
        let server = TlsServer::echo("::1", &leaf).unwrap();
        let tls = Tls {
            config: Arc::new(client_config(post_quantum(), pki.roots().unwrap()).unwrap()),
            name: ServerName::try_from("localhost").unwrap(),
        };
        for workload in WORKLOADS {
            measure(server.addr(), Some(&tls), workload, LIMIT)
                .await
                .unwrap();
        }
        let log = server.until(LIMIT, |log| log.all_ended(22)).await.unwrap();
        assert_eq!(log.read(), 800 + (4 << 20));
        assert!(log.connections.iter().all(|c| c.end == Some(End::Clean)));
        let sessions: Vec<_> = log.connections.iter().flat_map(|c| &c.session).collect();
        assert_eq!(sessions.len(), 22);
        assert!(sessions.iter().all(|s| !s.resumed));
    }

    #[tokio::test]
    async fn gives_up_at_the_limit() {
        let server = TcpServer::start("127.0.0.1", crate::behaviour::Behaviour::Discard).unwrap();
        let limit = Duration::from_millis(50);
        let error = measure(server.addr(), None, Workload::PingPong(1), limit).await;
        assert!(error.is_err());
    }
}
