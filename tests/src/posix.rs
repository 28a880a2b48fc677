//! The component that uses `switchboard:posix` as it is told, in the host that provides it.

use crate::command::built;
use crate::composed::{LIMIT, host};
use anyhow::{Context, Result, anyhow, ensure};
use std::sync::OnceLock;
use switchboard_host::posix::PosixCtxBuilder;
use switchboard_host::{Component, Invocation, Network, Permissions};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// What `make app` builds, compiled.
fn compiled() -> Result<&'static Component> {
    static COMPILED: OnceLock<Result<Component>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let wasm = std::fs::read(built("posix-app.wasm")?)?;
        host()?.load(&wasm)
    });
    compiled.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// Runs these steps with what is granted, at most for [`LIMIT`]. Gives a line for each: `ok` with what came of it, or `error`
/// with the name of the failure. The run itself has to end well.
pub async fn run(
    network: Network,
    posix: PosixCtxBuilder,
    steps: &[impl AsRef<str>],
) -> Result<Vec<String>> {
    let (stdout, stderr) = (pipe(), pipe());
    let words = ["posix-app"].into_iter();
    let words = words.chain(steps.iter().map(AsRef::as_ref));
    let permissions = Permissions::none().network(network).posix(posix);
    let invocation = Invocation::new(words)
        .permissions(permissions)
        .stdout(stdout.clone())
        .stderr(stderr.clone());
    let exit = tokio::time::timeout(LIMIT, host()?.run(compiled()?, invocation)).await;
    let text = |pipe: &MemoryOutputPipe| String::from_utf8(pipe.contents().to_vec());
    let (output, errors) = (text(&stdout)?, text(&stderr)?);
    let told = || format!("{output}{errors}");
    let exit = exit.map_err(|_| anyhow!("{}took longer than {LIMIT:?}", told()))?;
    let exit = exit.with_context(told)?;
    ensure!(exit.status == 0 && errors.is_empty(), told());
    let lines: Vec<_> = output.lines().map(str::to_owned).collect();
    ensure!(lines.len() == steps.len(), told());
    Ok(lines)
}

/// Runs steps, each with the line that has to come of it.
pub async fn expect<S: AsRef<str>, L: AsRef<str>>(
    network: Network,
    posix: PosixCtxBuilder,
    steps: &[(S, L)],
) -> Result<()> {
    let words: Vec<_> = steps.iter().map(|(step, _)| step.as_ref()).collect();
    let lines = run(network, posix, &words).await?;
    for (line, (step, expected)) in lines.iter().zip(steps) {
        let expected = expected.as_ref();
        ensure!(
            line == expected,
            "{}: {line:?}, not {expected:?}: {lines:#?}",
            step.as_ref()
        );
    }
    Ok(())
}

fn pipe() -> MemoryOutputPipe {
    MemoryOutputPipe::new(4 * 1024 * 1024)
}
