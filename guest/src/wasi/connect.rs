//! `create-connection`: lookup, race, handshake. Each await may be the last one: dropping the future closes everything.

use super::attempt::{Attempts, Established};
use super::bindings::wasi::sockets::types::TcpSocket;
use super::connection::Connection;
use super::lookup::{allowed, lookup};
use super::race::race;
use super::secure::secure;
use super::signal::Signal;
use super::sockets::{StreamSocket, check_no_delay};
use super::steps::{CallError, Steps};
use crate::failure::{Failure, OsFailure, Phase, SocketError};
use crate::interleave::interleave;
use crate::networks::Networks;
use crate::options::{Milestone, Options};
use crate::service::{End, HostAddress, Service};
use std::net::SocketAddr;
use std::rc::Rc;

/// The name of the call in asyncio.
pub(super) const CALL: &str = "create_connection";

pub(super) type ConnectError = CallError<TcpSocket>;

/// Opens a connection. Ends with `cancelled` when the signal is raised.
pub(super) async fn create_connection(
    options: Options,
    sock: Option<TcpSocket>,
    cancelled: &Signal,
) -> Result<Rc<Connection>, ConnectError> {
    let (networks, peer) = match accept(&options, sock.as_ref()) {
        Ok(accepted) => accepted,
        Err(failure) => return Err(ConnectError::refused(failure, sock)),
    };
    let call = Call {
        options: &options,
        networks,
        steps: Steps::start(),
    };
    let work = call.run(sock.zip(peer));
    let result = call.steps.bounded(work, options.timeout, cancelled).await;
    let timeline = call.steps.finish();
    match result {
        Ok(connection) => {
            connection.clock.set(call.steps.clock);
            connection.timeline.replace(timeline);
            Ok(connection)
        }
        Err(failure) => Err(ConnectError::failed(failure, timeline)),
    }
}

/// The checks before anything is done, after which the caller's socket, whose peer is told, is ours (ASYNCIO A.9).
fn accept(
    options: &Options,
    sock: Option<&TcpSocket>,
) -> Result<(Networks, Option<SocketAddr>), Failure> {
    options.check()?;
    let networks = Networks::parse(&options.refuse_networks)?;
    check_no_delay(&options.socket)?;
    if sock.is_some() && options.socket.no_delay == Some(true) {
        return Err(Failure::NotSupported(
            "no-delay: it cannot be set on sock, which is a socket of WASI".into(),
        ));
    }
    let peer = sock.map(peer).transpose()?;
    if let Some(peer) = peer {
        networks.check(peer)?;
    }
    Ok((networks, peer))
}

/// To whom a socket of the caller's is connected. asyncio finds out with the first read that it is not.
fn peer(sock: &TcpSocket) -> Result<SocketAddr, Failure> {
    let peer = sock.get_remote_address().map(SocketAddr::from);
    peer.map_err(|_| {
        Failure::Os(OsFailure {
            code: SocketError::InvalidState,
            message: "[Errno 107] Transport endpoint is not connected".into(),
        })
    })
}

/// One call of `create-connection`.
struct Call<'a> {
    options: &'a Options,
    networks: Networks,
    steps: Steps,
}

impl Call<'_> {
    /// `sock` comes with its peer.
    async fn run(&self, sock: Option<(TcpSocket, SocketAddr)>) -> Result<Rc<Connection>, Failure> {
        let options = self.options;
        if let Some((sock, peer)) = sock {
            let sock = StreamSocket::from(sock);
            sock.set(&options.socket)?;
            return self.secure(sock, peer).await;
        }
        let candidates = self.candidates().await?;
        let candidates = interleave(candidates, options.first_address_family_count());
        let local = self.local_addresses().await?;
        if options.race_until == Milestone::Tls {
            options.security().check()?;
        }
        let attempts = Attempts {
            options,
            steps: &self.steps,
            local: local.as_deref(),
        };
        match race(&candidates, attempts).await? {
            Established::Tcp(socket, address) => self.secure(socket, address).await,
            Established::Tls(connection) => Ok(connection),
        }
    }

    async fn secure(
        &self,
        socket: StreamSocket,
        peer: SocketAddr,
    ) -> Result<Rc<Connection>, Failure> {
        secure(&self.steps, socket, peer.into(), self.options.security()).await
    }

    /// The addresses to try, in the resolver's order, without those that the caller refuses.
    async fn candidates(&self) -> Result<Vec<SocketAddr>, Failure> {
        let Options {
            host,
            service,
            addresses,
            hints,
            ..
        } = self.options;
        let service = service.as_ref().unwrap_or(&Service::Port(0));
        let lookup = async {
            match addresses {
                Some(addresses) => hints.of_addresses(addresses, service),
                None => lookup(hints, End::Remote, host.as_deref(), service).await,
            }
        };
        let found = self.steps.step(Phase::Lookup, None, lookup).await?;
        allowed(&self.steps, &self.networks, found)
    }

    /// One's own addresses to connect from: asyncio looks them up after the peer's (A-V11).
    async fn local_addresses(&self) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let wanted = &self.options.local_addresses;
        let mut addresses = Vec::new();
        for local in wanted {
            let HostAddress { host, service } = local;
            let lookup = lookup(&self.options.hints, End::Local, host.as_deref(), service);
            addresses.extend(self.steps.step(Phase::Lookup, None, lookup).await?);
        }
        Ok((!wanted.is_empty()).then_some(addresses))
    }
}
