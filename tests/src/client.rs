//! The application of `tests/client`, which is written with the Rust SDK, with Switchboard plugged into it.

use crate::composed::{self, Plug, Run, Setting};
use anyhow::{Result, anyhow};
use std::path::Path;
use std::sync::OnceLock;
use switchboard_host::Component;

/// The application, which `make app` builds, plugged and compiled; done once for this process.
pub fn compiled(plug: Plug) -> Result<&'static Component> {
    static WASI: OnceLock<Result<Component>> = OnceLock::new();
    static POSIX: OnceLock<Result<Component>> = OnceLock::new();
    let compiled = match plug {
        Plug::Wasi => &WASI,
        Plug::Posix => &POSIX,
    };
    let load = || composed::host()?.load(&composed::plugged("client-app.wasm", plug.name())?);
    let compiled = compiled.get_or_init(load);
    compiled.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// Runs it as [`composed::run`] does.
pub async fn run(arguments: &str, folder: &Path) -> Result<Run> {
    run_in(&Setting::usual(folder), arguments).await
}

/// Runs it as [`composed::run_in`] does.
pub async fn run_in(setting: &Setting<'_>, arguments: &str) -> Result<Run> {
    composed::run_of(compiled(setting.plug)?, setting, arguments).await
}
