//! `make run`: a TLS echo server on loopback, and a connection to it past two dead addresses, through the component.

use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::process::{Command, Stdio};
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::Pki;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::tls::TlsServer;

const NAME: &str = "echo.example";
const LINE: &str = "Hello through WebAssembly!\n";

fn main() -> Result<()> {
    // One name with three addresses, as a resolver would give them: the port is the same on each.
    let ips = [
        "127.0.0.1".parse()?,
        "127.0.0.2".parse()?,
        "127.0.0.3".parse()?,
    ];
    let [refusing, silent, answering]: [Place; 3] = Place::at_each(&ips)?
        .try_into()
        .ok()
        .context("three places were asked for")?;
    let pki = Pki::new()?;
    let leaf = pki.issue(&[NAME])?;
    let refusing = Refusing::start(refusing)?;
    let silent = Blackhole::start(silent)?;
    let server = TlsServer::echo(answering, &leaf)?;

    let port = server.addr().port().to_string();
    let ca = pki.ca_path().to_str().context("a path that is text")?;
    let resolve = format!("{NAME}:{port}:127.0.0.1,127.0.0.2,127.0.0.3");
    let arguments = [
        "connect",
        NAME,
        &port,
        "--tls",
        "--ca",
        ca,
        "--resolve",
        &resolve,
        "-v",
    ];

    println!("{NAME} has three addresses:");
    println!("  {} refuses", refusing.addr());
    println!("  {} never answers", silent.addr());
    println!("  {} echoes, over TLS", server.addr());
    println!(
        "$ echo '{}' | switchboard {}",
        LINE.trim_end(),
        arguments.join(" ")
    );
    let switchboard = std::env::current_exe()?.with_file_name("switchboard");
    let mut child = Command::new(switchboard)
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .context("the switchboard command beside this one")?;
    // Dropped at once: the end of the line is the end of the input.
    child
        .stdin
        .take()
        .context("its input")?
        .write_all(LINE.as_bytes())?;
    let status = child.wait()?;
    ensure!(status.success(), "switchboard ended with {status}");
    Ok(())
}
