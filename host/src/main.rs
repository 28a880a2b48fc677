//! The command `switchboard`: the component with the same arguments, for machines without a wasmtime of their own.
//!
//! It may use the network and the resolver, connect to Unix sockets for `unix`, set the options of sockets, and read files, as
//! the command needs for `--ca`; and write in the directory of the file that `--keylog` names. Flags before the command permit
//! less, or more.

mod flags;

use anyhow::{Context, Result, bail};
use flags::Flags;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use switchboard_host::{Component, Host, Invocation, Permissions};

/// The exit status for wrong arguments, as the component has it.
const USAGE: u8 = 2;

#[cfg(component)]
const COMPONENT: &[u8] = include_bytes!(env!("SWITCHBOARD_COMPONENT"));
#[cfg(not(component))]
const COMPONENT: &[u8] = &[];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let status = match run().await {
        Ok(status) => status,
        Err(error) => {
            eprintln!("switchboard: {error:#}");
            1
        }
    };
    // Not by returning: a thread may still be waiting for standard input.
    std::process::exit(status.into())
}

async fn run() -> Result<u8> {
    let arguments = std::env::args_os().map(|argument| argument.into_string());
    let arguments: Result<Vec<_>, _> = arguments.collect();
    let taken = arguments
        .map_err(|argument| format!("argument {argument:?} is not valid UTF-8"))
        .and_then(|mut arguments| Ok((Flags::take(&mut arguments)?, arguments)));
    let (flags, arguments) = match taken {
        Ok(taken) => taken,
        Err(wrong) => {
            eprintln!("error: {wrong}\n\nFor more information, try '--help'.");
            return Ok(USAGE);
        }
    };
    let host = Host::new()?;
    let component = compile(&host)?;
    let mut permissions = Permissions::none()
        .network(flags.network())
        .posix(flags.posix(&arguments))
        .look_up()
        .read("/", "/");
    // None if it was removed: then there are no relative paths.
    let from = std::env::current_dir().unwrap_or_default();
    if let Some(directory) = key_log(&arguments).map(|it| from.join(it)) {
        let directory = directory.parent().unwrap_or(&from);
        // Of one that is not there the component tells.
        if let (true, Some(name)) = (directory.is_dir(), directory.to_str()) {
            permissions = permissions.write(directory, name);
        }
    }
    let help = flags::asks_for_help(&arguments);
    let mut invocation = Invocation::new(arguments);
    match from.to_str() {
        Some("") => {}
        Some(from) => invocation = invocation.current_directory(from),
        // It cannot be told by its name.
        None => permissions = permissions.read(&from, "."),
    }
    let invocation = invocation.permissions(permissions).inherit_stdio();
    let status = host.run(&component, invocation).await?.status;
    if help {
        // Nobody may read any more.
        let _ = std::io::stdout().write_all(flags::HELP.as_bytes());
    }
    Ok(status)
}

/// What `--keylog` names.
fn key_log(arguments: &[String]) -> Option<&str> {
    let mut words = arguments.iter().take_while(|it| *it != "--");
    while let Some(word) = words.next() {
        if word == "--keylog" {
            return words.next().map(String::as_str);
        }
        if let Some(file) = word.strip_prefix("--keylog=") {
            return Some(file);
        }
    }
    None
}

/// Takes a second the first time, and says so to whoever watches; then it comes from the cache.
fn compile(host: &Host) -> Result<Component> {
    if COMPONENT.is_empty() {
        bail!("built without the component: run `make component`, and build this again");
    }
    if !std::io::stderr().is_terminal() {
        return host.load(COMPONENT).context("the embedded component");
    }
    let (done, compiled) = mpsc::channel::<()>();
    let notice = std::thread::spawn(move || {
        if compiled.recv_timeout(Duration::from_millis(300)) == Err(RecvTimeoutError::Timeout) {
            eprint!("switchboard: compiling for this machine, once\u{2026}");
            let _ = compiled.recv();
            // ECMA-48: back to the first column, and erase the line.
            eprint!("\r\x1b[K");
        }
    });
    let component = host.load(COMPONENT).context("the embedded component");
    drop(done);
    let _ = notice.join();
    component
}
