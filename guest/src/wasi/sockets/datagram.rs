//! A socket for datagrams.

use super::options::set_datagram_options;
use super::posix;
use crate::address::Address;
use crate::endpoint::EndpointOptions;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::lookup::Family;
use crate::options::SocketOptions;
use crate::wasi::bindings::wasi::sockets::types::{IpAddressFamily, UdpSocket};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// A socket for datagrams.
#[derive(Debug)]
pub(in crate::wasi) enum DatagramSocket {
    Wasi(UdpSocket),
    Posix(posix::DatagramSocket),
}

impl From<UdpSocket> for DatagramSocket {
    fn from(socket: UdpSocket) -> Self {
        Self::Wasi(socket)
    }
}

impl DatagramSocket {
    /// A new UDP socket with these options. It is WASI's unless there is one that WASI does not have.
    pub(in crate::wasi) fn udp(ipv6: bool, options: &EndpointOptions) -> Result<Self, Failure> {
        let family = match ipv6 {
            false => IpAddressFamily::Ipv4,
            true => IpAddressFamily::Ipv6,
        };
        let socket = match options.beyond_wasi() {
            Some(name) => Self::Posix(posix::DatagramSocket::udp(family, options, name)?),
            None => {
                let socket = UdpSocket::create(family);
                Self::Wasi(socket.map_err(|code| OsFailure::new(code.into()))?)
            }
        };
        socket.set(&options.socket)?;
        Ok(socket)
    }

    /// A new Unix socket with these options.
    pub(in crate::wasi) fn unix(options: &EndpointOptions) -> Result<Self, Failure> {
        let socket = Self::Posix(posix::DatagramSocket::unix()?);
        options.check_unix()?;
        socket.set(&options.socket)?;
        Ok(socket)
    }

    /// Sets the options; a failure names the one that could not be set.
    pub(in crate::wasi) fn set(&self, options: &SocketOptions) -> Result<(), OsFailure> {
        match self {
            Self::Wasi(socket) => set_datagram_options!(socket, options),
            Self::Posix(socket) => socket.set(options),
        }
    }

    /// Binds to one of one's own addresses; a path where a socket was left is taken over (B.4).
    pub(in crate::wasi) fn bind(&self, to: Address) -> Result<(), OsFailure> {
        let bound = match (self, to) {
            (Self::Wasi(socket), Address::Ip(to)) => {
                socket.bind(to.into()).map_err(SocketError::from)
            }
            (Self::Wasi(_), Address::Unix(_)) => Err(SocketError::NotSupported),
            (Self::Posix(socket), to) => socket.bind(to),
        };
        bound.map_err(OsFailure::new)
    }

    /// Restricts the socket to a peer. Nothing is sent.
    pub(in crate::wasi) fn connect(&self, to: Address) -> Result<(), OsFailure> {
        if to.ip().is_some_and(|it| it.port() == 0) {
            return Err(OsFailure {
                code: SocketError::InvalidArgument,
                message: "[Errno 22] Invalid argument: WASI connects no socket to port 0".into(),
            });
        }
        let connected = match (self, to) {
            (Self::Wasi(socket), Address::Ip(to)) => {
                socket.connect(to.into()).map_err(SocketError::from)
            }
            (Self::Wasi(_), Address::Unix(_)) => Err(SocketError::NotSupported),
            (Self::Posix(socket), to) => socket.connect(to),
        };
        connected.map_err(OsFailure::new)
    }

    /// Sends a datagram; to the peer, if it is nowhere.
    pub(in crate::wasi) async fn send(
        &self,
        data: Vec<u8>,
        to: Option<Address>,
    ) -> Result<(), SocketError> {
        match self {
            Self::Wasi(socket) => {
                let to = to.and_then(|it| it.ip()).map(Into::into);
                Ok(socket.send(data, to).await?)
            }
            Self::Posix(socket) => socket.send(data, to).await,
        }
    }

    /// Waits for a datagram, and gives it with its sender.
    pub(in crate::wasi) async fn receive(&self) -> Result<(Vec<u8>, Address), SocketError> {
        match self {
            Self::Wasi(socket) => {
                let (data, sender) = socket.receive().await?;
                Ok((data, SocketAddr::from(sender).into()))
            }
            Self::Posix(socket) => socket.receive().await,
        }
    }

    /// The address of this side; of a Unix socket that has none it is empty.
    pub(in crate::wasi) fn local_address(&self) -> Option<Address> {
        match self {
            Self::Wasi(socket) => {
                let address = socket.get_local_address().ok();
                address.map(|it| SocketAddr::from(it).into())
            }
            Self::Posix(socket) => socket.local_address(),
        }
    }

    pub(in crate::wasi) fn remote_address(&self) -> Option<Address> {
        match self {
            Self::Wasi(socket) => {
                let address = socket.get_remote_address().ok();
                address.map(|it| SocketAddr::from(it).into())
            }
            Self::Posix(socket) => socket.remote_address(),
        }
    }

    pub(in crate::wasi) fn family(&self) -> Family {
        match self {
            Self::Wasi(socket) => match socket.get_address_family() {
                IpAddressFamily::Ipv4 => Family::Inet,
                IpAddressFamily::Ipv6 => Family::Inet6,
            },
            Self::Posix(socket) => socket.family(),
        }
    }

    /// Where a socket that has no port yet is to be bound: WASI receives nothing before.
    pub(in crate::wasi) fn unbound(&self) -> Option<SocketAddr> {
        let bound = self.local_address().and_then(|it| it.ip());
        // One that was connected and disconnected again has lost its port.
        match (bound.is_some_and(|it| it.port() != 0), self.family()) {
            (true, _) | (false, Family::Unix) => None,
            (false, Family::Inet6) => Some((Ipv6Addr::UNSPECIFIED, 0).into()),
            (false, Family::Inet) => Some((Ipv4Addr::UNSPECIFIED, 0).into()),
        }
    }

    /// Whether anybody can send something to it.
    pub(in crate::wasi) fn can_receive(&self) -> bool {
        let has_name = |it: Option<Address>| it.is_some_and(|it| it != Address::Unix(Vec::new()));
        has_name(self.local_address()) || has_name(self.remote_address())
    }
}
