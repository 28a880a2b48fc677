//! Runs what the README tells to run: every line of its `sh` blocks, but `make`, which runs this.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use switchboard_tests::certs::Pki;
use switchboard_tests::child::run;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::udp_server::UdpServer;

/// The commands of a document, lines that go on joined.
fn commands(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => commands.push(line),
            _ => {}
        }
    }
    let joined = commands.join("\n").replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_line_that_can_be_run() -> Result<()> {
    let readme = std::fs::read_to_string(repository().join("README.md"))?;
    let commands = commands(&readme);
    let (make, here): (Vec<_>, Vec<_>) = commands.iter().partition(|it| it.starts_with("make "));
    ensure!(
        make.len() >= 2 && here.len() >= 5,
        "too few commands: {commands:?}"
    );

    let pki = Pki::new()?;
    let server = TlsServer::echo("127.0.0.1", &pki.issue(&["localhost"])?)?;
    let datagrams = UdpServer::echo("127.0.0.1")?;
    let folder = tempfile::tempdir()?;
    std::fs::copy(pki.ca_path(), folder.path().join("ca.pem"))?;
    std::os::unix::fs::symlink(
        repository().canonicalize()?.join("target"),
        folder.path().join("target"),
    )?;
    // The programs lie one above the test itself.
    let programs = std::env::current_exe()?;
    let programs = programs
        .parent()
        .and_then(Path::parent)
        .context("target/debug")?;
    let path = format!("{}:{}", programs.display(), std::env::var("PATH")?);
    for command in here {
        let mut shell = Command::new("sh");
        shell.args(["-euc", command]).current_dir(folder.path());
        shell
            .env("PATH", &path)
            .env("PORT", server.addr().port().to_string())
            .env("UDP_PORT", datagrams.addr().port().to_string());
        let done = run(shell, b"", Duration::from_secs(60))?.success();
        let done = done.with_context(|| command.clone())?;
        if command.contains("plugged.wasm echo") {
            let whole =
                done.stdout.contains("tls TLSv1.3") && done.stdout.contains("answer: hello");
            ensure!(whole, "{command} printed {:?}", done.stdout);
        }
        if command.contains("hello") {
            ensure!(
                done.stdout == "hello\n",
                "{command} printed {:?}",
                done.stdout
            );
        }
    }
    Ok(())
}

#[test]
fn every_target_of_make_is_there() -> Result<()> {
    let readme = std::fs::read_to_string(repository().join("README.md"))?;
    let makefile = std::fs::read_to_string(repository().join("Makefile"))?;
    let words: Vec<_> = readme
        .split('`')
        .filter_map(|it| it.strip_prefix("make "))
        .collect();
    ensure!(words.len() >= 5, "too few: {words:?}");
    for target in words.iter().filter_map(|it| it.split_whitespace().next()) {
        ensure!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
    Ok(())
}
