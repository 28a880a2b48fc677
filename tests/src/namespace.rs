//! Networks of a test's own, in a namespace that is gone with the command that runs in it: what a machine on loopback
//! cannot show without disturbing others.

use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const SCRIPT: &str = include_str!("peers/namespace.py");

/// How this user can get a namespace: as root, or as root of a namespace of users, which not every system permits.
static FLAGS: LazyLock<Option<&[&str]>> = LazyLock::new(|| {
    let ways: [&[&str]; 2] = [
        &["--net", "--mount"],
        &["--net", "--mount", "--map-root-user"],
    ];
    ways.into_iter().find(|flags| {
        let mut command = Command::new("unshare");
        command.args(*flags).arg("true");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
});

/// What is in the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// No interface is up: every network is unreachable.
    Unplugged,
    /// Loopback, and a name server that never answers. `two.example` is 127.0.0.1 and 127.0.0.2 without it; the UDP
    /// port 53 of the first is taken.
    SilentResolver,
}

impl Namespace {
    /// Whether this system gives namespaces to this user. Says so if not, as a test that asks will not be made.
    #[must_use]
    pub fn available() -> bool {
        if FLAGS.is_none() {
            println!("SKIPPED: unshare gives this user no network namespace");
        }
        FLAGS.is_some()
    }

    /// The command, run in a new one.
    pub fn wrap(self, command: &Command) -> Result<Command> {
        let flags = FLAGS.context("unshare gives this user no network namespace")?;
        let mut wrapped = Command::new("unshare");
        wrapped.args(flags).args(["python3", "-I", "-c", SCRIPT]);
        if self == Self::SilentResolver {
            wrapped.arg("--resolver");
        }
        wrapped.args(
            [command.get_program()]
                .into_iter()
                .chain(command.get_args()),
        );
        for (key, value) in command.get_envs() {
            wrapped.env(key, value.unwrap_or(OsStr::new("")));
        }
        if let Some(directory) = command.get_current_dir() {
            wrapped.current_dir(directory);
        }
        Ok(wrapped)
    }
}
