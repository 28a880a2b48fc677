//! One call, and what may come between.

use super::question::{End, Question};
use crate::bindings::switchboard::connect::streams::{
    Attempt, Connection, ConnectionOptions, create_connection,
};
use crate::bindings::switchboard::connect::types::ConnectError;
use crate::clock::{Instant, sleep};
use futures_lite::future::{or, pending};
use std::time::Duration;

/// What became of a call.
pub(super) enum Outcome {
    /// It returned this.
    Returned(Result<Connection, ConnectError>),
    /// Its future was dropped before.
    Dropped,
}

/// Calls `create-connection` as the question wants it.
pub(super) async fn run(question: &Question, options: ConnectionOptions<'_>) -> Outcome {
    let begun = Instant::now();
    let busy = async {
        if let Some((from, to)) = question.busy() {
            sleep(from).await;
            // Without a turn for anybody else, so that whatever happens meanwhile is ready at once afterwards.
            while begun.elapsed() < to {}
        }
        pending().await
    };
    or(call(question.end(), options), busy).await
}

async fn call(end: Option<End>, options: ConnectionOptions<'_>) -> Outcome {
    // The call is polled first, so that it has begun when it ends at once.
    match end {
        None => Outcome::Returned(create_connection(options).await),
        Some(End::Cancel(time)) => {
            let attempt = Attempt::new();
            let cancel = async {
                pass(time).await;
                attempt.cancel();
                pending().await
            };
            Outcome::Returned(or(attempt.run(options), cancel).await)
        }
        Some(End::Drop(time)) => {
            let call = async { Outcome::Returned(create_connection(options).await) };
            let dropped = async {
                pass(time).await;
                Outcome::Dropped
            };
            or(call, dropped).await
        }
    }
}

/// Nothing at all if there is no time to pass: even a timer of zero gives the host a turn.
async fn pass(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
