//! `create-unix-connection`: one socket, one path (ASYNCIO C).

use super::bindings::wasi::sockets::types::TcpSocket;
use super::connect::ConnectError;
use super::connection::Connection;
use super::secure::secure;
use super::signal::Signal;
use super::sockets::StreamSocket;
use super::steps::Steps;
use crate::address::{self, Address};
use crate::failure::{Failure, Phase};
use crate::unix::UnixOptions;
use std::rc::Rc;

/// The name of the call in asyncio.
pub(super) const CALL: &str = "create_unix_connection";

/// Opens a connection. Ends with `cancelled` when the signal is raised.
pub(super) async fn create_unix_connection(
    options: UnixOptions,
    sock: Option<TcpSocket>,
    cancelled: &Signal,
) -> Result<Rc<Connection>, ConnectError> {
    let path = match accept(&options) {
        Ok(path) => path,
        Err(failure) => return Err(ConnectError::refused(failure, sock)),
    };
    let steps = Steps::start();
    let work = connect(&steps, path, &options);
    let result = steps.bounded(work, options.timeout, cancelled).await;
    let timeline = steps.finish();
    match result {
        Ok(connection) => {
            connection.clock.set(steps.clock);
            connection.timeline.replace(timeline);
            Ok(connection)
        }
        Err(failure) => Err(ConnectError::failed(failure, timeline)),
    }
}

/// The checks before anything is done.
fn accept(options: &UnixOptions) -> Result<Address, Failure> {
    options.check()?;
    address::unix(options.path.as_deref().unwrap_or_default())
}

async fn connect(
    steps: &Steps,
    path: Address,
    options: &UnixOptions,
) -> Result<Rc<Connection>, Failure> {
    let socket = StreamSocket::unix(&options.socket)?;
    let connect = socket.connect_unix(path.clone());
    let connected = steps.step(Phase::Connect, Some(path.clone()), connect);
    connected.await?;
    secure(steps, socket, path, options.security()).await
}
