//! A socket for connections.

use super::super::bindings::switchboard::posix::sockets as wit;
use super::super::bindings::switchboard::posix::sockets::{Credentials, Failure, Family};
use super::super::ctx::PosixCtx;
use super::super::grants::{Grants, SocketOption, permitted};
use super::address::{Address, unspecified};
use super::bind::{Existing, bind};
use super::peer::Peer;
use super::socket::Socket;
use super::streams::{Receiving, Sending};
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;
use wasmtime_wasi::sockets::SocketAddrUse;

/// How long to wait for a Unix server that has all the connections waiting that it wants, at first and at most. The system
/// tells nobody when that has changed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// The resource `stream-socket`.
#[derive(Debug)]
pub struct StreamSocket {
    family: Family,
    grants: Arc<Grants>,
    state: State,
}

#[derive(Debug)]
enum State {
    Unconnected {
        socket: Socket,
        bound: bool,
    },
    /// Whoever connects has it.
    Connecting,
    Connected {
        socket: Arc<Socket>,
        sending: bool,
        receiving: bool,
    },
    Closed,
}

/// A connection, made or not.
pub(crate) type Connecting = Result<Connection, Failure>;

/// A socket that is connected.
pub(crate) struct Connection(Socket);

impl StreamSocket {
    pub(crate) fn create(context: &PosixCtx, family: Family) -> Result<Self, Failure> {
        context.grants.permit_family(family, true)?;
        Ok(Self {
            family,
            grants: context.grants.clone(),
            state: State::Unconnected {
                socket: Socket::stream(family, context.grants.limits.socket()?)?,
                bound: false,
            },
        })
    }

    pub(crate) async fn bind(&mut self, address: wit::Address) -> Result<(), Failure> {
        let State::Unconnected { socket, bound } = &mut self.state else {
            return Err(Failure::InvalidState);
        };
        if *bound {
            return Err(Failure::InvalidState);
        }
        let address = Address::parse(address, self.family)?;
        if !address.is_unicast() {
            return Err(Failure::InvalidArgument);
        }
        let purpose = SocketAddrUse::TcpBind;
        bind(socket, &self.grants, address, purpose, Existing::Keep).await?;
        *bound = true;
        Ok(())
    }

    /// Begins to connect. What comes of it goes to [`StreamSocket::connected`].
    pub(crate) fn connect(
        &mut self,
        address: wit::Address,
    ) -> Result<impl Future<Output = Connecting> + Send + use<>, Failure> {
        if !matches!(self.state, State::Unconnected { .. }) {
            return Err(Failure::InvalidState);
        }
        let address = Address::parse_peer(address, self.family)?;
        if !address.is_unicast() {
            return Err(Failure::InvalidArgument);
        }
        let taken = std::mem::replace(&mut self.state, State::Connecting);
        let (grants, family) = (self.grants.clone(), self.family);
        Ok(async move {
            let State::Unconnected { socket, bound } = taken else {
                return Err(Failure::InvalidState);
            };
            if !bound && family != Family::Unix {
                // The system is going to choose the port.
                let free = unspecified(family);
                permitted(grants.network.permits(free, SocketAddrUse::TcpBind))?;
            }
            let peer = Peer::find(&grants, &address, &[SocketAddrUse::TcpConnect]).await?;
            connect(socket, &peer).await
        })
    }

    /// What came of connecting.
    pub(crate) fn connected(&mut self, connecting: Connecting) -> Result<(), Failure> {
        match connecting {
            Ok(Connection(socket)) => {
                self.state = State::Connected {
                    socket: socket.into(),
                    sending: false,
                    receiving: false,
                };
                Ok(())
            }
            Err(failure) => {
                self.state = State::Closed;
                Err(failure)
            }
        }
    }

    /// The direction to the peer; once.
    pub(crate) fn send(&mut self) -> Result<Sending, ErrorCode> {
        match &mut self.state {
            State::Connected {
                socket, sending, ..
            } if !*sending => {
                *sending = true;
                Ok(Sending(socket.clone()))
            }
            _ => Err(ErrorCode::InvalidState),
        }
    }

    /// The direction from the peer; once.
    pub(crate) fn receive(&mut self) -> Result<Receiving, ErrorCode> {
        match &mut self.state {
            State::Connected {
                socket, receiving, ..
            } if !*receiving => {
                *receiving = true;
                Ok(Receiving(socket.clone()))
            }
            _ => Err(ErrorCode::InvalidState),
        }
    }

