//! The exported interface `datagrams` of the WIT.

use super::bindings::exports::switchboard::connect::{datagrams, types};
use super::endpoint::{Endpoint, SendFailure};
use super::open_endpoint::{CALL, create_datagram_endpoint};
use super::options::read_endpoint_options;
use super::signal::Signal;
use super::suspended::suspended;
use crate::component::Component;
use std::rc::Rc;
use std::time::Duration;

impl datagrams::Guest for Component {
    type Endpoint = EndpointResource;
    type Attempt = AttemptResource;

    async fn create_datagram_endpoint(
        options: datagrams::EndpointOptions,
    ) -> Result<datagrams::Endpoint, datagrams::EndpointError> {
        suspended(create(options, &Signal::default())).await
    }
}

async fn create(
    mut options: datagrams::EndpointOptions,
    cancelled: &Signal,
) -> Result<datagrams::Endpoint, datagrams::EndpointError> {
    let sock = options.sock.take();
    let options = read_endpoint_options(options, sock.is_some());
    match create_datagram_endpoint(options, sock, cancelled).await {
        Ok(endpoint) => Ok(datagrams::Endpoint::new(EndpointResource(endpoint))),
        Err(error) => Err(datagrams::EndpointError {
            message: error.failure.of(CALL),
            failure: error.failure.into(),
            timeline: error.timeline.into_iter().map(Into::into).collect(),
            sock: error.sock,
        }),
    }
}

/// Dropping the resource is `abort`.
pub(crate) struct EndpointResource(Rc<Endpoint>);

impl Drop for EndpointResource {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl datagrams::GuestEndpoint for EndpointResource {
    async fn send_to(
        &self,
        data: Vec<u8>,
        address: Option<types::Address>,
    ) -> Result<(), datagrams::SendFailure> {
        Ok(suspended(self.0.send_to(data, address.map(Into::into))).await?)
    }

    async fn send_batch(
        &self,
        batch: Vec<datagrams::Outgoing>,
    ) -> (u32, Result<(), datagrams::SendFailure>) {
        let (count, result) = suspended(self.0.send_batch(batch)).await;
        (count, result.map_err(Into::into))
    }

    async fn next(&self, timeout: Option<u64>) -> Option<datagrams::Event> {
        self.0.next(timeout.map(Duration::from_nanos)).await
    }

    async fn next_batch(&self, limit: u32, timeout: Option<u64>) -> Vec<datagrams::Event> {
        let timeout = timeout.map(Duration::from_nanos);
        self.0.next_batch(limit, timeout).await
    }

    fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    fn local_address(&self) -> Option<types::Address> {
        self.0.local_address().cloned().map(Into::into)
    }

    fn remote_address(&self) -> Option<types::Address> {
        self.0.remote_address().cloned().map(Into::into)
    }

    fn timeline(&self) -> Vec<datagrams::Step> {
        self.0.timeline.iter().cloned().map(Into::into).collect()
    }

    async fn close(&self) {
        suspended(self.0.close()).await;
    }

    fn abort(&self) {
        self.0.abort();
    }
}

/// `create-datagram-endpoint` with a way to end it.
#[derive(Default)]
pub(crate) struct AttemptResource {
    cancelled: Rc<Signal>,
}

impl datagrams::GuestAttempt for AttemptResource {
    fn new() -> Self {
        Self::default()
    }

    async fn run(
        &self,
        options: datagrams::EndpointOptions,
    ) -> Result<datagrams::Endpoint, datagrams::EndpointError> {
        suspended(create(options, &self.cancelled)).await
    }

    fn cancel(&self) {
        self.cancelled.raise();
    }
}

impl From<SendFailure> for datagrams::SendFailure {
    fn from(failure: SendFailure) -> Self {
        match failure {
            SendFailure::InvalidArgument(text) => datagrams::SendFailure::InvalidArgument(text),
            SendFailure::RefusedNetwork(text) => datagrams::SendFailure::RefusedNetwork(text),
            SendFailure::Closed => datagrams::SendFailure::Closed,
        }
    }
}
