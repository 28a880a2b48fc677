//! An answer about a connection.

use crate::bindings::switchboard::connect::streams::Connection;
use crate::bindings::switchboard::connect::types::ConnectError;
use crate::json::answer::Answer;
use crate::json::facts::facts;
use crate::json::outcome::address;
use serde_json::json;

pub(super) fn connected(connection: &Connection) -> Answer {
    Answer {
        connected: Some(json!({
            "local": connection.local_address().map(address),
            "remote": connection.remote_address().map(address),
            "tls": connection.tls().as_ref().map(facts),
        })),
        ..Answer::succeeded(&connection.timeline())
    }
}

pub(super) fn failed(error: &ConnectError) -> Answer {
    Answer::failed(
        &error.failure,
        &error.message,
        &error.timeline,
        error.sock.is_some(),
    )
}
