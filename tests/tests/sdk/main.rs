//! The Rust SDK, `sdk/rust`: the application of `tests/client` with Switchboard plugged into it, against real servers.

mod connections;
mod contract;
mod libraries;
mod protocols;
mod unix;

use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::client;
use switchboard_tests::composed::Run;

/// Runs the application with these arguments.
async fn run(arguments: &str, pki: &Pki) -> Run {
    client::run(arguments, pki.folder()).await.unwrap()
}

/// An authority, and a certificate of it for `localhost`.
fn pki() -> (Pki, Leaf) {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    (pki, leaf)
}
