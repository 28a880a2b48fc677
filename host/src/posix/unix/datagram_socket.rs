//! A socket for datagrams.

use super::super::bindings::switchboard::posix::sockets as wit;
use super::super::bindings::switchboard::posix::sockets::{Failure, Family};
use super::super::ctx::PosixCtx;
use super::super::grants::{Grants, SocketOption, permitted};
use super::address::{Address, unspecified};
use super::bind::{Existing, bind};
use super::peer::{NO_SIGNAL, Peer};
use super::socket::Socket;
use rustix::io::Errno;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use wasmtime_wasi::sockets::SocketAddrUse;

/// The most that a datagram may have: as much as asyncio reads.
const LARGEST: usize = 256 * 1024;

/// How long to wait for a Unix receiver that has no room, at first and at most. Without a peer the system may tell nobody when
/// it has.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

const EXCHANGE: [SocketAddrUse; 2] = [SocketAddrUse::UdpSend, SocketAddrUse::UdpReceive];

/// The resource `datagram-socket`.
#[derive(Debug)]
pub struct DatagramSocket {
    family: Family,
    grants: Arc<Grants>,
    socket: Arc<Socket>,
    bound: bool,
    /// The address that `connect` was given.
    peer: Option<Address>,
    desk: Arc<Mutex<Vec<u8>>>,
}

impl DatagramSocket {
    pub(crate) fn create(context: &PosixCtx, family: Family) -> Result<Self, Failure> {
        context.grants.permit_family(family, false)?;
        let socket = Socket::datagrams(family, context.grants.limits.socket()?)?;
        Ok(Self {
            family,
            grants: context.grants.clone(),
            socket: Arc::new(socket),
            bound: false,
            peer: None,
            desk: context.desk.clone(),
        })
    }

    pub(crate) async fn bind(&mut self, address: wit::Address) -> Result<(), Failure> {
        self.bind_with(address, Existing::Keep).await
    }

    pub(crate) async fn bind_replacing(&mut self, address: wit::Address) -> Result<(), Failure> {
        self.bind_with(address, Existing::Remove).await
    }

    async fn bind_with(
        &mut self,
        address: wit::Address,
        existing: Existing,
    ) -> Result<(), Failure> {
        if self.is_bound() {
            return Err(Failure::InvalidState);
        }
        let address = Address::parse(address, self.family)?;
        let purpose = SocketAddrUse::UdpBind;
        bind(&self.socket, &self.grants, address, purpose, existing).await?;
        self.bound = true;
        Ok(())
    }

    pub(crate) async fn connect(&mut self, address: wit::Address) -> Result<(), Failure> {
        let address = Address::parse_peer(address, self.family)?;
        self.permit_implicit_bind()?;
        let peer = Peer::find(&self.grants, &address, &EXCHANGE).await?;
        let socket = self.socket.clone();
        let connected = match peer.connect(&socket) {
            // Linux keeps the local address of the peer before, by which this one may not be reached.
            Err(Errno::INVAL) if self.peer.is_some() && self.family != Family::Unix => {
                let _ = rustix::net::connect_unspec(&socket);
                peer.connect(&socket)
            }
            connected => connected,
        };
        match connected {
            Ok(()) => self.peer = Some(address),
            // It may have lost the one before.
            Err(_) if socket.remote_address().is_err() => self.peer = None,
            Err(_) => {}
        }
        Ok(connected?)
    }

    pub(crate) fn disconnect(&mut self) -> Result<(), Failure> {
        if self.peer.is_none() {
            return Err(Failure::InvalidState);
        }
        // Linux may take its port from it, which remains bound in name.
        self.bound = self.is_bound();
        match rustix::net::connect_unspec(&self.socket) {
            // Some systems say so when they have done it.
            Err(Errno::AFNOSUPPORT | Errno::INVAL) if cfg!(target_vendor = "apple") => {}
            done => done?,
        }
        self.peer = None;
        Ok(())
    }

