//! An answer about a connection.

use crate::bindings::switchboard::connect::streams::Connection;
use crate::bindings::switchboard::connect::types::ConnectError;
use crate::json::answer::Answer;
use crate::json::facts::facts;
use crate::json::outcome::{ip, path};
use serde_json::json;

pub(super) fn connected(connection: &Connection) -> Answer {
    let (local, remote) = (connection.local_address(), connection.remote_address());
    let (local, remote) = (local.as_ref(), remote.as_ref());
    let credentials = connection.peer_credentials();
    Answer {
        connected: Some(json!({
            "local": local.and_then(ip),
            "remote": remote.and_then(ip),
            "local-path": local.and_then(path),
            "remote-path": remote.and_then(path),
            "credentials": credentials.map(|it| (it.pid, it.uid, it.gid)),
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
