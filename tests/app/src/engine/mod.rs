//! `engine …`: drives `tls-engine` over TCP connections of its own, as a client and as a server, and in memory.
//!
//! * `client server=ADDRESS ca=FILE [name=NAME] [piece=N] [count=N] [line=TEXT]`: connects, sends a
//!   line, and prints in JSON what was agreed on and what came back; feeds `piece` bytes at a time.
//! * `serve tell=ADDRESS cert=FILE key=FILE [ca=FILE verify=optional|required] [count=N] [piece=N] [lines=N]`: listens,
//!   tells that address its port, echoes to so many clients, one after the other and so many lines to each, and prints
//!   a line of JSON for each.
//! * `split tls12|tls13 [every=N]`: a session in memory for each place at which the bytes can come in two pieces.
//! * `limits`, `ends`, `misuse`: what the engine says of itself, in memory.

mod client;
mod ends;
mod limits;
mod misuse;
pub(crate) mod pair;
mod server;
mod split;
mod wire;

use crate::arguments::Arguments;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    match arguments.word(1)? {
        "client" => client::run(arguments).await,
        "serve" => server::run(arguments).await,
        "split" => split::run(arguments),
        "limits" => limits::run(arguments),
        "ends" => ends::run(arguments),
        "misuse" => misuse::run(arguments),
        other => Err(format!("no such mode of engine: {other}")),
    }
}

/// That something is as it should be.
fn expect(right: bool, otherwise: impl std::fmt::Debug) -> Result<(), String> {
    match right {
        true => Ok(()),
        false => Err(format!("{otherwise:?}")),
    }
}

fn file(arguments: &Arguments, key: &str) -> Result<Vec<u8>, String> {
    let path: String = arguments.required(key)?;
    std::fs::read(&path).map_err(|error| format!("{path}: {error}"))
}
