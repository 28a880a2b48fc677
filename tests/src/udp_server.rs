//! A UDP server: an echo, or one that floods whoever sends to it.

use crate::worker::Worker;
use anyhow::{Context, Result};
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::watch;

/// What a server asks the system to keep for it, who may give less.
const BUFFER: usize = 4 * 1024 * 1024;

/// What arrived, and from whom.
pub type Datagrams = Vec<(SocketAddr, Vec<u8>)>;

/// A UDP server on loopback; gone when dropped.
#[derive(Debug)]
pub struct UdpServer {
    addr: SocketAddr,
    seen: Arc<watch::Sender<Datagrams>>,
    _worker: Worker,
}

impl UdpServer {
    /// Sends every datagram back.
    pub fn echo(ip: &str) -> Result<Self> {
        Self::start(ip, false)
    }

    /// Sends to whoever was the first to send something, without end, and still receives.
    pub fn flood(ip: &str) -> Result<Self> {
        Self::start(ip, true)
    }

    fn start(ip: &str, floods: bool) -> Result<Self> {
        let ip: IpAddr = ip.parse().with_context(|| ip.to_owned())?;
        let addr = SocketAddr::new(ip, 0);
        let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_recv_buffer_size(BUFFER)?;
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        let socket: std::net::UdpSocket = socket.into();
        let addr = socket.local_addr()?;
        let seen = Arc::new(watch::Sender::new(Vec::new()));
        let recorder = seen.clone();
        let worker = Worker::start("udp server", move || async move {
            let socket = UdpSocket::from_std(socket).expect("a runtime is running here");
            let socket = Arc::new(socket);
            let mut data = vec![0; 65536];
            loop {
                // What the system says of an earlier datagram is of no interest.
                let Ok((count, sender)) = socket.recv_from(&mut data).await else {
                    continue;
                };
                let data = &data[..count];
                recorder.send_modify(|all| all.push((sender, data.to_vec())));
                if !floods {
                    let _ = socket.send_to(data, sender).await;
                } else if recorder.borrow().len() == 1 {
                    tokio::spawn(flood(socket.clone(), sender));
                }
            }
        })?;
        Ok(Self {
            addr,
            seen,
            _worker: worker,
        })
    }

    /// Where it is bound.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What arrived so far.
    #[must_use]
    pub fn seen(&self) -> Datagrams {
        self.seen.borrow().clone()
    }

    /// Waits until `enough` is true of what arrived, at most for `limit`.
    pub async fn until(
        &self,
        limit: Duration,
        enough: impl FnMut(&Datagrams) -> bool,
    ) -> Result<Datagrams> {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(limit, seen.wait_for(enough)).await;
        let seen = waited.with_context(|| format!("after {limit:?}: {:?}", self.seen()))?;
        Ok(seen?.clone())
    }
}

async fn flood(socket: Arc<UdpSocket>, to: SocketAddr) {
    loop {
        for _ in 0..32 {
            let _ = socket.send_to(&[b'x'; 1000], to).await;
        }
        tokio::task::yield_now().await;
    }
}

/// A port on loopback where nobody listens, most likely.
pub fn dead_port(ip: &str) -> Result<u16> {
    Ok(std::net::UdpSocket::bind((ip, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn echoes_and_tells() {
        for ip in ["127.0.0.1", "::1"] {
            let server = UdpServer::echo(ip).unwrap();
            let socket = std::net::UdpSocket::bind((ip, 0)).unwrap();
            socket.set_read_timeout(Some(LIMIT)).unwrap();
            for data in [&b"hello"[..], b""] {
                socket.send_to(data, server.addr()).unwrap();
                let mut back = [0; 10];
                let (count, sender) = socket.recv_from(&mut back).unwrap();
                assert_eq!((&back[..count], sender), (data, server.addr()));
            }
            let seen = server.until(LIMIT, |it| it.len() == 2).await.unwrap();
            assert_eq!(seen[0], (socket.local_addr().unwrap(), b"hello".to_vec()));
        }
    }

    #[test]
    fn floods() {
        let server = UdpServer::flood("127.0.0.1").unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        socket.send_to(b"go", server.addr()).unwrap();
        for _ in 0..100 {
            assert_eq!(socket.recv(&mut [0; 2000]).unwrap(), 1000);
        }
    }
}
