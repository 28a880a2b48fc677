//! One call, and what may come between.

use super::question::Question;
use crate::bindings::switchboard::connect::streams::{
    self, Attempt, Connection, ConnectionOptions, StartTlsOptions, UnixOptions, create_connection,
    create_unix_connection,
};
use crate::bindings::switchboard::connect::types::ConnectError;
use crate::call_off;
use crate::clock::{Instant, sleep};
use crate::json::options::{End, duration};
use futures_lite::future::{or, pending};

/// What a call returns.
type Returned = Result<Connection, ConnectError>;

/// Calls `create-connection` as the question wants it; nothing if its future was dropped before it returned.
pub(super) async fn run(question: &Question, options: ConnectionOptions<'_>) -> Option<Returned> {
    let begun = Instant::now();
    let busy = async {
        if let Some((from, to)) = question.busy() {
            sleep(from).await;
            // Without a turn for anybody else, so that whatever happens meanwhile is ready at once afterwards.
            while begun.elapsed() < to {}
        }
        pending().await
    };
    or(call(question.end, options), busy).await
}

async fn call(end: Option<End>, options: ConnectionOptions<'_>) -> Option<Returned> {
    match end {
        None => Some(create_connection(options).await),
        Some(End::Cancel(time)) => {
            let attempt = Attempt::new();
            let call = attempt.run(options);
            Some(call_off::cancelled(call, duration(time), || attempt.cancel()).await)
        }
        Some(End::Drop(time)) => {
            call_off::dropped(create_connection(options), duration(time)).await
        }
    }
}

/// Calls `create-unix-connection` in the same way.
pub(super) async fn run_unix(end: Option<End>, options: UnixOptions<'_>) -> Option<Returned> {
    match end {
        None => Some(create_unix_connection(options).await),
        Some(End::Cancel(time)) => {
            let attempt = Attempt::new();
            let call = attempt.run_unix(options);
            Some(call_off::cancelled(call, duration(time), || attempt.cancel()).await)
        }
        Some(End::Drop(time)) => {
            call_off::dropped(create_unix_connection(options), duration(time)).await
        }
    }
}

/// Calls `start-tls`, and ends that as it is wanted; nothing if its future was dropped.
pub(super) async fn start_tls(
    end: Option<End>,
    connection: Connection,
    options: StartTlsOptions<'_>,
) -> Option<Returned> {
    match end {
        None => Some(streams::start_tls(connection, options).await),
        Some(End::Cancel(time)) => {
            let attempt = Attempt::new();
            let call = attempt.start_tls(connection, options);
            Some(call_off::cancelled(call, duration(time), || attempt.cancel()).await)
        }
        Some(End::Drop(time)) => {
            call_off::dropped(streams::start_tls(connection, options), duration(time)).await
        }
    }
}
