//! TLS over the blocking sockets of the standard library. All of WASI that this program needs is 0.2, and it gets TLS from
//! `switchboard-tls.wasm`, which is plugged into it.
//!
//! What there is to learn from it is in `tls_stream.rs`. The rest is a client that says a line and hears one, and a server
//! that hears a line and says it backwards.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
mod bindings;
mod client;
mod cut;
mod server;
mod tls_stream;

use bindings::switchboard::connect::tls::{Facts, Version};
use cut::Cut;
use std::io::{BufRead, Read, Result};
use std::process::ExitCode;
use std::time::Duration;

/// How long a peer may take to say something.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest line that is listened to, in bytes.
const LONGEST: u64 = 64 * 1024;

const USAGE: &str = "\
usage: tls-engine client ADDRESS NAME ROOTS LINE [CUTS]
       tls-engine server ADDRESS CHAIN KEY [CUTS]
ROOTS, CHAIN and KEY are files in PEM. With CUTS, such as 1..300, there is a session for each of these numbers, whose
incoming ciphertext is cut in two behind so many bytes.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["client", address, name, roots, line] => client::run(address, name, roots, line, 0..1),
        ["client", address, name, roots, line, cuts] => match cut::places(cuts) {
            Some(cuts) => client::run(address, name, roots, line, cuts),
            None => return usage(),
        },
        ["server", address, chain, key] => server::run(address, chain, key, 0..1),
        ["server", address, chain, key, cuts] => match cut::places(cuts) {
            Some(cuts) => server::run(address, chain, key, cuts),
            None => return usage(),
        },
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tls-engine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// A line without its end. The peer may say anything.
fn read_line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = Vec::new();
    stream.take(LONGEST).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// Prints what was agreed on, how much came and how, and the line that came.
fn report<T>(facts: &Facts, socket: &Cut<T>, line: &str) {
    let version = match facts.version {
        Version::Tls12 => "TLSv1.2",
        Version::Tls13 => "TLSv1.3",
    };
    println!("{version} {}, {socket}: {line}", facts.cipher_suite);
}
