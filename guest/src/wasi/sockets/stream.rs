//! A socket for connections.

use super::options::set_stream_options;
use super::posix;
use crate::address::{self, Address};
use crate::failure::{AttemptFailure, Failure, OsFailure, SocketError};
use crate::options::SocketOptions;
use crate::unix::Credentials;
use crate::wasi::bindings::wasi::sockets::types::{ErrorCode, IpAddressFamily, TcpSocket};
use std::net::SocketAddr;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

/// A socket for connections.
#[derive(Debug)]
pub(in crate::wasi) enum StreamSocket {
    Wasi(TcpSocket),
    Posix(posix::StreamSocket),
}

impl From<TcpSocket> for StreamSocket {
    fn from(socket: TcpSocket) -> Self {
        Self::Wasi(socket)
    }
}

impl StreamSocket {
    /// A new TCP socket for connections to this address, with these options.
    pub(in crate::wasi) fn tcp(to: SocketAddr, options: &SocketOptions) -> Result<Self, OsFailure> {
        let family = match address::destination(to) {
            SocketAddr::V4(_) => IpAddressFamily::Ipv4,
            SocketAddr::V6(_) => IpAddressFamily::Ipv6,
        };
        let socket = match posix::StreamSocket::tcp(family, options.no_delay)? {
            Some(socket) => Self::Posix(socket),
            None => {
                let socket = TcpSocket::create(family);
                Self::Wasi(socket.map_err(|code| OsFailure::new(code.into()))?)
            }
        };
        socket.set(options)?;
        Ok(socket)
    }

    /// A new Unix socket, with these options.
    pub(in crate::wasi) fn unix(options: &SocketOptions) -> Result<Self, Failure> {
        let socket = Self::Posix(posix::StreamSocket::unix()?);
        socket.set(options)?;
        Ok(socket)
    }

    /// Sets the options; a failure names the one that could not be set.
    pub(in crate::wasi) fn set(&self, options: &SocketOptions) -> Result<(), OsFailure> {
        match self {
            Self::Wasi(socket) => set_stream_options!(socket, options),
            Self::Posix(socket) => socket.set(options),
        }
    }

    /// Binds to one of one's own addresses (ASYNCIO A.5, rule 2).
    pub(in crate::wasi) fn bind(&self, to: SocketAddr) -> Result<(), OsFailure> {
        let address = address::local(to);
        let bound = match self {
            Self::Wasi(socket) => socket.bind(address.into()).map_err(SocketError::from),
            Self::Posix(socket) => socket.bind(address),
        };
        bound.map_err(|code| OsFailure::bind(code, to))
    }

    /// Connects (ASYNCIO A.5, rule 3).
    pub(in crate::wasi) async fn connect(&self, to: SocketAddr) -> Result<(), AttemptFailure> {
        if to.port() == 0 {
            // WASI refuses this port as an argument; on a network nobody can listen there (ASYNCIO A.3).
            return Err(OsFailure::connect(SocketError::ConnectionRefused, to).into());
        }
        let address = address::destination(to);
        let connected = match self {
            Self::Wasi(socket) => {
                let connected = socket.connect(address.into()).await;
                connected.map_err(SocketError::from)
            }
            Self::Posix(socket) => socket.connect(address.into()).await,
        };
        connected.map_err(|code| OsFailure::connect(code, to).into())
    }

    /// Connects a Unix socket (ASYNCIO C).
    pub(in crate::wasi) async fn connect_unix(&self, to: Address) -> Result<(), OsFailure> {
        let connected = match self {
            Self::Wasi(_) => Err(SocketError::NotSupported),
            Self::Posix(socket) => socket.connect(to).await,
        };
        connected.map_err(OsFailure::new)
    }

    pub(in crate::wasi) fn send(
        &self,
        data: StreamReader<u8>,
    ) -> FutureReader<Result<(), ErrorCode>> {
        match self {
            Self::Wasi(socket) => socket.send(data),
            Self::Posix(socket) => socket.send(data),
        }
    }

    pub(in crate::wasi) fn receive(
        &self,
    ) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        match self {
            Self::Wasi(socket) => socket.receive(),
            Self::Posix(socket) => socket.receive(),
        }
    }

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

    /// Who the peer is, of a Unix socket.
    pub(in crate::wasi) fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Wasi(_) => None,
            Self::Posix(socket) => socket.credentials(),
        }
    }
}
