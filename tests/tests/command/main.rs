//! The command line: what a user types, sees and gets back, against real servers.

mod allow;
mod arguments;
mod component;
mod failures;
mod json;
mod networks;
mod permissions;
mod race;
mod talk;
mod tls;
mod udp;

use std::path::Path;
use switchboard_tests::certs::Pki;
use switchboard_tests::command::{Program, Prompt};

/// How long a server may take to notice what the command did.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// The programs that can do everything, in this directory.
fn prompts(directory: &Path) -> [Prompt<'_>; 2] {
    Program::ALL.map(|program| Prompt { program, directory })
}

/// The stock wasmtime in this directory.
fn wasmtime(directory: &Path) -> Prompt<'_> {
    Prompt {
        program: Program::Wasmtime,
        directory,
    }
}

/// The directory with the authority's `ca.pem`.
fn home(pki: &Pki) -> &Path {
    pki.ca_path().parent().unwrap()
}
