//! Questions that are put in a network of their own, to the application in the stock wasmtime.

use crate::ask::{Answer, Question, answers};
use crate::certs::Pki;
use crate::child::{self, Serving};
use crate::command::binary;
use crate::composed;
use crate::namespace::Namespace;
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the resolver may keep the host: wasmtime does not end before the threads that it looks names up in.
const RESOLVER: Duration = Duration::from_secs(20);

/// The application in this mode, `ask` or `datagrams`: it answers the questions of this file.
fn asking(mode: &str, directory: &Path, file: &str) -> Result<Command> {
    let mut command = Command::new(binary("wasmtime")?);
    command.args(["run", "-S", "inherit-network,allow-ip-name-lookup"]);
    command.args(["--dir", ".", "composed.wasm", mode]);
    command.arg(format!("file={file}")).current_dir(directory);
    Ok(command)
}

/// Puts the questions, and gives each answer with the time from the one before it, in seconds; that of the first counts
/// from the start.
pub async fn ask(
    namespace: Namespace,
    mode: &str,
    pki: &Pki,
    questions: &[Question],
) -> Result<Vec<(Answer, f64)>> {
    pki.write("composed.wasm", composed::composed()?)?;
    pki.write("nothing.json", "[]")?;
    pki.write("all.json", serde_json::to_vec(questions)?)?;
    // Compiles it, which is not to be counted.
    let compile = asking(mode, pki.folder(), "nothing.json")?;
    child::run(compile, b"", composed::LIMIT)?.success()?;

    let command = namespace.wrap(&asking(mode, pki.folder(), "all.json")?)?;
    let mut before = Instant::now();
    let started = |_: &str| Some(());
    let (serving, ()) = Serving::start(command, composed::LIMIT, started)?;
    let mut times = Vec::new();
    for line in 1..=questions.len() {
        let seen = |output: &str| output.matches('\n').count() >= line;
        serving.until(composed::LIMIT, seen).await?;
        times.push(before.elapsed().as_secs_f64());
        before = Instant::now();
    }
    let output = serving.output();
    let status = serving.end(RESOLVER)?;
    ensure!(status.success(), "{status}: {output}");
    let answers = answers(&output)?;
    ensure!(answers.len() == questions.len(), "{output}");
    Ok(answers.into_iter().zip(times).collect())
}