    /// Sends a datagram. The future does not need the socket.
    pub(crate) fn send(
        &mut self,
        data: Vec<u8>,
        address: Option<wit::Address>,
    ) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        let to = self.destination(address);
        let (grants, socket) = (self.grants.clone(), self.socket.clone());
        let room = self.grants.limits.sending();
        async move {
            let (to, _room) = (to?, room?);
            let Some(to) = to else {
                return send(&socket, |it| {
                    rustix::net::send(it, &data, NO_SIGNAL).map(drop)
                })
                .await;
            };
            let peer = Peer::find(&grants, &to, &EXCHANGE[..1]).await?;
            send(&socket, |it| peer.send(it, &data)).await
        }
    }

    /// Where to send to; nowhere in particular if that is the peer.
    fn destination(&mut self, address: Option<wit::Address>) -> Result<Option<Address>, Failure> {
        let address = match address {
            Some(address) => Some(Address::parse_peer(address, self.family)?),
            None => None,
        };
        match (&self.peer, address) {
            (Some(_), None) => Ok(None),
            (Some(peer), Some(address)) if *peer == address => Ok(None),
            (None, Some(address)) => {
                self.permit_implicit_bind()?;
                Ok(Some(address))
            }
            _ => Err(Failure::InvalidArgument),
        }
    }

    /// Receives a datagram. The future does not need the socket.
    pub(crate) fn receive(
        &mut self,
    ) -> impl Future<Output = Result<(Vec<u8>, wit::Address), Failure>> + Send + use<> {
        let open = self.is_bound() || self.peer.is_some();
        let (grants, socket) = (self.grants.clone(), self.socket.clone());
        let desk = self.desk.clone();
        async move {
            if !open {
                return Err(Failure::InvalidState);
            }
            let mut pause = PAUSES.0;
            loop {
                socket.readable().await?;
                let (data, from) = match take(&socket, &desk) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        // Another call was faster; or the socket was shut down, and is ready for ever.
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(PAUSES.1);
                        continue;
                    }
                    taken => taken?,
                };
                let heard = match &from {
                    Address::Inet(from) => grants.network.permits(*from, SocketAddrUse::UdpReceive),
                    Address::Unix(_) => true,
                };
                if heard {
                    let data = data.ok_or(Failure::DatagramTooLarge)?;
                    return Ok((data, from.into()));
                }
                // Or they who are not heard could keep all others from being so.
                tokio::task::yield_now().await;
            }
        }
    }

    pub(crate) fn local_address(&mut self) -> Result<wit::Address, Failure> {
        if !self.is_bound() && self.peer.is_none() {
            return Err(Failure::InvalidState);
        }
        let address = self.socket.local_address()?;
        Ok(address
            .unwrap_or(Address::Inet(unspecified(self.family)))
            .into())
    }

    pub(crate) fn remote_address(&self) -> Result<wit::Address, Failure> {
        match self.peer {
            Some(_) => Ok(self.socket.remote_address()?.into()),
            None => Err(Failure::InvalidState),
        }
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// Whether it has an address. The system gives one to an Internet socket that sends.
    fn is_bound(&mut self) -> bool {
        if !self.bound && self.family != Family::Unix {
            let address = self.socket.local_address();
            self.bound = address.is_ok_and(|it| it.is_some());
        }
        self.bound
    }

    fn permit_implicit_bind(&mut self) -> Result<(), Failure> {
        if self.family == Family::Unix || self.is_bound() {
            return Ok(());
        }
        let free: SocketAddr = unspecified(self.family);
        permitted(self.grants.network.permits(free, SocketAddrUse::UdpBind))
    }

    fn granted(&self, option: SocketOption) -> Result<&Socket, Failure> {
        let socket = self.socket.internet()?;
        self.grants.permit_option(option)?;
        Ok(socket)
    }
}

/// Options.
impl DatagramSocket {
    pub(crate) fn reuse_address(&self) -> Result<bool, Failure> {
        self.socket.reuse_address()
    }

    pub(crate) fn set_reuse_address(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::ReuseAddress)?
            .set_reuse_address(value)
    }

    pub(crate) fn reuse_port(&self) -> Result<bool, Failure> {
        self.socket.reuse_port()
    }

    pub(crate) fn set_reuse_port(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::ReusePort)?.set_reuse_port(value)
    }

    pub(crate) fn broadcast(&self) -> Result<bool, Failure> {
        self.socket.broadcast()
    }

    pub(crate) fn set_broadcast(&self, value: bool) -> Result<(), Failure> {
        self.granted(SocketOption::Broadcast)?.set_broadcast(value)
    }

    pub(crate) fn hop_limit(&self) -> Result<u8, Failure> {
        self.socket.hop_limit()
    }

    pub(crate) fn set_hop_limit(&self, value: u8) -> Result<(), Failure> {
        self.socket.set_hop_limit(value)
    }

    pub(crate) fn receive_buffer_size(&self) -> Result<u64, Failure> {
        self.socket.receive_buffer_size()
    }

    pub(crate) fn set_receive_buffer_size(&self, value: u64) -> Result<(), Failure> {
        self.socket.set_receive_buffer_size(value)
    }

    pub(crate) fn send_buffer_size(&self) -> Result<u64, Failure> {
        self.socket.send_buffer_size()
    }

    pub(crate) fn set_send_buffer_size(&self, value: u64) -> Result<(), Failure> {
        self.socket.set_send_buffer_size(value)
    }
}

/// Tries until the system takes it.
async fn send(
    socket: &Socket,
    attempt: impl Fn(&Socket) -> Result<(), Errno>,
) -> Result<(), Failure> {
    let mut pause = PAUSES.0;
    // A socket that once had an error is ready for ever to tokio, whether there is room or not: that alone is not waited for.
    let mut was_ready = false;
    loop {
        match attempt(socket) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // Again, where tokio hears that it is not ready, and then waits for a change.
                match socket.attempt(Interest::WRITABLE, || Ok(attempt(socket)?)) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    sent => return Ok(sent?),
                }
                if was_ready {
                    tokio::time::sleep(pause).await;
                    was_ready = false;
                } else if let Ok(ready) = tokio::time::timeout(pause, socket.writable()).await {
                    ready?;
                    was_ready = true;
                }
                pause = (pause * 2).min(PAUSES.1);
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Takes a datagram, and its sender; none if it is too large.
fn take(socket: &Socket, desk: &Mutex<Vec<u8>>) -> io::Result<(Option<Vec<u8>>, Address)> {
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    // A byte more shows that there was more.
    desk.resize(LARGEST + 1, 0);
    let (size, from) = socket.receive_from(&mut desk)?;
    let data = desk.get(..size).filter(|it| it.len() <= LARGEST);
    Ok((data.map(<[u8]>::to_vec), from))
}
