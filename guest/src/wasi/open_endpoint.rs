//! `create-datagram-endpoint`: two lookups, then pairs of addresses until the system takes one. Nothing of it waits for
//! the network but the lookups.

use super::bindings::wasi::sockets::types::UdpSocket;
use super::endpoint::Endpoint;
use super::lookup::{allowed, lookup};
use super::signal::Signal;
use super::sockets::DatagramSocket;
use super::steps::{CallError, Steps};
use crate::address::{self, Address};
use crate::endpoint::{EndpointOptions, Pair, first_or_all};
use crate::failure::{Failure, OsFailure, Phase, SocketError};
use crate::networks::Networks;
use crate::service::{End, HostAddress};
use std::net::SocketAddr;
use std::rc::Rc;
use wit_bindgen::rt::async_support::yield_async;

/// The name of the call in asyncio.
pub(super) const CALL: &str = "create_datagram_endpoint";

pub(super) type EndpointError = CallError<UdpSocket>;

/// Creates an endpoint. Ends with `cancelled` when the signal is raised.
pub(super) async fn create_datagram_endpoint(
    options: EndpointOptions,
    sock: Option<UdpSocket>,
    cancelled: &Signal,
) -> Result<Rc<Endpoint>, EndpointError> {
    let networks = match accept(&options, sock.as_ref()) {
        Ok(networks) => networks,
        Err(failure) => return Err(EndpointError::refused(failure, sock)),
    };
    let call = Call {
        options: &options,
        networks: &networks,
        steps: Steps::start(),
    };
    let work = call.socket(sock);
    let result = call.steps.bounded(work, options.timeout, cancelled).await;
    let timeline = call.steps.finish();
    match result {
        Ok((socket, chosen)) => {
            let limit = options.queue_limit();
            Ok(Endpoint::open(socket, chosen, networks, limit, timeline))
        }
        Err(failure) => Err(EndpointError::failed(failure, timeline)),
    }
}

/// The checks before anything is done, after which the caller's socket is ours.
fn accept(options: &EndpointOptions, sock: Option<&UdpSocket>) -> Result<Networks, Failure> {
    options.check()?;
    let networks = Networks::parse(&options.refuse_networks)?;
    let peer = sock.and_then(|sock| sock.get_remote_address().ok());
    if let Some(peer) = peer {
        networks.check(peer.into())?;
    }
    Ok(networks)
}

/// A socket that is bound, and connected if there is a peer; and to whom alone to send.
type Opened = (DatagramSocket, Option<Address>);

/// One call of `create-datagram-endpoint`.
struct Call<'a> {
    options: &'a EndpointOptions,
    networks: &'a Networks,
    steps: Steps,
}

impl Call<'_> {
    async fn socket(&self, sock: Option<UdpSocket>) -> Result<Opened, Failure> {
        if let Some(sock) = sock {
            let sock = DatagramSocket::from(sock);
            sock.set(&self.options.socket)?;
            if let Some(local) = sock.unbound() {
                self.bind(&sock, local.into()).await?;
            }
            return Ok((sock, None));
        }
        let mut failures = Vec::new();
        if self.options.is_unix() {
            match self.open_unix().await {
                Err(Failure::Os(failure)) => failures.push(failure),
                result => return result,
            }
        } else {
            for pair in self.pairs().await? {
                match self.open(pair).await {
                    Err(Failure::Os(failure)) => failures.push(failure),
                    result => return result,
                }
                // There may be many pairs: it is the turn of those who could end the call.
                yield_async().await;
            }
        }
        Err(first_or_all(failures, self.options.all_errors))
    }

    /// Which addresses to try.
    async fn pairs(&self) -> Result<Vec<Pair>, Failure> {
        let local = self.addresses(End::Local, &self.options.local_address);
        let local = local.await?;
        self.options.check_remote()?;
        let remote = self.addresses(End::Remote, &self.options.remote_address);
        let remote = match remote.await? {
            Some(found) => Some(allowed(&self.steps, self.networks, found)?),
            None => None,
        };
        self.options.pairs(local, remote)
    }

    /// The addresses of one side. That a port is none is found here, and not, as in asyncio, when it is used.
    async fn addresses(
        &self,
        end: End,
        of: &Option<HostAddress>,
    ) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let Some(HostAddress { host, service }) = of else {
            return Ok(None);
        };
        let lookup = lookup(&self.options.hints, end, host.as_deref(), service);
        self.steps.step(Phase::Lookup, None, lookup).await.map(Some)
    }

    /// Only a failure of the system is a reason to try the next pair (B-V10).
    async fn open(&self, pair: Pair) -> Result<Opened, Failure> {
        let socket = self.create(&pair).inspect_err(|failure| {
            let (phase, address) = match (pair.local, pair.remote) {
                (Some(local), _) => (Phase::Bind, Some(local)),
                (None, remote) => (Phase::Connect, remote),
            };
            if let (Some(address), Failure::Os(_)) = (address, failure) {
                self.steps.failed(phase, address, failure.clone());
            }
        })?;
        let (local, remote) = (pair.local.map(Into::into), pair.remote.map(Into::into));
        self.place(socket, local, remote).await
    }

    /// Of Unix sockets there are no pairs to choose from.
    async fn open_unix(&self) -> Result<Opened, Failure> {
        let (local, remote) = self.options.unix_pair();
        let (local, remote) = (
            local.map(address::unix).transpose()?,
            remote.map(address::unix).transpose()?,
        );
        self.check_protocol()?;
        let socket = DatagramSocket::unix(self.options)?;
        self.place(socket, local, remote).await
    }

    /// Binds, and chooses the peer, unless that is one to broadcast to (B.4).
    async fn place(
        &self,
        socket: DatagramSocket,
        local: Option<Address>,
        remote: Option<Address>,
    ) -> Result<Opened, Failure> {
        if let Some(local) = local {
            self.bind(&socket, local).await?;
        }
        if let (Some(remote), false) = (&remote, self.options.allow_broadcast) {
            let connect = async { socket.connect(remote.clone()) };
            self.steps
                .step(Phase::Connect, Some(remote.clone()), connect)
                .await?;
        }
        Ok((socket, remote))
    }

    fn create(&self, pair: &Pair) -> Result<DatagramSocket, Failure> {
        self.check_protocol()?;
        if pair.is_mixed() {
            return Err(OsFailure::new(SocketError::RemoteUnreachable).into());
        }
        DatagramSocket::udp(pair.is_ipv6(), self.options)
    }

    /// B.4: without a lookup it is the system that refuses.
    fn check_protocol(&self) -> Result<(), OsFailure> {
        match self.options.protocol_fits() {
            true => Ok(()),
            false => Err(OsFailure {
                code: SocketError::NotSupported,
                message: "[Errno 93] Protocol not supported".into(),
            }),
        }
    }

    async fn bind(&self, socket: &DatagramSocket, local: Address) -> Result<(), OsFailure> {
        let bind = async { socket.bind(local.clone()) };
        self.steps
            .step(Phase::Bind, Some(local.clone()), bind)
            .await
    }
}
