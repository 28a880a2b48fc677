//! Runs a component with `switchboard:posix`, which no stock runtime provides: for the tests of `sdk/python`.
//!
//! `posix-run FOLDER COMPONENT ARGUMENTS…` lets it have Unix sockets in the folder and abstract ones named after it, or none
//! with `-` for the folder; the network, all options of sockets, and what files there are to read.

use anyhow::{Context, Result};
use std::process::ExitCode;
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_host::{Host, Invocation, Network, Permissions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("a folder for sockets")?;
    let component = arguments.next().context("a component")?;
    let mut posix = PosixCtx::builder().network(Network::any());
    if folder != "-" {
        posix = posix
            .allow_unix(&folder)
            .allow_unix_bind(&folder)
            .allow_unix_name(folder.as_str())
            .allow_unix_bind_name(folder.as_str());
        for option in [
            SocketOption::NoDelay,
            SocketOption::ReuseAddress,
            SocketOption::ReusePort,
            SocketOption::Broadcast,
        ] {
            posix = posix.allow_option(option);
        }
    }
    let permissions = Permissions::none()
        .network(Network::any())
        .look_up()
        .read("/", "/")
        .posix(posix);
    let host = Host::new()?;
    let wasm = std::fs::read(&component).with_context(|| format!("{component} cannot be read"))?;
    let program = host.load(&wasm)?;
    let invocation = Invocation::new(std::iter::once(component).chain(arguments))
        .permissions(permissions)
        .inherit_stdio();
    let exit = host.run(&program, invocation).await?;
    Ok(ExitCode::from(exit.status))
}
