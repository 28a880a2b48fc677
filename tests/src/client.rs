//! The application of `tests/client`, which is written with the Rust SDK, with Switchboard plugged into it.

use crate::composed::{self, Run};
use anyhow::{Result, anyhow};
use std::path::Path;
use std::sync::OnceLock;
use switchboard_host::Component;

/// The application, which `make app` builds, plugged and compiled; done once for this process.
pub fn compiled() -> Result<&'static Component> {
    static COMPILED: OnceLock<Result<Component>> = OnceLock::new();
    let compiled =
        COMPILED.get_or_init(|| composed::host()?.load(&composed::plug("client_app.wasm")?));
    compiled.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// Runs it as [`composed::run`] does.
pub async fn run(arguments: &str, folder: &Path) -> Result<Run> {
    composed::run_of(compiled()?, arguments, folder).await
}
