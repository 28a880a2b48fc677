//! `create-datagram-endpoint`: two lookups, then pairs of addresses until the system takes one. Nothing of it waits for
//! the network but the lookups.

use super::bindings::wasi::sockets::types::UdpSocket;
use super::endpoint::Endpoint;
use super::lookup::{allowed, lookup};
use super::signal::Signal;
use super::steps::{CallError, Steps};
use super::udp;
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
        Ok(socket) => {
            let limit = options.queue_limit();
            Ok(Endpoint::open(socket, networks, limit, timeline))
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

/// One call of `create-datagram-endpoint`.
struct Call<'a> {
    options: &'a EndpointOptions,
    networks: &'a Networks,
    steps: Steps,
}

impl Call<'_> {
    /// A socket that is bound, and connected if there is a peer.
    async fn socket(&self, sock: Option<UdpSocket>) -> Result<UdpSocket, Failure> {
        if let Some(sock) = sock {
            udp::set(&sock, &self.options.socket)?;
            if let Some(local) = udp::unbound(&sock) {
                self.bind(&sock, local).await?;
            }
            return Ok(sock);
        }
        let local = self.addresses(End::Local, &self.options.local_address);
        let local = local.await?;
        let remote = self.addresses(End::Remote, &self.options.remote_address);
        let remote = match remote.await? {
            Some(found) => Some(allowed(&self.steps, self.networks, found)?),
            None => None,
        };
        let pairs = self.options.pairs(local, remote)?;
        let mut failures = Vec::new();
        for pair in pairs {
            match self.open(pair).await {
                Err(Failure::Os(failure)) => failures.push(failure),
                result => return result,
            }
            // There may be many pairs: it is the turn of those who could end the call.
            yield_async().await;
        }
        Err(first_or_all(failures, self.options.all_errors))
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
    async fn open(&self, pair: Pair) -> Result<UdpSocket, Failure> {
        let socket = self.create(&pair).inspect_err(|failure| {
            let (phase, address) = match (pair.local, pair.remote) {
                (Some(local), _) => (Phase::Bind, Some(local)),
                (None, remote) => (Phase::Connect, remote),
            };
            if let Some(address) = address {
                let failure = failure.clone().into();
                self.steps.failed(phase, address, failure);
            }
        })?;
        udp::set_beyond_wasi(self.options)?;
        if let Some(local) = pair.local {
            self.bind(&socket, local).await?;
        }
        if let Some(remote) = pair.remote {
            let connect = async { udp::connect(&socket, remote) };
            self.steps
                .step(Phase::Connect, Some(remote), connect)
                .await?;
        }
        Ok(socket)
    }

    fn create(&self, pair: &Pair) -> Result<UdpSocket, OsFailure> {
        let Self { options, .. } = self;
        if options.has_no_address() && !options.hints.protocol_fits() {
            // B.4: without a lookup it is the system that refuses.
            return Err(OsFailure {
                code: SocketError::NotSupported,
                message: "[Errno 93] Protocol not supported".into(),
            });
        }
        if pair.is_mixed() {
            return Err(OsFailure::new(SocketError::RemoteUnreachable));
        }
        udp::create(pair.is_ipv6(), &options.socket)
    }

    async fn bind(&self, socket: &UdpSocket, local: SocketAddr) -> Result<(), OsFailure> {
        let bind = async { udp::bind(socket, local) };
        self.steps.step(Phase::Bind, Some(local), bind).await
    }
}
