//! Makes up for a leak of the host.

use futures_lite::future::poll_once;
use std::future::Future;
use std::pin::pin;
use wit_bindgen::rt::async_support::yield_async;

/// Runs a future and suspends once, if it has not done so itself.
///
/// When a component calls another and that returns without having been suspended, wasmtime 48 keeps its record of the call
/// for good, and traps when it has a million of them (`start_call` in its `concurrent.rs` gives the caller no handle
/// then, and nobody deletes the task). A program that sends small messages comes there in a minute.
pub(super) async fn suspended<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    match poll_once(call.as_mut()).await {
        Some(result) => {
            yield_async().await;
            result
        }
        None => call.await,
    }
}
