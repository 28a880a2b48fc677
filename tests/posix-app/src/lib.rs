//! A small component that uses `switchboard:posix`, and nothing else. The tests of the host run it.
//!
//! Each argument is a step, words with spaces between them; `script.rs` has them all. Steps are done one after the other, and each
//! prints a line: `ok` with what came of it, or `error` with the name of the failure.
#![cfg(target_family = "wasm")]

mod address;
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
mod bindings;
mod datagrams;
mod ends;
mod measure;
mod options;
mod script;
mod stream;
mod text;

use bindings::exports::wasi::cli::run::Guest;
use bindings::wasi::cli::environment::get_arguments;
use script::Script;

struct App;

impl Guest for App {
    async fn run() -> Result<(), ()> {
        let mut script = Script::default();
        for step in get_arguments().into_iter().skip(1) {
            match script.step(&step).await {
                Ok(Ok(text)) if text.is_empty() => println!("ok"),
                Ok(Ok(text)) => println!("ok {text}"),
                Ok(Err(failure)) => println!("error {failure}"),
                Err(misunderstood) => {
                    eprintln!("posix-app: {step}: {misunderstood}");
                    return Err(());
                }
            }
        }
        Ok(())
    }
}
