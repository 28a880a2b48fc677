//! Runs what the README and those of the examples tell to run: every line of their `sh` blocks, but `make`, which runs this.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use switchboard_tests::certs::Pki;
use switchboard_tests::child::run;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::udp_server::UdpServer;
use switchboard_tests::unix_servers::UnixServer;

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

/// What the blocks of this kind have in them, one after the other.
fn blocks<'a>(document: &'a str, kind: &str) -> Vec<&'a str> {
    let start = format!("\n```{kind}\n");
    let pieces = document.split(&start).skip(1);
    pieces.filter_map(|it| it.split("```\n").next()).collect()
}

/// The programs of the build come first: they lie one above the test itself.
fn path() -> Result<String> {
    let programs = std::env::current_exe()?;
    let programs = programs.parent().and_then(Path::parent);
    let programs = programs.context("target/debug")?;
    Ok(format!("{}:{}", programs.display(), std::env::var("PATH")?))
}

/// Runs the lines of a document where there is a certificate authority, and a server for each protocol. Gives each with what
/// it printed.
fn run_lines(document: &str) -> Result<Vec<(String, String)>> {
    let document = std::fs::read_to_string(repository().join(document))?;
    let commands = commands(&document).into_iter();
    let here = commands.filter(|it| !it.starts_with("make "));

    let pki = Pki::new()?;
    let server = TlsServer::echo("127.0.0.1", &pki.issue(&["localhost"])?)?;
    let datagrams = UdpServer::echo("127.0.0.1")?;
    let folder = tempfile::tempdir()?;
    std::fs::copy(pki.ca_path(), folder.path().join("ca.pem"))?;
    let _unix = UnixServer::echo(&folder.path().join("server.sock"))?;
    let _secure = UnixServer::relay(&folder.path().join("tls.sock"), server.addr())?;
    std::os::unix::fs::symlink(
        repository().canonicalize()?.join("target"),
        folder.path().join("target"),
    )?;
    let path = path()?;
    here.map(|command| {
        let mut shell = Command::new("sh");
        shell.args(["-euc", &command]).current_dir(folder.path());
        shell
            .env("PATH", &path)
            .env("PORT", server.addr().port().to_string())
            .env("UDP_PORT", datagrams.addr().port().to_string());
        let done = run(shell, b"", Duration::from_secs(60))?.success();
        let done = done.with_context(|| command.clone())?;
        Ok((command, done.stdout))
    })
    .collect()
}

#[test]
fn every_line_that_can_be_run() -> Result<()> {
    let lines = run_lines("README.md")?;
    ensure!(lines.len() >= 5, "too few commands: {lines:?}");
    for (command, printed) in lines {
        if command.contains("plugged.wasm echo") {
            let whole = printed.contains("tls TLSv1.3") && printed.contains("answer: hello");
            ensure!(whole, "{command} printed {printed:?}");
        }
        if command.contains("hello") {
            ensure!(printed == "hello\n", "{command} printed {printed:?}");
        }
    }
    Ok(())
}

#[test]
fn every_line_of_the_example() -> Result<()> {
    let lines = run_lines("examples/tls-engine/README.md")?;
    let (command, printed) = lines.last().context("no lines")?;
    let whole = printed.starts_with("TLSv1.3 ") && printed.ends_with(" bytes: hello\n");
    ensure!(whole, "{command} printed {printed:?}");
    Ok(())
}

/// The project that the page of the Rust client describes, beside a clone, as a user would have it.
#[test]
fn every_line_of_the_rust_client() -> Result<()> {
    let document = std::fs::read_to_string(repository().join("sdk/rust/README.md"))?;
    let folder = tempfile::tempdir()?;
    let (clone, hello) = (
        folder.path().join("switchboard"),
        folder.path().join("hello"),
    );
    let root = repository().canonicalize()?;
    std::os::unix::fs::symlink(&root, clone)?;
    std::fs::create_dir_all(hello.join("src"))?;
    let first = |kind| blocks(&document, kind).first().copied().context("no block");
    std::fs::write(hello.join("Cargo.toml"), first("toml")?)?;
    std::fs::write(hello.join("src/lib.rs"), first("rust,ignore")?)?;
    // The versions of the repository, which are there already, and a folder that outlasts the test.
    std::fs::copy(root.join("Cargo.lock"), hello.join("Cargo.lock"))?;
    let kept = root.join("target/readme");
    std::fs::create_dir_all(&kept)?;
    std::os::unix::fs::symlink(kept, hello.join("target"))?;

    let pki = Pki::new()?;
    let secure = TlsServer::echo("127.0.0.1", &pki.issue(&["localhost"])?)?;
    std::fs::copy(pki.ca_path(), hello.join("ca.pem"))?;
    let server = TcpServer::echo("127.0.0.1")?;
    let lines = commands(&document);
    ensure!(lines.len() >= 9, "too few commands: {lines:?}");
    for command in lines {
        let mut shell = Command::new("sh");
        shell.args(["-euc", &command]).current_dir(&hello);
        shell
            .env("PATH", path()?)
            .env("TCP_PORT", server.addr().port().to_string())
            .env("PORT", secure.addr().port().to_string())
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("CARGO_TARGET_DIR");
        let done = run(shell, b"", Duration::from_secs(300))?.success();
        let printed = done.with_context(|| command.clone())?.stdout;
        let whole = ["out.wasm localhost $TCP_PORT", "$PORT ca.pem"];
        if whole.iter().any(|it| command.ends_with(it)) {
            ensure!(printed == "hello\n", "{command} printed {printed:?}");
        }
    }
    Ok(())
}

#[test]
fn every_target_of_make_is_there() -> Result<()> {
    let makefile = std::fs::read_to_string(repository().join("Makefile"))?;
    for document in [
        "README.md",
        "examples/tls-engine/README.md",
        "examples/rust/README.md",
        "sdk/rust/README.md",
    ] {
        let document = std::fs::read_to_string(repository().join(document))?;
        let inline = document
            .split('`')
            .filter_map(|it| it.strip_prefix("make "));
        let inline = inline.filter_map(|it| it.split_whitespace().next());
        let commands = commands(&document);
        let typed = commands.iter().filter_map(|it| it.strip_prefix("make "));
        let typed = typed.flat_map(str::split_whitespace);
        // `HOST=example.com` is none.
        let targets = inline.chain(typed).filter(|it| !it.contains('='));
        let targets: Vec<_> = targets.collect();
        ensure!(targets.len() >= 2, "too few: {targets:?}");
        for target in targets {
            // There is a rule for all of them.
            let example = target.starts_with("example-");
            let target = if example { "example-%" } else { target };
            ensure!(makefile.contains(&format!("\n{target}:")), "make {target}");
        }
    }
    Ok(())
}
