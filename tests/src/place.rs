//! An address taken on loopback: bound, so nobody else gets it, and not yet listening.

use anyhow::{Context, Result, bail};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// A bound TCP socket. Until it listens, the kernel refuses (RST) whoever connects to it.
#[derive(Debug)]
pub struct Place {
    socket: Socket,
    addr: SocketAddr,
}

impl Place {
    /// Takes a port the kernel chooses on `ip`; any of 127.0.0.0/8, or `::1`.
    pub fn at(ip: impl Into<IpAddr>) -> Result<Self> {
        Self::bind(SocketAddr::new(ip.into(), 0))
    }

    /// Takes one and the same port, which the kernel chooses, on every one of `ips`; in their order.
    pub fn at_each(ips: &[IpAddr]) -> Result<Vec<Self>> {
        let (first, rest) = ips.split_first().context("no address to take a port on")?;
        'again: for _ in 0..100 {
            let mut places = vec![Self::at(*first)?];
            let port = places[0].addr.port();
            for ip in rest {
                match Self::bind(SocketAddr::new(*ip, port)) {
                    Ok(place) => places.push(place),
                    Err(e) if is_in_use(&e) => continue 'again,
                    Err(e) => return Err(e),
                }
            }
            return Ok(places);
        }
        bail!("no port is free on all of {ips:?}")
    }

    /// The address taken.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Listens, with room for `backlog + 1` connections that wait to be accepted.
    ///
    /// The listener does not block, which is what tokio's `from_std` asks for.
    pub fn listen(self, backlog: i32) -> Result<TcpListener> {
        self.socket
            .listen(backlog)
            .with_context(|| format!("listening on {}", self.addr))?;
        self.socket.set_nonblocking(true)?;
        Ok(self.socket.into())
    }

    fn bind(addr: SocketAddr) -> Result<Self> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        if addr.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket
            .bind(&addr.into())
            .with_context(|| format!("binding {addr}"))?;
        let addr = socket
            .local_addr()?
            .as_socket()
            .context("a TCP socket without an address")?;
        Ok(Self { socket, addr })
    }
}

fn is_in_use(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| e.kind() == ErrorKind::AddrInUse)
}

/// Whatever says where a server is to be: an address (with a port the kernel chooses) or a [`Place`] already
/// taken.
pub trait IntoPlace {
    /// Takes the place.
    fn into_place(self) -> Result<Place>;
}

impl IntoPlace for Place {
    fn into_place(self) -> Result<Place> {
        Ok(self)
    }
}

impl IntoPlace for IpAddr {
    fn into_place(self) -> Result<Place> {
        Place::at(self)
    }
}

impl IntoPlace for Ipv4Addr {
    fn into_place(self) -> Result<Place> {
        Place::at(self)
    }
}

impl IntoPlace for Ipv6Addr {
    fn into_place(self) -> Result<Place> {
        Place::at(self)
    }
}

impl IntoPlace for &str {
    fn into_place(self) -> Result<Place> {
        let ip: IpAddr = self
            .parse()
            .with_context(|| format!("{self:?} is no IP address"))?;
        Place::at(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn listens_where_it_was_bound() {
        for ip in ["127.0.0.1", "127.5.6.7", "::1"] {
            let place = ip.into_place().unwrap();
            let addr = place.addr();
            assert_ne!(addr.port(), 0);
            let listener = place.listen(8).unwrap();
            assert_eq!(listener.local_addr().unwrap(), addr);
            TcpStream::connect(addr).unwrap();
        }
        assert!("localhost".into_place().is_err());
    }

    #[test]
    fn takes_one_port_on_several_addresses() {
        let ips = ["127.0.0.1", "127.0.0.2", "::1"].map(|ip| ip.parse().unwrap());
        let places = Place::at_each(&ips).unwrap();
        let port = places[0].addr().port();
        for (place, ip) in places.iter().zip(ips) {
            assert_eq!(place.addr(), SocketAddr::new(ip, port));
        }
        assert!(Place::at_each(&[]).is_err());
    }
}
