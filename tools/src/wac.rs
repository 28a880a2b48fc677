//! The stock `wac plug`: the command of the crate `wac-cli`, linked instead of installed.

use clap::Parser;

#[derive(Parser)]
#[command(name = "wac", version)]
enum Wac {
    /// Plugs the exports of components into the imports of another
    Plug(wac_cli::commands::PlugCommand),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Wac::parse() {
        Wac::Plug(command) => command.exec().await,
    }
}
