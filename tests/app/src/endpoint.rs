//! Endpoints for datagrams: Rust's way to leave most of their options out, and why there is none.

use crate::bindings::switchboard::connect::datagrams::{
    Endpoint, EndpointError, EndpointOptions, Event, SendFailure, create_datagram_endpoint,
};
use crate::bindings::switchboard::connect::types::{HostAddress, LookupFlags, Service};
use crate::tell;
use std::net::SocketAddr;
use std::time::Duration;

#[allow(clippy::derivable_impls, reason = "the type is generated")]
impl Default for EndpointOptions {
    fn default() -> Self {
        Self {
            local_address: None,
            remote_address: None,
            unix_local: None,
            unix_remote: None,
            family: None,
            protocol: None,
            lookup_flags: LookupFlags::empty(),
            reuse_address: false,
            reuse_port: false,
            allow_broadcast: false,
            sock: None,
            all_errors: false,
            timeout: None,
            refuse_networks: Vec::new(),
            hop_limit: None,
            receive_buffer_size: None,
            send_buffer_size: None,
            queue_limit: None,
        }
    }
}

/// Of an endpoint that has this peer.
pub(crate) fn to(peer: SocketAddr) -> EndpointOptions {
    EndpointOptions {
        remote_address: Some(place(peer)),
        ..EndpointOptions::default()
    }
}

/// As an option tells it.
pub(crate) fn place(address: SocketAddr) -> HostAddress {
    HostAddress {
        host: Some(address.ip().to_string()),
        service: Service::Port(address.port()),
    }
}

/// An endpoint with these options.
pub(crate) async fn create(options: EndpointOptions) -> Result<Endpoint, String> {
    let endpoint = create_datagram_endpoint(options).await;
    endpoint.map_err(failed)
}

/// Why there is no endpoint, and what was tried.
pub(crate) fn failed(error: EndpointError) -> String {
    format!("{}\n{}", error.message, tell::timeline(&error.timeline))
}

/// Why a datagram was not sent.
pub(crate) fn not_sent(failure: SendFailure) -> String {
    format!("not sent: {failure:?}")
}

/// Waits for a datagram.
pub(crate) async fn answer(endpoint: &Endpoint, limit: Duration) -> Result<Vec<u8>, String> {
    let nanoseconds = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    match endpoint.next(Some(nanoseconds)).await {
        Some(event) => received(event),
        None => Err(format!("no answer within {limit:?}")),
    }
}

/// The datagram that the event is about, if it is about one.
pub(crate) fn received(event: Event) -> Result<Vec<u8>, String> {
    match event {
        Event::Received(datagram) => Ok(datagram.data),
        Event::Failed(failure) => Err(failure.message),
        Event::Closed => Err("the endpoint is closed".to_owned()),
    }
}
