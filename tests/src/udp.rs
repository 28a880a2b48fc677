//! UDP peers: an echo, and one that only listens; and ports where nobody is.

use crate::worker::Worker;
use anyhow::{Context, Result, bail};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The most that a datagram has.
const LARGEST: usize = 65_535;

/// For how much the kernel has room, so that it loses nothing while the peer has no turn.
const BUFFER: usize = 4 * 1024 * 1024;

/// A datagram that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Its bytes.
    pub data: Vec<u8>,
    /// The sender.
    pub from: SocketAddr,
}

/// A peer on loopback; it is gone when dropped.
#[derive(Debug)]
pub struct UdpPeer {
    addr: SocketAddr,
    socket: UdpSocket,
    log: Arc<watch::Sender<Vec<Datagram>>>,
    _worker: Worker,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    /// Sends back what it gets, and remembers it.
    Echo,
    /// Sends back what it gets, as fast as it can.
    Reflect,
    /// Remembers what it gets.
    Listen,
}

impl UdpPeer {
    /// An echo at `ip`, at a port that the kernel chooses.
    pub fn echo(ip: &str) -> Result<Self> {
        Self::start(bind(at(ip)?)?, Behaviour::Echo)
    }

    /// An echo at each of these addresses, at one and the same port that the kernel chooses.
    pub fn echo_at_each(ips: &[&str]) -> Result<Vec<Self>> {
        let sockets = taken(ips)?.into_iter();
        let echoes = sockets.map(|socket| Self::start(socket, Behaviour::Echo));
        echoes.collect()
    }

    /// An echo that remembers nothing, and so is fast.
    pub fn reflector(ip: &str) -> Result<Self> {
        Self::start(bind(at(ip)?)?, Behaviour::Reflect)
    }

    /// Somebody who listens at `ip`, at a port that the kernel chooses.
    pub fn listener(ip: &str) -> Result<Self> {
        Self::start(bind(at(ip)?)?, Behaviour::Listen)
    }

    /// An echo at exactly this address.
    pub fn echo_at(addr: SocketAddr) -> Result<Self> {
        Self::start(bind(addr)?, Behaviour::Echo)
    }

