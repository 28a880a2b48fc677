//! An application on `switchboard-client`, which the tests run with Switchboard plugged into it.
//!
//! The first word says what to do, options follow as `key=value`; each mode tells its own.
#![cfg(target_family = "wasm")]

#[allow(unsafe_code, reason = "an allocator is")]
mod allocations;
mod arguments;
mod bench;
mod bulk;
mod cancel;
mod close;
mod datagrams;
mod echo;
mod errors;
mod http;
mod pattern;
mod protocols;
mod sleep;
mod streams;
mod unix;
mod upgrade;
mod websocket;

use arguments::Arguments;
use wasip3::cli::environment::get_arguments;

struct App;

impl wasip3::exports::cli::run::Guest for App {
    async fn run() -> Result<(), ()> {
        let arguments = Arguments::parse(get_arguments());
        command(&arguments).await.map_err(|why| {
            eprintln!("client: {why}");
        })
    }
}

#[allow(unsafe_code, reason = "generated")]
mod export {
    use super::App;
    wasip3::cli::command::export!(App);
}

/// What can go wrong in a test.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

async fn command(arguments: &Arguments) -> Outcome {
    match arguments.word(0)? {
        "echo" => echo::run(arguments).await,
        "bench" => bench::run(arguments).await,
        "bulk" => bulk::run(arguments).await,
        "cancel" => cancel::run(arguments).await,
        "close" => close::run(arguments).await,
        "datagrams" => datagrams::run(arguments).await,
        "errors" => errors::run(arguments).await,
        "http" => http::run(arguments).await,
        "protocol" => protocols::run(arguments).await,
        "streams" => streams::run(arguments).await,
        "unix" => unix::streams(arguments).await,
        "unix-datagrams" => unix::datagrams(arguments).await,
        "unix-errors" => unix::errors(arguments).await,
        "upgrade" => upgrade::run(arguments).await,
        "websocket" => websocket::run(arguments).await,
        other => Err(format!("no such mode: {other}").into()),
    }
}
