//! Calls that are ended before they return.

use crate::clock::sleep;
use futures_lite::future::{or, pending};
use std::future::Future;
use std::time::Duration;

/// What the call returns while it is cancelled after this time.
pub(crate) async fn cancelled<T>(
    call: impl Future<Output = T>,
    time: Duration,
    cancel: impl FnOnce(),
) -> T {
    // The call is polled first, so that it has begun when it ends at once.
    let cancel = async {
        pass(time).await;
        cancel();
        pending().await
    };
    or(call, cancel).await
}

/// What the call returns, unless it takes longer than this: then its future is dropped.
pub(crate) async fn dropped<T>(call: impl Future<Output = T>, time: Duration) -> Option<T> {
    let call = async { Some(call.await) };
    let dropped = async {
        pass(time).await;
        None
    };
    or(call, dropped).await
}

/// Nothing at all if there is no time to pass: even a timer of zero gives the host a turn.
async fn pass(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