    fn start(socket: UdpSocket, behaviour: Behaviour) -> Result<Self> {
        let addr = socket.local_addr()?;
        let log = Arc::new(watch::Sender::new(Vec::new()));
        let (serving, recorder) = (socket.try_clone()?, log.clone());
        let worker = Worker::start("udp peer", move || async move {
            let socket = tokio::net::UdpSocket::from_std(serving);
            let socket = socket.expect("a runtime is running here");
            serve(&socket, behaviour, &recorder).await;
        })?;
        Ok(Self {
            addr,
            socket,
            log,
            _worker: worker,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it got so far.
    #[must_use]
    pub fn received(&self) -> Vec<Datagram> {
        self.log.borrow().clone()
    }

    /// Waits until `seen` is true of what it got, at most for `limit`.
    pub async fn until(
        &self,
        limit: Duration,
        mut seen: impl FnMut(&[Datagram]) -> bool,
    ) -> Result<Vec<Datagram>> {
        let mut changes = self.log.subscribe();
        let waited = tokio::time::timeout(limit, changes.wait_for(|all| seen(all))).await;
        match waited {
            Ok(Ok(all)) => Ok(all.clone()),
            _ => bail!(
                "not seen within {limit:?}; the peer got {} datagrams",
                self.log.borrow().len()
            ),
        }
    }

    /// Sends a datagram. On loopback it has arrived when this returns.
    pub fn send(&self, data: &[u8], to: SocketAddr) -> Result<()> {
        let sent = self.socket.send_to(data, to)?;
        anyhow::ensure!(sent == data.len(), "sent {sent} of {} bytes", data.len());
        Ok(())
    }
}

async fn serve(
    socket: &tokio::net::UdpSocket,
    behaviour: Behaviour,
    log: &watch::Sender<Vec<Datagram>>,
) {
    let mut buffer = vec![0; LARGEST];
    loop {
        // A datagram to nobody comes back as an error here, which says nothing about this peer.
        let Ok((size, from)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let data = &buffer[..size];
        if behaviour != Behaviour::Reflect {
            let datagram = Datagram {
                data: data.to_vec(),
                from,
            };
            log.send_modify(|all| all.push(datagram));
        }
        if behaviour != Behaviour::Listen {
            let _ = socket.send_to(data, from).await;
        }
    }
}

fn at(ip: &str) -> Result<SocketAddr> {
    let ip: IpAddr = ip.parse().with_context(|| ip.to_owned())?;
    Ok(SocketAddr::new(ip, 0))
}

/// A UDP socket, which does not block, and alone at its address.
fn bind(addr: SocketAddr) -> Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_nonblocking(true)?;
    let bound = socket.bind(&addr.into());
    bound.with_context(|| format!("binding {addr}"))?;
    Ok(socket.into())
}

/// An address where nobody listens; the port is one that was free until now, and `ip` should be nobody else's.
pub fn dead(ip: &str) -> Result<SocketAddr> {
    Ok(bind(at(ip)?)?.local_addr()?)
}

/// One and the same free port, taken at each of these addresses.
pub fn taken(ips: &[&str]) -> Result<Vec<UdpSocket>> {
    let (first, rest) = ips.split_first().context("no address")?;
    'again: for _ in 0..100 {
        let mut taken = vec![bind(at(first)?)?];
        let port = taken[0].local_addr()?.port();
        for ip in rest {
            let mut addr = at(ip)?;
            addr.set_port(port);
            match bind(addr) {
                Ok(socket) => taken.push(socket),
                Err(_) => continue 'again,
            }
        }
        return Ok(taken);
    }
    bail!("no port is free on all of {ips:?}")
}

/// One and the same port at each of these addresses that refuses whatever comes: to a socket that is connected to itself
/// nobody else's datagrams belong.
pub fn refusing(ips: &[&str]) -> Result<Vec<UdpSocket>> {
    let sockets = taken(ips)?;
    for socket in &sockets {
        socket.connect(socket.local_addr()?)?;
    }
    Ok(sockets)
}

/// A port that stays free: no other test that looks for one finds it, and the kernel chooses it for nobody.
#[derive(Debug)]
pub struct Vacant {
    port: u16,
    _mark: UdpSocket,
}

impl Vacant {
    /// Where it is marked as found. Nobody should be there.
    const MARK: &str = "127.0.0.200";

    /// One that is free at each of these addresses.
    pub fn at_each(ips: &[&str]) -> Result<Self> {
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")?;
        let lowest = range.split_whitespace().next().context("no range")?;
        for port in (1024..lowest.parse()?).rev() {
            if let Some(vacant) = Self::this(port, ips)? {
                return Ok(vacant);
            }
        }
        bail!("no port is free on all of {ips:?} that the kernel would not choose")
    }

    /// This one, if it is free at each of these addresses and not found by another test.
    pub fn this(port: u16, ips: &[&str]) -> Result<Option<Self>> {
        let mut mark = None;
        for ip in [&Self::MARK].into_iter().chain(ips) {
            let mut addr = at(ip)?;
            addr.set_port(port);
            match UdpSocket::bind(addr) {
                Ok(socket) => mark = mark.or(Some(socket)),
                Err(e) if e.kind() == ErrorKind::AddrInUse => return Ok(None),
                Err(e) => return Err(e).with_context(|| format!("binding {addr}")),
            }
        }
        Ok(mark.map(|mark| Self { port, _mark: mark }))
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn echoes_and_remembers() {
        for ip in ["127.0.0.1", "::1"] {
            let echo = UdpPeer::echo(ip).unwrap();
            let listener = UdpPeer::listener(ip).unwrap();
            listener.send(b"", echo.addr()).unwrap();
            listener.send(b"hello", echo.addr()).unwrap();
            let back = listener.until(LIMIT, |all| all.len() == 2).await.unwrap();
            let expected = [&b""[..], b"hello"].map(|data| Datagram {
                data: data.to_vec(),
                from: echo.addr(),
            });
            assert_eq!(back, expected);
            assert_eq!(echo.received()[1].from, listener.addr());
        }
    }

    #[test]
    fn is_gone_once_dropped() {
        let echo = UdpPeer::echo("127.0.0.1").unwrap();
        let addr = echo.addr();
        assert!(bind(addr).is_err());
        drop(echo);
        drop(UdpPeer::echo_at(addr).unwrap());
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.connect(addr).unwrap();
        client.send(b"hello").unwrap();
        let refused = client.send(b"hello").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn takes_one_port_on_several_addresses() {
        let taken = taken(&["127.0.0.1", "::1"]).unwrap();
        let ports: Vec<_> = taken
            .iter()
            .map(|it| it.local_addr().unwrap().port())
            .collect();
        assert_eq!(ports[0], ports[1]);
    }

    #[test]
    fn refuses_and_keeps_the_port() {
        let refusing = refusing(&["127.0.0.1", "::1"]).unwrap();
        for (refusing, ip) in refusing.iter().zip(["127.0.0.1:0", "[::1]:0"]) {
            let addr = refusing.local_addr().unwrap();
            assert!(bind(addr).is_err());
            let client = UdpSocket::bind(ip).unwrap();
            client.connect(addr).unwrap();
            for _ in 0..3 {
                client.send(b"hello").unwrap();
                let refused = client.recv(&mut [0]).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
            }
        }
    }

    #[test]
    fn vacant_ports_are_free_and_different() {
        let ips = ["127.0.0.1", "::1"];
        let vacant = [(), ()].map(|()| Vacant::at_each(&ips).unwrap());
        assert_ne!(vacant[0].port(), vacant[1].port());
        let again = Vacant::this(vacant[0].port(), &ips).unwrap();
        assert!(again.is_none());
        for ip in ips {
            let mut addr = at(ip).unwrap();
            addr.set_port(vacant[0].port());
            drop(bind(addr).unwrap());
        }
    }
}
