//! An answer about a connection.

use crate::bindings::switchboard::connect::streams::Connection;
use crate::bindings::switchboard::connect::tls::{Facts, Version};
use crate::json::answer::Answer;
use crate::json::outcome::address;
use serde_json::{Value, json};

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

fn facts(facts: &Facts) -> Value {
    let alpn = facts.alpn.as_ref();
    json!({
        "version": match facts.version {
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        },
        "cipher-suite": facts.cipher_suite,
        "key-exchange": facts.key_exchange,
        "alpn": alpn.map(|it| String::from_utf8_lossy(it)),
    })
}
