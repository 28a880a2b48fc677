//! The two tasks that move bytes between a caller's streams and TLS. They end with their connection.

use super::bindings::wasi::sockets::types::ErrorCode;
use super::connection::Connection;
use super::inbound::Inbound;
use super::outbound::Outbound;
use std::rc::Rc;
use wit_bindgen::rt::async_support::FutureWriter;

/// From the connection to the caller.
pub(super) async fn receive(
    connection: Rc<Connection>,
    mut plaintext: Outbound,
    done: FutureWriter<Result<(), ErrorCode>>,
) {
    let result = connection.receive_all(&mut plaintext).await;
    // The caller sees the end of the stream before it asks how it ended; and whoever does not ask keeps nothing open.
    drop((connection, plaintext));
    let _ = done.write(result.map_err(Into::into)).await;
}

/// From the caller to the connection.
pub(super) async fn send(
    connection: Rc<Connection>,
    mut plaintext: Inbound,
    done: FutureWriter<Result<(), ErrorCode>>,
) {
    let result = connection.send_all(&mut plaintext).await;
    drop((connection, plaintext));
    let _ = done.write(result.map_err(Into::into)).await;
}
