//! The stock `wasmtime run`: the command of the crate `wasmtime-cli`, linked instead of installed, because installed it
//! would build wasmtime a second time.

use clap::Parser;

#[derive(Parser)]
#[command(name = "wasmtime", version)]
enum Wasmtime {
    /// Runs a WebAssembly module or component
    Run(wasmtime_cli::commands::RunCommand),
    /// Compiles a WebAssembly module or component
    Compile(wasmtime_cli::commands::CompileCommand),
}

fn main() -> wasmtime::Result<()> {
    match Wasmtime::parse() {
        Wasmtime::Run(command) => command.execute(),
        Wasmtime::Compile(command) => command.execute(),
    }
}
