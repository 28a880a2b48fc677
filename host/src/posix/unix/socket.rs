//! A socket of the system.

use super::super::bindings::switchboard::posix::sockets::{Credentials, Failure, Family};
use super::address::{Address, Name, unspecified};
use rustix::net::sockopt::socket_error;
use socket2::{Domain, Protocol, Type};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::task::{Context, Poll};
use tokio::io::Interest;
use tokio::sync::OwnedSemaphorePermit;

/// What a receiver waits for. Linux tells of a datagram that nobody took as an error, and not as something to be read.
const HEARD: Interest = Interest::READABLE.add(Interest::ERROR);

/// A socket, and its place among those that the component may have. It never blocks.
#[derive(Debug)]
pub(super) struct Socket {
    kind: Kind,
    family: Family,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Kind {
    /// Those that do not connect yet: tokio would take them for ready.
    NewTcp(std::net::TcpStream),
    NewUnixStream(std::os::unix::net::UnixStream),
    Tcp(tokio::net::TcpStream),
    UnixStream(tokio::net::UnixStream),
    Udp(tokio::net::UdpSocket),
    UnixDatagram(tokio::net::UnixDatagram),
}

/// What every kind has by the same name.
macro_rules! each {
    ($kind:expr, $socket:ident => $does:expr) => {
        match $kind {
            Kind::NewTcp($socket) => $does,
            Kind::NewUnixStream($socket) => $does,
            Kind::Tcp($socket) => $does,
            Kind::UnixStream($socket) => $does,
            Kind::Udp($socket) => $does,
            Kind::UnixDatagram($socket) => $does,
        }
    };
}

/// What those have by the same name that tokio knows. There is no such thing of the others.
macro_rules! each_known {
    ($kind:expr, $socket:ident => $does:expr, $otherwise:expr) => {
        match $kind {
            Kind::Tcp($socket) => $does,
            Kind::UnixStream($socket) => $does,
            Kind::Udp($socket) => $does,
            Kind::UnixDatagram($socket) => $does,
            Kind::NewTcp(_) | Kind::NewUnixStream(_) => $otherwise,
        }
    };
}

impl Socket {
    /// A new one for connections.
    pub(super) fn stream(family: Family, place: OwnedSemaphorePermit) -> Result<Self, Failure> {
        let socket = create(family, Type::STREAM)?;
        let kind = match family {
            Family::Unix => Kind::NewUnixStream(socket.into()),
            Family::Inet | Family::Inet6 => Kind::NewTcp(socket.into()),
        };
        Ok(Self {
            kind,
            family,
            _place: place,
        })
    }

    /// A new one for datagrams.
    pub(super) fn datagrams(family: Family, place: OwnedSemaphorePermit) -> Result<Self, Failure> {
        let socket = create(family, Type::DGRAM)?;
        let kind = match family {
            Family::Unix => Kind::UnixDatagram(tokio::net::UnixDatagram::from_std(socket.into())?),
            Family::Inet | Family::Inet6 => {
                Kind::Udp(tokio::net::UdpSocket::from_std(socket.into())?)
            }
        };
        Ok(Self {
            kind,
            family,
            _place: place,
        })
    }

