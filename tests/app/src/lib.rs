//! A small application that Switchboard is plugged into.
#![cfg(target_family = "wasm")]
wit_bindgen::generate!({ world: "app", path: "../../wit", generate_all, });
struct App;
impl exports::wasi::cli::run::Guest for App { async fn run() -> Result<(), ()> { Ok(()) } }
export!(App);
