//! `start-tls`: TLS on a connection that stands (ASYNCIO D.3).

use super::connect::ConnectError;
use super::connection::Connection;
use super::secure::within;
use super::signal::Signal;
use super::steps::Steps;
use crate::failure::{Failure, Phase};
use crate::options::{Tls, TlsTimeouts};
use std::rc::{Rc, Weak};

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
    let _closing = Closing(Rc::downgrade(&connection));
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
        Err(failure) => Err(ConnectError::failed(failure, timeline)),
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
    let peer = connection.remote_address().cloned();
    let secure = async {
        let connection = connection.with_tls(session, timeouts.shutdown()).await?;
        connection.handshake().await?;
        Ok::<_, Failure>(connection)
    };
    // The time is for all of it: what a cancelled call has left unsent goes before the handshake.
    let secure = within(timeouts, secure);
    steps.step(Phase::Handshake, peer, secure).await
}

/// Closes the connection without TLS unless it has become the one with TLS: its streams may be in other hands.
struct Closing(Weak<Connection>);

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(connection) = self.0.upgrade() {
            connection.abort();
        }
    }
}