    /// Connects from now on, or is connected: tokio may watch it.
    pub(super) fn watched(self) -> io::Result<Self> {
        let kind = match self.kind {
            Kind::NewTcp(socket) => Kind::Tcp(tokio::net::TcpStream::from_std(socket)?),
            Kind::NewUnixStream(socket) => {
                Kind::UnixStream(tokio::net::UnixStream::from_std(socket)?)
            }
            known => known,
        };
        Ok(Self { kind, ..self })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// `not-supported` of a Unix socket, which has none of TCP's and IP's options.
    pub(super) fn internet(&self) -> Result<&Self, Failure> {
        match self.family {
            Family::Unix => Err(Failure::NotSupported),
            Family::Inet | Family::Inet6 => Ok(self),
        }
    }

    /// The address of this side; none of an Internet socket that has no port yet.
    pub(super) fn local_address(&self) -> Result<Option<Address>, Failure> {
        let address = each!(&self.kind, socket => Address::from(socket.local_addr()?));
        Ok(Some(address).filter(|it| *it != Address::Inet(unspecified(self.family))))
    }

    /// The peer's address.
    pub(super) fn remote_address(&self) -> Result<Address, Failure> {
        Ok(each!(&self.kind, socket => Address::from(socket.peer_addr()?)))
    }

    /// Who the peer is.
    pub(super) fn peer_credentials(&self) -> Result<Credentials, Failure> {
        let Kind::UnixStream(socket) = &self.kind else {
            return Err(Failure::NotSupported);
        };
        let credentials = socket.peer_cred()?;
        let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
        Ok(Credentials {
            // 0 is one of another namespace.
            pid: pid.filter(|pid| *pid != 0),
            uid: credentials.uid(),
            gid: credentials.gid(),
        })
    }

    /// Waits until something has come in, or something else can be told.
    pub(super) async fn readable(&self) -> io::Result<()> {
        let ready = each_known!(&self.kind, socket => socket.ready(HEARD).await, Err(unknown()));
        ready.map(drop)
    }

    /// Waits until something can go out, or something else can be told.
    pub(super) async fn writable(&self) -> io::Result<()> {
        each_known!(&self.kind, socket => socket.writable().await, Err(unknown()))
    }

    /// As [`Socket::readable`], of a stream.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.kind {
            Kind::Tcp(socket) => socket.poll_read_ready(context),
            Kind::UnixStream(socket) => socket.poll_read_ready(context),
            _ => Poll::Ready(Err(unknown())),
        }
    }

    /// As [`Socket::writable`], of a stream.
    pub(super) fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.kind {
            Kind::Tcp(socket) => socket.poll_write_ready(context),
            Kind::UnixStream(socket) => socket.poll_write_ready(context),
            _ => Poll::Ready(Err(unknown())),
        }
    }

    /// Does what the socket may not be ready for: then it is [`io::ErrorKind::WouldBlock`], and the next wait is for a change.
    pub(super) fn attempt<T>(
        &self,
        interest: Interest,
        attempt: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        each_known!(&self.kind, socket => socket.try_io(interest, attempt), Err(unknown()))
    }

    /// Takes a datagram, with its size and its sender; as much of it as there is room for.
    pub(super) fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Address)> {
        let received = match &self.kind {
            Kind::Udp(socket) => {
                let received = socket.try_recv_from(buffer);
                received.map(|(size, from)| (size, from.into()))
            }
            Kind::UnixDatagram(socket) => {
                let received = socket.try_recv_from(buffer);
                received.map(|(size, from)| (size, from.into()))
            }
            _ => Err(unknown()),
        };
        match received {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.attempt(Interest::ERROR, || {
                    let pending = socket_error(self)?;
                    Err(pending.map_or_else(Into::into, |()| error))
                })
            }
            received => received,
        }
    }
}

fn create(family: Family, sort: Type) -> io::Result<socket2::Socket> {
    let protocol = match sort {
        _ if family == Family::Unix => None,
        Type::STREAM => Some(Protocol::TCP),
        _ => Some(Protocol::UDP),
    };
    let domain = match family {
        Family::Unix => Domain::UNIX,
        Family::Inet => Domain::IPV4,
        Family::Inet6 => Domain::IPV6,
    };
    let socket = socket2::Socket::new(domain, sort, protocol)?;
    socket.set_nonblocking(true)?;
    if family == Family::Inet6 {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// What this kind of socket does not do.
fn unknown() -> io::Error {
    io::ErrorKind::Unsupported.into()
}

impl From<std::net::SocketAddr> for Address {
    fn from(address: std::net::SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl From<std::os::unix::net::SocketAddr> for Address {
    fn from(address: std::os::unix::net::SocketAddr) -> Self {
        Self::Unix(Name::from(&address))
    }
}

impl From<tokio::net::unix::SocketAddr> for Address {
    fn from(address: tokio::net::unix::SocketAddr) -> Self {
        std::os::unix::net::SocketAddr::from(address).into()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(&self.kind, socket => socket.as_fd())
    }
}
