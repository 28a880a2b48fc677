//! The application of the tests with Switchboard plugged into it, as a user would do it: by the stock `wac plug`.

use crate::child;
use crate::command::{binary, built};
use crate::proc_net;
use crate::scripted::Scripted;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use switchboard_host::{Component, Exit, Host, Invocation, Permissions};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// How long it may take to plug.
const PLUGGED: Duration = Duration::from_secs(60);

/// How long one run of the application may take.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How long the kernel and the servers may take to see what the application did.
pub const SEEN: Duration = Duration::from_secs(10);

/// The application alone, which `make app` builds.
pub fn app() -> Result<Vec<u8>> {
    read(&built("app.wasm")?)
}

/// Which component is plugged into the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plug {
    /// `switchboard.wasm`.
    Wasi,
    /// `switchboard-posix.wasm`.
    Posix,
}

impl Plug {
    /// Its name in the target directory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wasi => "switchboard.wasm",
            Self::Posix => "switchboard-posix.wasm",
        }
    }

    /// The application with the component, which `make component` builds, plugged into it; done once for this process.
    pub fn composed(self) -> Result<&'static [u8]> {
        static WASI: OnceLock<Result<Vec<u8>>> = OnceLock::new();
        static POSIX: OnceLock<Result<Vec<u8>>> = OnceLock::new();
        let composed = match self {
            Self::Wasi => &WASI,
            Self::Posix => &POSIX,
        };
        shared(composed.get_or_init(|| plugged("app.wasm", self.name()))).map(Vec::as_slice)
    }

    /// The same, compiled.
    pub fn compiled(self) -> Result<&'static Component> {
        static WASI: OnceLock<Result<Component>> = OnceLock::new();
        static POSIX: OnceLock<Result<Component>> = OnceLock::new();
        let compiled = match self {
            Self::Wasi => &WASI,
            Self::Posix => &POSIX,
        };
        shared(compiled.get_or_init(|| host()?.load(self.composed()?)))
    }
}

/// The application with `switchboard.wasm` plugged into it.
pub fn composed() -> Result<&'static [u8]> {
    Plug::Wasi.composed()
}

/// What [`composed`] gives, compiled.
pub fn compiled() -> Result<&'static Component> {
    Plug::Wasi.compiled()
}

/// What a run of the application gets.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// What is plugged into it.
    pub plug: Plug,
    /// What it sees as `/pki`.
    pub folder: &'a Path,
    /// What it may do beside reading that.
    pub permissions: Permissions,
    /// Where its relative paths start.
    pub directory: Option<String>,
}

impl<'a> Setting<'a> {
    /// `switchboard.wasm`, with the network.
    #[must_use]
    pub fn usual(folder: &'a Path) -> Self {
        Self {
            plug: Plug::Wasi,
            folder,
            permissions: Permissions::none().connect().look_up(),
            directory: None,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub exit: Exit,
    /// Its standard output.
    pub output: String,
}

/// The host of all runs in this process.
pub fn host() -> Result<&'static Host> {
    static HOST: OnceLock<Result<Host>> = OnceLock::new();
    shared(HOST.get_or_init(Host::new))
}

fn shared<T>(made: &'static Result<T>) -> Result<&'static T> {
    made.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// Runs the application with these arguments and with this folder as `/pki`, at most for [`LIMIT`]. It has to succeed,
/// and to write nothing to standard error.
pub async fn run(arguments: &str, folder: &Path) -> Result<Run> {
    run_in(&Setting::usual(folder), arguments).await
}

/// As [`run`], with what the setting says.
pub async fn run_in(setting: &Setting<'_>, arguments: &str) -> Result<Run> {
    run_of(setting.plug.compiled()?, setting, arguments).await
}

/// As [`run_in`], of another application, whatever is plugged into it.
pub async fn run_of(component: &Component, setting: &Setting<'_>, arguments: &str) -> Result<Run> {
    run_into(component, pipe(), arguments, setting).await
}

async fn run_into(
    component: &Component,
    stdout: MemoryOutputPipe,
    arguments: &str,
    setting: &Setting<'_>,
) -> Result<Run> {
    let stderr = pipe();
    let words = ["app"].into_iter().chain(arguments.split_whitespace());
    let permissions = setting.permissions.clone().read(setting.folder, "/pki");
    let mut invocation = Invocation::new(words)
        .permissions(permissions)
        .stdout(stdout.clone())
        .stderr(stderr.clone());
    if let Some(directory) = &setting.directory {
        invocation = invocation.current_directory(directory);
    }
    let exit = tokio::time::timeout(LIMIT, host()?.run(component, invocation)).await;
    let (output, errors) = (text(&stdout)?, text(&stderr)?);
    let told = || format!("{arguments}:\n{output}{errors}");
    let exit = exit.map_err(|_| anyhow!("{}took longer than {LIMIT:?}", told()))?;
    let exit = exit.with_context(told)?;
    ensure!(exit.status == 0 && errors.is_empty(), told());
    Ok(Run { exit, output })
}

/// As [`run`], of a mode that waits at a `gate=`: it is let through once no socket is open to these ports.
pub async fn run_leaving_nothing(arguments: &str, folder: &Path, ports: &[u16]) -> Result<Run> {
    let none_open = async |_: String| {
        for &port in ports {
            proc_net::until_none_open_to(port, SEEN).await?;
        }
        Ok(())
    };
    run_until(&Setting::usual(folder), arguments, none_open).await
}

/// As [`run`], of a mode that waits at a `gate=`: it is let through once `look`, which is given what it has written until
/// then, returns.
pub async fn run_until(
    setting: &Setting<'_>,
    arguments: &str,
    look: impl AsyncFnOnce(String) -> Result<()>,
) -> Result<Run> {
    let gate = Scripted::silent("127.0.0.1")?;
    let arguments = format!("{arguments} gate={}", gate.addr());
    let stdout = pipe();
    let component = setting.plug.compiled()?;
    let mut running = pin!(run_into(component, stdout.clone(), &arguments, setting));
    let looked = async {
        gate.until(LIMIT, |log| log.accepted() == 1).await?;
        look(text(&stdout)?).await
    };
    tokio::select! {
        run = &mut running => bail!("it did not wait: {:?}", run?),
        looked = looked => looked?,
    }
    drop(gate);
    running.await
}

fn text(pipe: &MemoryOutputPipe) -> Result<String> {
    Ok(String::from_utf8(pipe.contents().to_vec())?)
}

fn pipe() -> MemoryOutputPipe {
    MemoryOutputPipe::new(4 * 1024 * 1024)
}

/// A component with another one plugged into it, both by their names in the target directory.
pub fn plugged(socket: &str, plug: &str) -> Result<Vec<u8>> {
    let folder = tempfile::Builder::new()
        .prefix("switchboard-composed-")
        .tempdir()?;
    let composed = folder.path().join("composed.wasm");
    let mut wac = Command::new(binary("wac")?);
    wac.arg("plug").arg(built(socket)?);
    wac.arg("--plug").arg(built(plug)?);
    wac.arg("-o").arg(&composed);
    child::run(wac, &[], PLUGGED)?.success()?;
    read(&composed)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
