//! From a connected socket to a connection: what asyncio checks only then, and TLS.

use super::clock::sleep;
use super::connection::Connection;
use super::sockets::StreamSocket;
use super::steps::Steps;
use crate::address::Address;
use crate::failure::{AttemptFailure, Failure, Phase};
use crate::options::{Security, TlsTimeouts};
use futures_lite::future::or;
use std::rc::Rc;

/// A connection on this socket, with TLS if there is to be TLS.
pub(super) async fn secure(
    steps: &Steps,
    socket: StreamSocket,
    peer: Address,
    security: Security<'_>,
) -> Result<Rc<Connection>, Failure> {
    let session = security.session()?;
    let tls = session.is_some();
    let connection = Connection::new(socket, session, security.timeouts.shutdown());
    if tls {
        let handshake = handshake(&connection, security.timeouts);
        steps.step(Phase::Handshake, Some(peer), handshake).await?;
    }
    Ok(connection)
}

/// The handshake, if there is TLS, in its time.
pub(super) async fn handshake(
    connection: &Connection,
    timeouts: TlsTimeouts,
) -> Result<(), AttemptFailure> {
    within(timeouts, connection.handshake()).await
}

/// Something that the time of the handshake is for.
pub(super) async fn within<T, E: From<AttemptFailure>>(
    timeouts: TlsTimeouts,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let limit = timeouts.handshake();
    let too_long = async {
        sleep(limit).await;
        Err(AttemptFailure::HandshakeTimedOut(limit).into())
    };
    or(work, too_long).await
}
