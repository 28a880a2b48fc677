//! What the binary permits the component, by the flags before the command.

use std::path::Path;
use switchboard_tests::command::{Program, Prompt};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::udp_server::UdpServer;

const PROMPT: Program = Program::Switchboard;

fn prompt() -> Prompt<'static> {
    Prompt {
        program: PROMPT,
        directory: Path::new(env!("CARGO_MANIFEST_DIR")),
    }
}

#[test]
fn tcp_and_udp_as_they_say() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let udp = UdpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port().to_string();
    let udp_port = udp.addr().port().to_string();
    let granted = format!("--allow-tcp=127.0.0.1:{port}");
    let granted = granted.as_str();
    let granted_udp = format!("127.0.0.0/8:{udp_port}");
    let granted_udp = granted_udp.as_str();
    let connect = ["connect", "127.0.0.1", &port];
    let send = ["udp", "127.0.0.1", &udp_port, "--count", "1"];
    for (flags, command, permitted) in [
        (&[][..], &connect[..], true),
        (&[granted], &connect, true),
        (&["--allow-tcp", "*"], &connect, true),
        (&["--allow-tcp", "[::1]", granted], &connect, true),
        (&["--allow-tcp", "[::1]"], &connect, false),
        (&["--allow-tcp", "127.0.0.1:1-1023"], &connect, false),
        (&["--allow-udp", "*"], &connect, false),
        (&[], &send, true),
        (&["--allow-udp", granted_udp], &send, true),
        (&["--allow-udp", "127.0.0.1:1"], &send, false),
        (&[granted], &send, false),
        // What is for other sockets takes nothing from these.
        (
            &["--allow-unix", "/run", "--allow-option", "no-delay"],
            &connect,
            true,
        ),
    ] {
        let before = server.log().accepted();
        let arguments = [flags, command].concat();
        let done = prompt().run(&arguments, b"hello\n").unwrap();
        if permitted {
            assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n", "{flags:?}");
        } else {
            let done = done.with_status(1).unwrap();
            let told = done.stderr.to_lowercase();
            assert!(told.contains("permission denied"), "{flags:?}: {told}");
            assert_eq!(server.log().accepted(), before);
        }
    }
}

#[test]
fn wrong_ones_are_told_with_status_2() {
    for (arguments, words) in [
        (&["--allow-tcp"][..], &["--allow-tcp", "no value"][..]),
        (
            &["--allow-tcp", "localhost", "connect"],
            &["--allow-tcp", "'localhost'"],
        ),
        (
            &["--allow-option", "linger", "udp"],
            &["'linger'", "no-delay", "broadcast"],
        ),
        (&["--allow-all", "connect"], &["unknown flag '--allow-all'"]),
        // The command has flags of its own.
        (
            &["connect", "--allow-unix", "x", "localhost", "1"],
            &["--allow-unix"],
        ),
        (&["--allow-unix", "/run"], &["Usage: switchboard"]),
    ] {
        let done = prompt().run(arguments, b"").unwrap();
        let done = done.with_status(2).unwrap();
        assert_eq!(done.stdout, b"", "{arguments:?}");
        for word in words {
            assert!(done.stderr.contains(word), "{arguments:?}: {}", done.stderr);
        }
    }
    // A path that cannot be is no argument that is wrong.
    let done = prompt().run(&["--allow-unix", "/missing/../x", "--version"], b"");
    let done = done.unwrap().with_status(1).unwrap();
    assert!(
        done.stderr.contains("a path of Unix sockets"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_help_has_them_all() {
    let text = |arguments: &[&str]| {
        let done = prompt().run(arguments, b"").unwrap();
        String::from_utf8(done.with_status(0).unwrap().stdout).unwrap()
    };
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["--allow-unix", "/run", "--help"],
    ] {
        let text = text(arguments);
        for word in [
            "Usage: switchboard <COMMAND>",
            "--allow-unix <PATH|@NAME>",
            "--allow-unix-bind",
            "--allow-option",
            "no-delay, reuse-address, reuse-port",
            "--allow-tcp <ADDRESSES>",
            "--allow-tcp-bind",
            "--allow-udp <ADDRESSES>",
            "--allow-udp-bind",
            "10.0.0.0/8",
        ] {
            assert!(text.contains(word), "no {word} in {text}");
        }
    }
    // That of a command is the component's alone.
    assert!(!text(&["connect", "--help"]).contains("--allow-"));
    assert!(!text(&["--version"]).contains("--allow-"));
}
