//! Switchboard's command line as a user types it, and what it tells.

use crate::child;
use crate::namespace::Namespace;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

/// How long any run may take that is not said to take longer.
const LIMIT: Duration = Duration::from_secs(20);

/// How long the first run may take, which compiles the component; all others have it from the cache.
const COMPILED: Duration = Duration::from_secs(120);

/// Who runs the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The stock `wasmtime run`, with the permissions that the command needs.
    Wasmtime,
    /// The stock `wasmtime run`, without `allow-ip-name-lookup`.
    WasmtimeWithoutLookup,
    /// The stock `wasmtime run`, without the network.
    WasmtimeWithoutNetwork,
    /// `switchboard`, which embeds it.
    Switchboard,
}

impl Program {
    /// Those that can do everything.
    pub const ALL: [Self; 2] = [Self::Wasmtime, Self::Switchboard];

    /// The command, up to the arguments of the component. It sees the directory that it stands in.
    pub fn command(self) -> Result<Command> {
        let permissions: &[&str] = match self {
            Self::Switchboard => return Ok(Command::new(binary("switchboard")?)),
            Self::Wasmtime => &["-S", "inherit-network,allow-ip-name-lookup"],
            Self::WasmtimeWithoutLookup => &["-S", "inherit-network"],
            Self::WasmtimeWithoutNetwork => &["-S", "allow-ip-name-lookup"],
        };
        let mut command = Command::new(binary("wasmtime")?);
        command.arg("run").args(permissions);
        command.args(["--dir", "."]).arg(component()?);
        Ok(command)
    }

    /// The command with these arguments in this directory, compiled beforehand.
    pub fn ready(self, directory: &Path, arguments: &[&str]) -> Result<Command> {
        self.compile()?;
        let mut command = self.command()?;
        command.args(arguments).current_dir(directory);
        Ok(command)
    }

    /// Once, and not in all tests at a time.
    fn compile(self) -> Result<()> {
        static COMPILED_FOR: LazyLock<Mutex<Vec<Program>>> = LazyLock::new(Mutex::default);
        let mut compiled = COMPILED_FOR.lock().unwrap_or_else(|it| it.into_inner());
        if !compiled.contains(&self) {
            let mut command = self.command()?;
            command.arg("--version");
            child::run(command, b"", COMPILED)?.success()?;
            compiled.push(self);
        }
        Ok(())
    }
}

/// Where a user types: a program, in a directory.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// Who runs the component.
    pub program: Program,
    /// Where the user stands.
    pub directory: &'a Path,
}

/// What a run left.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Prompt<'_> {
    /// Runs it to its end with `input` as its standard input.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Finished> {
        finish(self.program.ready(self.directory, arguments)?, input)
    }

    /// The same in a network of its own.
    pub fn run_in(&self, namespace: Namespace, arguments: &[&str]) -> Result<Finished> {
        let command = self.program.ready(self.directory, arguments)?;
        finish(namespace.wrap(&command)?, b"")
    }
}

fn finish(command: Command, input: &[u8]) -> Result<Finished> {
    let begun = Instant::now();
    let output = child::run_for_bytes(command, input, LIMIT)?;
    let stderr = String::from_utf8(output.stderr).context("standard error is no text")?;
    let status = output.status.code();
    let status = status.with_context(|| format!("{}: {stderr}", output.status))?;
    let lower = stderr.to_lowercase();
    for crash in ["wasm trap", "panicked", "backtrace", "caused by"] {
        ensure!(!lower.contains(crash), "it crashed: {stderr}");
    }
    Ok(Finished {
        status,
        stdout: output.stdout,
        stderr,
        took: begun.elapsed(),
    })
}

impl Finished {
    /// Itself, if it ended with this status; otherwise an error that shows what it told.
    pub fn with_status(self, status: i32) -> Result<Self> {
        ensure!(
            self.status == status,
            "status {}, not {status}: {}",
            self.status,
            self.stderr
        );
        Ok(self)
    }

