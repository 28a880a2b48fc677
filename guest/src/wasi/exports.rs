//! The exported interfaces of the WIT.

use super::bindings::exports::switchboard::connect::{streams, tls, types};
use super::bindings::exports::wasi::cli::run;
use super::bindings::wasi::sockets::types::{ErrorCode, IpSocketAddress};
use super::command;
use super::connect::create_connection;
use super::connection::Connection;
use super::options::read_options;
use super::signal::Signal;
use super::suspended::suspended;
use crate::tls::context::{Context, Trust};
use std::cell::RefCell;
use std::rc::Rc;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

/// What wit-bindgen calls.
pub(super) struct Component;

impl run::Guest for Component {
    async fn run() -> Result<(), ()> {
        command::run().await
    }
}

impl tls::Guest for Component {
    type Context = ContextResource;
}

pub(super) struct ContextResource(pub(super) RefCell<Context>);

impl tls::GuestContext for ContextResource {
    fn new(trust: tls::Trust) -> Self {
        let trust = match trust {
            tls::Trust::Mozilla => Trust::Mozilla,
            tls::Trust::None => Trust::None,
        };
        Self(RefCell::new(Context::new(trust)))
    }

    fn load_verify_locations(&self, certificates: Vec<u8>) -> Result<u32, types::TlsFailure> {
        let loaded = self.0.borrow_mut().load_verify_locations(&certificates);
        loaded.map_err(Into::into)
    }

    fn set_alpn_protocols(&self, protocols: Vec<Vec<u8>>) -> Result<(), types::TlsFailure> {
        let set = self.0.borrow_mut().set_alpn_protocols(protocols);
        set.map_err(Into::into)
    }
}

impl streams::Guest for Component {
    type Connection = ConnectionResource;
    type Attempt = AttemptResource;

    async fn create_connection(
        options: streams::ConnectionOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(connect(options, &Signal::default())).await
    }
}

async fn connect(
    mut options: streams::ConnectionOptions<'_>,
    cancelled: &Signal,
) -> Result<streams::Connection, types::ConnectError> {
    let sock = options.sock.take();
    let options = read_options(options, sock.is_some());
    let result = create_connection(options, sock, cancelled).await;
    match result {
        Ok(connection) => Ok(streams::Connection::new(ConnectionResource(connection))),
        Err(error) => Err(types::ConnectError {
            message: error.failure.to_string(),
            failure: error.failure.into(),
            timeline: error.timeline.into_iter().map(Into::into).collect(),
            sock: error.sock,
        }),
    }
}

/// Dropping the resource is `abort`.
pub(super) struct ConnectionResource(Rc<Connection>);

impl Drop for ConnectionResource {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl streams::GuestConnection for ConnectionResource {
    async fn receive(&self) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        suspended(async { self.0.receive() }).await
    }

    async fn send(&self, data: StreamReader<u8>) -> FutureReader<Result<(), ErrorCode>> {
        suspended(async { self.0.send(data) }).await
    }

    async fn read(&self, limit: u32) -> Result<Vec<u8>, streams::StreamFailure> {
        match self.0.read(limit).await {
            Ok(bytes) => Ok(bytes),
            Err(failure) => suspended(async { Err(failure.into()) }).await,
        }
    }

    async fn write(&self, data: Vec<u8>) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.0.write(data)).await?)
    }

    async fn write_eof(&self) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.0.write_eof()).await?)
    }

    async fn close(&self) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.0.close()).await?)
    }

    fn abort(&self) {
        self.0.abort();
    }

    fn failure(&self) -> Option<streams::StreamFailure> {
        self.0.failure().map(Into::into)
    }

    fn local_address(&self) -> Option<IpSocketAddress> {
        self.0.local_address()
    }

    fn remote_address(&self) -> Option<IpSocketAddress> {
        self.0.remote_address()
    }

    fn tls(&self) -> Option<tls::Facts> {
        self.0.facts().map(|facts| tls::Facts {
            version: match facts.tls13 {
                true => tls::Version::Tls13,
                false => tls::Version::Tls12,
            },
            cipher_suite: facts.cipher_suite,
            key_exchange: facts.key_exchange,
            server_name: facts.server_name,
            alpn: facts.alpn,
            peer_certificates: facts.peer_certificates,
        })
    }

    fn timeline(&self) -> Vec<types::Step> {
        let steps = self.0.timeline.borrow();
        steps.iter().cloned().map(Into::into).collect()
    }
}

/// `create-connection` with a way to end it.
#[derive(Default)]
pub(super) struct AttemptResource {
    cancelled: Rc<Signal>,
}

impl streams::GuestAttempt for AttemptResource {
    fn new() -> Self {
        Self::default()
    }

    async fn run(
        &self,
        options: streams::ConnectionOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(connect(options, &self.cancelled)).await
    }

    fn cancel(&self) {
        self.cancelled.raise();
    }
}