    pub(crate) fn local_address(&self) -> Result<wit::Address, Failure> {
        if let State::Unconnected { bound: false, .. } = &self.state {
            return Err(Failure::InvalidState);
        }
        let address = self.socket()?.local_address()?;
        Ok(address.ok_or(Failure::InvalidState)?.into())
    }

    pub(crate) fn remote_address(&self) -> Result<wit::Address, Failure> {
        Ok(self.peer()?.remote_address()?.into())
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    pub(crate) fn peer_credentials(&self) -> Result<Credentials, Failure> {
        if self.family != Family::Unix {
            return Err(Failure::NotSupported);
        }
        self.peer()?.peer_credentials()
    }

    fn peer(&self) -> Result<&Socket, Failure> {
        match &self.state {
            State::Connected { socket, .. } => Ok(socket),
            _ => Err(Failure::InvalidState),
        }
    }

    fn socket(&self) -> Result<&Socket, Failure> {
        match &self.state {
            State::Unconnected { socket, .. } => Ok(socket),
            State::Connected { socket, .. } => Ok(socket),
            State::Connecting | State::Closed => Err(Failure::InvalidState),
        }
    }

    fn granted(&self, option: SocketOption) -> Result<&Socket, Failure> {
        let socket = self.socket()?.internet()?;
        self.grants.permit_option(option)?;
        Ok(socket)
    }
}

/// Options.
impl StreamSocket {
    pub(crate) fn no_delay(&self) -> Result<bool, Failure> {
        self.socket()?.no_delay()
    }

    pub(crate) fn set_no_delay(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::NoDelay)?.set_no_delay(value)
    }

    pub(crate) fn reuse_address(&self) -> Result<bool, Failure> {
        self.socket()?.reuse_address()
    }

    pub(crate) fn set_reuse_address(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::ReuseAddress)?
            .set_reuse_address(value)
    }

    pub(crate) fn reuse_port(&self) -> Result<bool, Failure> {
        self.socket()?.reuse_port()
    }

    pub(crate) fn set_reuse_port(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::ReusePort)?.set_reuse_port(value)
    }

    pub(crate) fn keep_alive_enabled(&self) -> Result<bool, Failure> {
        self.socket()?.keep_alive_enabled()
    }

    pub(crate) fn set_keep_alive_enabled(&self, value: bool) -> Result<(), Failure> {
        self.socket()?.set_keep_alive_enabled(value)
    }

    pub(crate) fn keep_alive_idle_time(&self) -> Result<u64, Failure> {
        self.socket()?.keep_alive_idle_time()
    }

    pub(crate) fn set_keep_alive_idle_time(&self, value: u64) -> Result<(), Failure> {
        self.socket()?.set_keep_alive_idle_time(value)
    }

    pub(crate) fn keep_alive_interval(&self) -> Result<u64, Failure> {
        self.socket()?.keep_alive_interval()
    }

    pub(crate) fn set_keep_alive_interval(&self, value: u64) -> Result<(), Failure> {
        self.socket()?.set_keep_alive_interval(value)
    }

    pub(crate) fn keep_alive_count(&self) -> Result<u32, Failure> {
        self.socket()?.keep_alive_count()
    }

    pub(crate) fn set_keep_alive_count(&self, value: u32) -> Result<(), Failure> {
        self.socket()?.set_keep_alive_count(value)
    }

    pub(crate) fn hop_limit(&self) -> Result<u8, Failure> {
        self.socket()?.hop_limit()
    }

    pub(crate) fn set_hop_limit(&self, value: u8) -> Result<(), Failure> {
        self.socket()?.set_hop_limit(value)
    }

    pub(crate) fn receive_buffer_size(&self) -> Result<u64, Failure> {
        self.socket()?.receive_buffer_size()
    }

    pub(crate) fn set_receive_buffer_size(&self, value: u64) -> Result<(), Failure> {
        self.socket()?.set_receive_buffer_size(value)
    }

    pub(crate) fn send_buffer_size(&self) -> Result<u64, Failure> {
        self.socket()?.send_buffer_size()
    }

    pub(crate) fn set_send_buffer_size(&self, value: u64) -> Result<(), Failure> {
        self.socket()?.set_send_buffer_size(value)
    }
}

async fn connect(socket: Socket, peer: &Peer) -> Connecting {
    let mut pause = PAUSES.0;
    loop {
        match peer.connect(&socket) {
            Ok(()) => return Ok(Connection(socket.watched()?)),
            // It goes on by itself: connect(2).
            Err(Errno::INPROGRESS | Errno::INTR) if socket.family() != Family::Unix => break,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if socket.family() == Family::Unix => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    let socket = socket.watched()?;
    socket.writable().await?;
    socket_error(&socket)??;
    Ok(Connection(socket))
}
