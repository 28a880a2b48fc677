//! The application of the tests with Switchboard plugged into it, as a user would do it: by the stock `wac plug`.

use crate::child;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
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
    let mut wac = Command::new(wac()?);
    wac.arg("plug").arg(built("app.wasm")?);
    wac.arg("--plug").arg(built("switchboard.wasm")?);
    wac.arg("-o").arg(&composed);
    child::run(wac, &[], LIMIT)?.success()?;
    read(&composed)
}

/// What the Makefile puts into the target directory.
fn built(name: &str) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target")
        .join(name);
    if !path.is_file() {
        bail!("there is no target/{name}: run `make component app` first");
    }
    Ok(path)
}

/// The tool of this workspace, which is built beside the tests.
fn wac() -> Result<PathBuf> {
    // A test lies in a folder below that of the programs, a program beside it.
    let program = std::env::current_exe()?;
    let mut beside = program
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("wac"));
    let wac = beside.find(|wac| wac.is_file());
    wac.context("there is no program wac beside this one: build the whole workspace")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
