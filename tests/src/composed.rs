//! The application of the tests with Switchboard plugged into it, as a user would do it: by the stock `wac plug`.

use crate::child;
use crate::command::{binary, built, component};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// How long it may take to plug.
const LIMIT: Duration = Duration::from_secs(60);

/// The application alone, which `make app` builds.
pub fn app() -> Result<Vec<u8>> {
    read(&built("app.wasm")?)
}

/// The application with the component, which `make component` builds, plugged into it; done once for this process.
pub fn composed() -> Result<&'static [u8]> {
    static COMPOSED: OnceLock<Result<Vec<u8>>> = OnceLock::new();
    match COMPOSED.get_or_init(plug) {
        Ok(bytes) => Ok(bytes),
        Err(error) => bail!("{error:#}"),
    }
}

fn plug() -> Result<Vec<u8>> {
    let folder = tempfile::Builder::new()
        .prefix("switchboard-composed-")
        .tempdir()?;
    let composed = folder.path().join("composed.wasm");
    let mut wac = Command::new(binary("wac")?);
    wac.arg("plug").arg(built("app.wasm")?);
    wac.arg("--plug").arg(component()?);
    wac.arg("-o").arg(&composed);
    child::run(wac, &[], LIMIT)?.success()?;
    read(&composed)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