    /// Fails unless the first line of standard error is a sentence that begins with `start` and has all of `words`.
    pub fn told(&self, start: &str, words: &[&str]) -> Result<()> {
        let sentence = self.sentence();
        ensure!(sentence.starts_with(start), "not {start:?}: {sentence:?}");
        for word in words {
            ensure!(sentence.contains(word), "no {word:?} in {sentence:?}");
        }
        // What Rust shows of its values is for programmers.
        for clothes in ["Error(", "Some(", "Failure(", "Errno(", "{", "  "] {
            ensure!(!sentence.contains(clothes), "{clothes:?} in {sentence:?}");
        }
        Ok(())
    }

    /// Standard error as the one line of JSON that `--json` writes.
    pub fn json(&self) -> Result<serde_json::Value> {
        let line = self.stderr.strip_suffix('\n').context("no line")?;
        ensure!(!line.contains('\n'), "more than a line: {line}");
        serde_json::from_str(line).with_context(|| line.to_owned())
    }

    /// The first line of standard error.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.stderr.lines().next().unwrap_or_default()
    }

    /// The timeline that `-v` draws.
    pub fn timeline(&self) -> Result<Vec<Bar>> {
        let bars = self.stderr.lines().filter(|line| line.contains('|'));
        bars.map(|line| Bar::parse(line).with_context(|| line.to_owned()))
            .collect()
    }
}

/// A line of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// `lookup`, `connect` or `handshake`.
    pub phase: String,
    /// To which address.
    pub address: Option<String>,
    /// When it started, in milliseconds.
    pub started: f64,
    /// When it ended, in milliseconds.
    pub ended: f64,
    /// How it ended.
    pub outcome: String,
}

impl Bar {
    fn parse(line: &str) -> Option<Self> {
        let (label, rest) = line.split_once('|')?;
        let (_drawn, rest) = rest.split_once('|')?;
        let (times, outcome) = rest.split_once(" ms  ")?;
        let (started, ended) = times.split_once(" to ")?;
        let mut label = label.split_whitespace().map(str::to_owned);
        Some(Self {
            phase: label.next()?,
            address: label.next(),
            started: started.trim().parse().ok()?,
            ended: ended.trim().parse().ok()?,
            outcome: outcome.to_owned(),
        })
    }
}

/// The component, `target/switchboard.wasm`.
pub fn component() -> Result<PathBuf> {
    built("switchboard.wasm")
}

/// The same with the POSIX capability, `target/switchboard-posix.wasm`.
pub fn posix_component() -> Result<PathBuf> {
    built("switchboard-posix.wasm")
}

/// What the Makefile puts into the target directory.
pub fn built(name: &str) -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let path = target.join(name).canonicalize();
    path.with_context(|| format!("there is no target/{name}: run `make component app example`"))
}

/// A binary of the workspace, which stands beside that of the test.
pub fn binary(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    for directory in test.ancestors().skip(1).take(2) {
        let path = directory.join(name);
        if path.is_file() {
            return Ok(path);
        }
    }
    bail!("there is no target/debug/{name}: run `make test`, which builds it first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_timeline() {
        let finished = Finished {
            status: 0,
            stdout: Vec::new(),
            stderr: "\
connected to [::1]:443
  lookup             |##     |     0.0 to    10.0 ms  ok
  connect [::1]:443  |  #####|    10.0 to    11.5 ms  connection refused
                     0          11.5 ms
"
            .to_owned(),
            took: Duration::ZERO,
        };
        let bars = finished.timeline().unwrap();
        assert_eq!(bars.len(), 2);
        assert_eq!((&*bars[0].phase, &bars[0].address), ("lookup", &None));
        assert_eq!(bars[1].address.as_deref(), Some("[::1]:443"));
        assert_eq!((bars[1].started, bars[1].ended), (10.0, 11.5));
        assert_eq!(bars[1].outcome, "connection refused");
        finished.told("connected to ", &["::1", "443"]).unwrap();
        assert!(finished.told("connected to ", &["444"]).is_err());
    }
}
