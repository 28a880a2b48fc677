//! What should be.

use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, StreamFailure, create_connection,
};
use crate::bindings::switchboard::connect::types::Failure;
use crate::bindings::wasi::sockets::types::ErrorCode;
use std::fmt::Debug;

/// That the value is what it should be, or what it is.
pub(super) fn that<T: Debug>(value: &T, right: bool) -> Result<(), String> {
    match right {
        true => Ok(()),
        false => Err(format!("{value:?}")),
    }
}

pub(super) fn equal<T: Debug + PartialEq>(value: T, expected: T) -> Result<(), String> {
    that(&value, value == expected)
}

pub(super) fn fine<T, E: Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|failure| format!("{failure:?}"))
}

/// The direction is closed, or used elsewhere.
pub(super) fn invalid_state<T: Debug>(result: Result<T, StreamFailure>) -> Result<(), String> {
    let right = matches!(result, Err(StreamFailure::Socket(ErrorCode::InvalidState)));
    that(&result, right)
}

/// The connection is closed.
pub(super) fn aborted<T: Debug>(result: Result<T, StreamFailure>) -> Result<(), String> {
    that(&result, matches!(result, Err(StreamFailure::Aborted)))
}

/// As the future of a stream says it.
pub(super) fn future_invalid_state(result: Result<(), ErrorCode>) -> Result<(), String> {
    that(&result, matches!(result, Err(ErrorCode::InvalidState)))
}

/// That there is no connection, for this reason.
pub(super) async fn no_connection(
    options: ConnectionOptions<'_>,
    reason: impl FnOnce(&Failure) -> bool,
) -> Result<(), String> {
    match create_connection(options).await {
        Ok(_connection) => Err("connected".to_owned()),
        Err(error) => that(&error, reason(&error.failure)),
    }
}

/// That an echo still echoes, by lists, and that all of it comes back.
pub(super) async fn echoes(connection: &Connection, text: &[u8]) -> Result<(), String> {
    fine(connection.write(text.to_vec()).await)?;
    let mut back = Vec::new();
    while back.len() < text.len() {
        let bytes = fine(connection.read(u32::MAX).await)?;
        that(&back, !bytes.is_empty())?;
        back.extend(bytes);
    }
    that(&back.len(), back == text)
}
