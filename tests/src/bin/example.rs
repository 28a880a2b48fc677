//! `example http|redis|chat|dns`: plugs Switchboard into an example of `examples/rust`, and runs it against a server on loopback,
//! by the commands that a user would type.

use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use switchboard_tests::certs::Pki;
use switchboard_tests::command::{binary, built};
use switchboard_tests::composed::{self, Plug};
use switchboard_tests::dns::{NameServer, Record};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::scripted::{Scripted, Step};

fn main() -> Result<()> {
    let name = std::env::args().nth(1).context("which one?")?;
    let pki = Pki::new()?;
    match name.as_str() {
        "http" => {
            let leaf = pki.issue(&["localhost"])?;
            let server = OpensslServer::start("127.0.0.1", &leaf, &["-www"])?;
            run(
                &name,
                &pki,
                &["localhost", &port(server.addr()), "ca.pem"],
                "",
            )
        }
        "redis" => {
            let ping = Step::ReadUntil(b"PING\r\n".to_vec());
            let pong = Step::Write(b"+PONG\r\n".to_vec());
            let server = Scripted::start("127.0.0.1", [ping, pong, Step::ReadToEnd])?;
            run(&name, &pki, &["localhost", &port(server.addr())], "")
        }
        "chat" => {
            // Everybody there says what they hear.
            let server = TcpServer::echo("127.0.0.1")?;
            let said = "hello\nanybody there?\n";
            run(&name, &pki, &["localhost", &port(server.addr())], said)
        }
        "dns" => {
            let address = Record::Address("192.0.2.7".parse()?);
            let server = NameServer::start("127.0.0.1", vec![("example.test", address)])?;
            let at = server.addr();
            let ip = at.ip().to_string();
            run(&name, &pki, &[&ip, &port(at), "example.test"], "")
        }
        other => bail!("there is no example {other}"),
    }
}

fn port(address: SocketAddr) -> String {
    address.port().to_string()
}

/// Plugs it and runs it in the folder of the certificates, with this as its standard input.
fn run(name: &str, pki: &Pki, arguments: &[&str], input: &str) -> Result<()> {
    let file = format!("wasm32-wasip2/release/example_{name}.wasm");
    let plugged = pki.folder().join("out.wasm");
    std::fs::write(&plugged, composed::plugged(&file, Plug::Wasi.name())?)?;
    let permissions = "inherit-network,allow-ip-name-lookup";
    println!(
        "wac plug {} --plug switchboard.wasm -o out.wasm",
        shown(&built(&file)?)
    );
    println!(
        "wasmtime run -S {permissions} --dir . out.wasm {}",
        arguments.join(" ")
    );
    let mut command = Command::new(binary("wasmtime")?);
    command.args(["run", "-S", permissions, "--dir", ".", "out.wasm"]);
    command.args(arguments).current_dir(pki.folder());
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    std::io::Write::write_all(&mut stdin, input.as_bytes())?;
    drop(stdin);
    let status = child.wait()?;
    match status.success() {
        true => Ok(()),
        false => bail!("it ended with {status}"),
    }
}

/// From where the user stands.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}
