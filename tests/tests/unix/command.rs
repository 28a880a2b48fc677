//! The command `unix`, and what it takes.

use crate::pki;
use switchboard_tests::command::{Program, Prompt};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::udp::UdpPeer;
use switchboard_tests::unix_servers::{Folder, UnixServer};

/// The stock `wasmtime` has no Unix sockets to give.
#[test]
fn the_stock_wasmtime_is_told_what_it_takes() {
    let folder = Folder::new().unwrap();
    let _server = UnixServer::echo(&folder.file("echo")).unwrap();
    let prompt = Prompt {
        program: Program::Wasmtime,
        directory: folder.path(),
    };
    let done = prompt.run(&["unix", "echo"], b"hello").unwrap();
    let done = done.with_status(2).unwrap();
    done.told(
        "error: WASI has no Unix sockets",
        &["switchboard-posix.wasm", "switchboard:posix"],
    )
    .unwrap();
    assert!(done.stdout.is_empty());
    let done = prompt.run(&["unix", "echo", "--json"], b"").unwrap();
    let report = done.with_status(2).unwrap().json().unwrap();
    assert!(report["failure"]["not-supported"].is_string(), "{report}");
    for arguments in [
        &["connect", "127.0.0.1", "9", "--no-delay"][..],
        &["udp", "127.0.0.1", "9", "--reuse-port"],
        &["udp", "127.0.0.1", "9", "--broadcast"],
    ] {
        let done = prompt.run(arguments, b"").unwrap().with_status(2).unwrap();
        let flag = arguments[3];
        done.told(
            &format!("error: {flag}: WASI has no such option"),
            &["switchboard-posix.wasm"],
        )
        .unwrap();
    }
}

fn switchboard(folder: &Folder) -> Prompt<'_> {
    Prompt {
        program: Program::Switchboard,
        directory: folder.path(),
    }
}

#[test]
fn lines_there_and_back() {
    let folder = Folder::new().unwrap();
    let (path, name) = (folder.file("echo"), folder.file("name"));
    let _server = UnixServer::echo(&path).unwrap();
    let _named = UnixServer::echo_named(&name).unwrap();
    let prompt = switchboard(&folder);
    let whole = folder.text("echo");
    let named = format!("@{}", name.display());
    for path in ["echo", &*whole, &*named] {
        let done = prompt.run(&["unix", path], b"to and fro").unwrap();
        let done = done.with_status(0).unwrap();
        assert_eq!(done.stdout, b"to and fro", "{path}");
        assert_eq!(done.stderr, "");
    }
    let done = prompt.run(&["unix", "echo", "-v"], b"x").unwrap();
    assert_eq!(done.sentence(), "connected to echo");
    let bars = done.timeline().unwrap();
    assert_eq!((bars.len(), &*bars[0].phase), (1, "connect"));
    assert_eq!(bars[0].outcome, "ok");
    let done = prompt.run(&["unix", "echo", "--json"], b"four").unwrap();
    let report = done.with_status(0).unwrap().json().unwrap();
    assert_eq!(report["connected"]["remote-address"], whole);
    assert_eq!(report["connected"]["local-address"], "");
    let process = report["connected"]["peer-credentials"]["pid"].as_u64();
    assert_eq!(process, Some(std::process::id().into()));
    assert_eq!(
        (&report["received"], &report["sent"]),
        (&4.into(), &4.into())
    );
    assert_eq!(report["timeline"][0]["address"], "echo");
}

#[test]
fn tls_with_the_name_that_is_told() {
    let (pki, leaf) = pki();
    let folder = Folder::new().unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let _relay = UnixServer::relay(&folder.file("tls"), server.addr()).unwrap();
    let ca = pki.ca_path().display().to_string();
    let arguments = [
        "unix",
        "tls",
        "--tls",
        "--ca",
        &ca,
        "--server-name",
        "localhost",
    ];
    let done = switchboard(&folder).run(&arguments, b"secret").unwrap();
    assert_eq!(done.with_status(0).unwrap().stdout, b"secret");
    let wrong = [
        "unix",
        "tls",
        "--tls",
        "--ca",
        &ca,
        "--server-name",
        "elsewhere",
    ];
    let done = switchboard(&folder).run(&wrong, b"").unwrap();
    let done = done.with_status(1).unwrap();
    done.told(
        "switchboard: tls: certificate verify failed: name mismatch",
        &[],
    )
    .unwrap();
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let folder = Folder::new().unwrap();
    std::fs::write(folder.file("file"), "").unwrap();
    let long = "x".repeat(200);
    for (path, why) in [
        ("missing", "no such file or directory"),
        ("file", "connection refused"),
        (&*long, "AF_UNIX path too long"),
    ] {
        let done = switchboard(&folder).run(&["unix", path], b"").unwrap();
        let done = done.with_status(1).unwrap();
        done.told(&format!("switchboard: {path}: {why}"), &[])
            .unwrap();
    }
}

/// What the host of the binary grants.
#[test]
fn options_that_wasi_lacks() {
    let folder = Folder::new().unwrap();
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port().to_string();
    let arguments = ["connect", "127.0.0.1", &port, "--no-delay"];
    let done = switchboard(&folder).run(&arguments, b"at once").unwrap();
    assert_eq!(done.with_status(0).unwrap().stdout, b"at once");
    let peer = UdpPeer::reflector("127.0.0.1").unwrap();
    let port = peer.addr().port().to_string();
    let flags = [
        "--reuse-port",
        "--reuse-address",
        "--broadcast",
        "--count",
        "1",
    ];
    let arguments = [&["udp", "127.0.0.1", &port][..], &flags].concat();
    let done = switchboard(&folder).run(&arguments, b"hello\n").unwrap();
    assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");
}
