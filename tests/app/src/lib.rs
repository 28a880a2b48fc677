//! A small application that Switchboard is plugged into: an example of how a Rust guest uses it, and what the tests and
//! benchmarks run.
//!
//! The first word says what to do, options follow as `key=value`; each mode tells its own.
#![cfg(target_family = "wasm")]

mod arguments;
mod ask;
mod bench;
mod bench_tls;
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
mod bindings;
mod bulk;
mod call_off;
mod calls;
mod cancel_io;
mod cancel_storm;
mod chance;
mod clock;
mod datagrams;
mod dns;
mod drop_storm;
mod echo;
mod endpoint;
mod endpoint_storm;
mod ends;
mod engine;
mod flood;
mod gate;
mod hold;
mod json;
mod misuse;
mod options;
mod pattern;
mod sntp;
mod tell;
mod together;

use arguments::Arguments;
use bindings::exports::wasi::cli::run::Guest;
use bindings::wasi::cli::environment::get_arguments;

struct App;

impl Guest for App {
    async fn run() -> Result<(), ()> {
        let arguments = Arguments::parse(get_arguments());
        command(&arguments).await.map_err(|why| {
            eprintln!("app: {why}");
        })
    }
}

async fn command(arguments: &Arguments) -> Result<(), String> {
    match arguments.word(0)? {
        "echo" => echo::run(arguments).await,
        "ask" => ask::run(arguments).await,
        "engine" => engine::run(arguments).await,
        "hold" => hold::run(arguments).await,
        "bulk" => bulk::run(arguments).await,
        "calls" => calls::run(arguments).await,
        "misuse" => misuse::run(arguments).await,
        "cancel-io" => cancel_io::run(arguments).await,
        "cancel-storm" => cancel_storm::run(arguments).await,
        "drop-storm" => drop_storm::run(arguments).await,
        "datagrams" => datagrams::run(arguments).await,
        "dns" => dns::run(arguments).await,
        "sntp" => sntp::run(arguments).await,
        "flood" => flood::run(arguments).await,
        "endpoint-storm" => endpoint_storm::run(arguments).await,
        "bench" => bench::run(arguments).await,
        other => Err(format!("no such mode: {other}")),
    }
}
