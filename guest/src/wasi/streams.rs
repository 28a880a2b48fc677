//! The exported interface `streams` of the WIT.

use super::bindings::exports::switchboard::connect::{streams, tls, types};
use super::bindings::exports::wasi::cli::run;
use super::bindings::wasi::sockets::types::ErrorCode;
use super::command;
use super::connect::{CALL, ConnectError, create_connection};
use super::connection::Connection;
use super::options::{read_options, read_start_tls, read_unix_options};
use super::signal::Signal;
use super::start_tls::{self, start_tls};
use super::suspended::suspended;
use super::unix::{self, create_unix_connection};
use crate::component::Component;
use crate::unix::Credentials;
use std::rc::Rc;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

impl run::Guest for Component {
    async fn run() -> Result<(), ()> {
        command::run().await
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

    async fn create_unix_connection(
        options: streams::UnixOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(connect_unix(options, &Signal::default())).await
    }

    async fn start_tls(
        connection: streams::Connection,
        options: streams::StartTlsOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(secure(connection, options, &Signal::default())).await
    }
}

async fn connect(
    mut options: streams::ConnectionOptions<'_>,
    cancelled: &Signal,
) -> Result<streams::Connection, types::ConnectError> {
    let sock = options.sock.take();
    let options = read_options(options, sock.is_some());
    told(create_connection(options, sock, cancelled).await, CALL)
}

async fn connect_unix(
    mut options: streams::UnixOptions<'_>,
    cancelled: &Signal,
) -> Result<streams::Connection, types::ConnectError> {
    let sock = options.sock.take();
    let options = read_unix_options(options, sock.is_some());
    told(
        create_unix_connection(options, sock, cancelled).await,
        unix::CALL,
    )
}

async fn secure(
    connection: streams::Connection,
    options: streams::StartTlsOptions<'_>,
    cancelled: &Signal,
) -> Result<streams::Connection, types::ConnectError> {
    let connection = connection.into_inner::<ConnectionResource>().give_away();
    let options = read_start_tls(options);
    told(
        start_tls(connection, options, cancelled).await,
        start_tls::CALL,
    )
}

/// What came of a call of asyncio's.
fn told(
    result: Result<Rc<Connection>, ConnectError>,
    call: &str,
) -> Result<streams::Connection, types::ConnectError> {
    match result {
        Ok(connection) => Ok(ConnectionResource::resource(connection)),
        Err(error) => Err(types::ConnectError {
            message: error.failure.of(call),
            failure: error.failure.into(),
            timeline: error.timeline.into_iter().map(Into::into).collect(),
            sock: error.sock,
        }),
    }
}

/// Dropping the resource is `abort`.
pub(crate) struct ConnectionResource {
    connection: Rc<Connection>,
    given_away: bool,
}

impl ConnectionResource {
    fn resource(connection: Rc<Connection>) -> streams::Connection {
        streams::Connection::new(Self {
            connection,
            given_away: false,
        })
    }

    /// For one that lives on in another resource.
    fn give_away(mut self) -> Rc<Connection> {
        self.given_away = true;
        self.connection.clone()
    }
}

impl Drop for ConnectionResource {
    fn drop(&mut self) {
        if !self.given_away {
            self.connection.abort();
        }
    }
}

impl streams::GuestConnection for ConnectionResource {
    async fn receive(&self) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        suspended(async { self.connection.receive() }).await
    }

    async fn send(&self, data: StreamReader<u8>) -> FutureReader<Result<(), ErrorCode>> {
        suspended(async { self.connection.send(data) }).await
    }

    async fn read(&self, limit: u32) -> Result<Vec<u8>, streams::StreamFailure> {
        match self.connection.read(limit).await {
            Ok(bytes) => Ok(bytes),
            Err(failure) => suspended(async { Err(failure.into()) }).await,
        }
    }

    async fn write(&self, data: Vec<u8>) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.connection.write(data)).await?)
    }

    async fn write_eof(&self) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.connection.write_eof()).await?)
    }

    async fn close(&self) -> Result<(), streams::StreamFailure> {
        Ok(suspended(self.connection.close()).await?)
    }

    fn abort(&self) {
        self.connection.abort();
    }

    fn failure(&self) -> Option<streams::StreamFailure> {
        self.connection.failure().map(Into::into)
    }

    fn local_address(&self) -> Option<types::Address> {
        self.connection.local_address().cloned().map(Into::into)
    }

    fn remote_address(&self) -> Option<types::Address> {
        self.connection.remote_address().cloned().map(Into::into)
    }

    fn peer_credentials(&self) -> Option<streams::Credentials> {
        let Credentials { pid, uid, gid } = self.connection.credentials()?;
        Some(streams::Credentials { pid, uid, gid })
    }

    fn tls(&self) -> Option<tls::Facts> {
        self.connection.facts().map(Into::into)
    }

    fn timeline(&self) -> Vec<types::Step> {
        let steps = self.connection.timeline.borrow();
        steps.iter().cloned().map(Into::into).collect()
    }
}

/// The calls with a way to end them.
#[derive(Default)]
pub(crate) struct AttemptResource {
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

    async fn run_unix(
        &self,
        options: streams::UnixOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(connect_unix(options, &self.cancelled)).await
    }

    async fn start_tls(
        &self,
        connection: streams::Connection,
        options: streams::StartTlsOptions<'_>,
    ) -> Result<streams::Connection, types::ConnectError> {
        suspended(secure(connection, options, &self.cancelled)).await
    }

    fn cancel(&self) {
        self.cancelled.raise();
    }
}
