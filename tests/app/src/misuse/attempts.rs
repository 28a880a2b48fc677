//! The resource `attempt`.

use super::expect::{echoes, that};
use super::{Misuse, Servers, Way};
use crate::bindings::switchboard::connect::streams::{Attempt, Connection};
use crate::bindings::switchboard::connect::types::{ConnectError, Failure};
use crate::options::to;
use crate::tell;
use futures_lite::future::zip;

pub(super) fn all(servers: &Servers) -> Vec<Misuse<'_>> {
    vec![
        ("an attempt never run", Box::pin(never_run())),
        ("cancel before run", Box::pin(cancel_before_run(servers))),
        ("run twice", Box::pin(run_twice(servers))),
        (
            "cancel ends every run",
            Box::pin(cancel_ends_every_run(servers)),
        ),
        (
            "cancel after success",
            Box::pin(cancel_after_success(servers)),
        ),
        (
            "the attempt dropped after success",
            Box::pin(dropped_after_success(servers)),
        ),
    ]
}

fn cancelled(result: &Result<Connection, ConnectError>) -> Result<(), String> {
    let right = matches!(result, Err(error) if matches!(error.failure, Failure::Cancelled));
    that(result, right)
}

async fn never_run() -> Result<(), String> {
    drop(Attempt::new());
    let attempt = Attempt::new();
    attempt.cancel();
    attempt.cancel();
    Ok(())
}

async fn cancel_before_run(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    attempt.cancel();
    cancelled(&attempt.run(to(servers.echo)).await)?;
    cancelled(&attempt.run(to(servers.dead)).await)
}

/// It is no use, and no harm.
async fn run_twice(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let (one, other) = zip(
        attempt.run(servers.options(Way::Plain)),
        attempt.run(servers.options(Way::Tls)),
    )
    .await;
    for connection in [one, other, attempt.run(to(servers.echo)).await] {
        let connection = connection.map_err(tell::connect_error)?;
        echoes(&connection, b"each of them").await?;
    }
    Ok(())
}

async fn cancel_ends_every_run(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let runs = zip(attempt.run(to(servers.dead)), attempt.run(to(servers.dead)));
    let ((one, other), ()) = zip(runs, async { attempt.cancel() }).await;
    cancelled(&one)?;
    cancelled(&other)
}

async fn cancel_after_success(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let connection = attempt.run(to(servers.echo)).await;
    let connection = connection.map_err(tell::connect_error)?;
    attempt.cancel();
    echoes(&connection, b"still there").await
}

async fn dropped_after_success(servers: &Servers) -> Result<(), String> {
    let attempt = Attempt::new();
    let connection = attempt.run(servers.options(Way::Tls)).await;
    let connection = connection.map_err(tell::connect_error)?;
    drop(attempt);
    echoes(&connection, b"still there").await
}
