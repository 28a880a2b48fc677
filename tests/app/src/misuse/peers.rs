//! Peers that end a connection as one should not.

use super::expect::{equal, fine, that};
use super::{Misuse, Servers};
use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, StreamFailure, create_connection,
};
use crate::bindings::switchboard::connect::types::TlsFailure;
use crate::bindings::wasi::sockets::types::ErrorCode;
use crate::ends::Source;
use crate::options::{secure, to};
use crate::{pattern, tell};

/// How much the servers send before that.
const BYTES: usize = 100_000;

pub(super) fn all(servers: &Servers) -> Vec<Misuse<'_>> {
    vec![
        ("a reset, read by lists", Box::pin(reset_by_lists(servers))),
        (
            "a reset, read by a stream",
            Box::pin(reset_by_stream(servers)),
        ),
        (
            "a truncation, read by lists",
            Box::pin(truncated_by_lists(servers)),
        ),
        (
            "a truncation, read by a stream",
            Box::pin(truncated_by_stream(servers)),
        ),
        (
            "close with a peer that does not read",
            Box::pin(close_in_vain(servers)),
        ),
    ]
}

async fn connect(options: ConnectionOptions<'_>) -> Result<Connection, String> {
    create_connection(options)
        .await
        .map_err(tell::connect_error)
}

/// Everything that comes before the failure, and the failure.
async fn read_to_failure(connection: &Connection) -> (usize, StreamFailure) {
    let mut position = 0;
    loop {
        match connection.read(10_000).await {
            Ok(bytes) if bytes.is_empty() => return (position, StreamFailure::TimedOut),
            Ok(bytes) => position += bytes.len(),
            Err(failure) => return (position, failure),
        }
    }
}

fn is_reset(failure: &Option<StreamFailure>) -> Result<(), String> {
    let right = matches!(
        failure,
        Some(StreamFailure::Socket(ErrorCode::ConnectionReset))
    );
    that(failure, right)
}

fn is_truncated(failure: &Option<StreamFailure>) -> Result<(), String> {
    let right = matches!(failure, Some(StreamFailure::Tls(TlsFailure::Truncated)));
    that(failure, right)
}

async fn reset_by_lists(servers: &Servers) -> Result<(), String> {
    let connection = connect(to(servers.reset)).await?;
    let (_, failure) = read_to_failure(&connection).await;
    is_reset(&Some(failure))?;
    let again = connection.read(1).await;
    is_reset(&again.err())?;
    is_reset(&connection.failure())?;
    // Writing fails as well, sooner or later, and closing does no harm.
    let written = connection.write(vec![0; BYTES]).await;
    that(&written, written.is_err())?;
    let _ = connection.close().await;
    Ok(())
}

async fn reset_by_stream(servers: &Servers) -> Result<(), String> {
    let connection = connect(to(servers.reset)).await?;
    let (incoming, received) = connection.receive().await;
    let all = Source::new(incoming).read_to_end().await;
    pattern::check(0, &all)?;
    let received = received.await;
    that(
        &received,
        matches!(received, Err(ErrorCode::ConnectionReset)),
    )
}

async fn truncated_by_lists(servers: &Servers) -> Result<(), String> {
    let connection = connect(secure(servers.truncate, &servers.context)).await?;
    let (count, failure) = read_to_failure(&connection).await;
    equal(count, BYTES)?;
    is_truncated(&Some(failure))?;
    is_truncated(&connection.read(1).await.err())?;
    is_truncated(&connection.failure())?;
    fine(connection.close().await)
}

async fn truncated_by_stream(servers: &Servers) -> Result<(), String> {
    let connection = connect(secure(servers.truncate, &servers.context)).await?;
    let (incoming, received) = connection.receive().await;
    let all = Source::new(incoming).read_to_end().await;
    pattern::check(0, &all)?;
    equal(all.len(), BYTES)?;
    let received = received.await;
    that(&received, matches!(received, Err(ErrorCode::Other(_))))?;
    is_truncated(&connection.failure())?;
    fine(connection.close().await)
}

/// It takes no longer than it may, and says so.
async fn close_in_vain(servers: &Servers) -> Result<(), String> {
    let connection = connect(ConnectionOptions {
        shutdown_timeout: Some(50_000_000),
        ..to(servers.stall)
    })
    .await?;
    let writing = async { Some(connection.write(vec![0; 64_000_000]).await) };
    let closing = async {
        crate::clock::sleep(std::time::Duration::from_millis(50)).await;
        let closed = connection.close().await;
        that(&closed, matches!(closed, Err(StreamFailure::TimedOut)))
    };
    let (written, closed) = futures_lite::future::zip(writing, closing).await;
    closed?;
    let right = matches!(written, Some(Err(StreamFailure::Aborted)));
    that(&written, right)?;
    let failure = connection.failure();
    that(&failure, matches!(failure, Some(StreamFailure::TimedOut)))
}
