//! `start-tls`: TLS on a connection that stands (ASYNCIO D.3).

use super::connect::ConnectError;
use super::connection::Connection;
use super::secure::handshake;
use super::signal::Signal;
use super::steps::Steps;
use crate::failure::{Failure, Phase};
use crate::options::{Tls, TlsTimeouts};
use std::net::SocketAddr;
use std::rc::Rc;

/// The name of the call in asyncio.
pub(super) const CALL: &str = "start_tls";

/// What `start-tls` is given.
#[derive(Debug)]
pub(super) struct StartTls {
    pub(super) tls: Tls,
    pub(super) server_name: Option<String>,
    pub(super) timeouts: TlsTimeouts,
}

/// Speaks TLS on this connection from now on. Whatever fails, it is closed.
pub(super) async fn start_tls(
    connection: Rc<Connection>,
    options: StartTls,
    cancelled: &Signal,
) -> Result<Rc<Connection>, ConnectError> {
    let steps = Steps::go_on(connection.clock.get(), connection.timeline.take());
    let work = upgrade(connection, options, &steps);
    // Within the time of the handshake.
    let result = steps.bounded(work, None, cancelled).await;
    let clock = steps.clock;
    let timeline = steps.finish();
    match result {
        Ok(connection) => {
            connection.clock.set(clock);
            connection.timeline.replace(timeline);
            Ok(connection)
        }
        Err(failure) => Err(ConnectError {
            failure,
            timeline,
            sock: None,
        }),
    }
}

async fn upgrade(
    connection: Rc<Connection>,
    options: StartTls,
    steps: &Steps,
) -> Result<Rc<Connection>, Failure> {
    let StartTls {
        tls,
        server_name,
        timeouts,
    } = options;
    timeouts.check()?;
    let session = tls.session(server_name.as_deref())?;
    let peer = connection.remote_address().map(SocketAddr::from);
    let secure = async {
        // The time for the handshake is that for all of it: what is still unsent goes before.
        let connection = connection.with_tls(session, timeouts.shutdown()).await?;
        handshake(&connection, timeouts).await?;
        Ok::<_, Failure>(connection)
    };
    steps.step(Phase::Handshake, peer, secure).await
}
