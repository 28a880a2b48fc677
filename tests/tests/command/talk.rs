//! What goes there and comes back.

use crate::{LIMIT, home, prompts, wasmtime};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::{KeyKind, Pki, Wanted};
use switchboard_tests::command::Program;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::{End, Log};
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::pattern;
use switchboard_tests::python::PythonServer;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::tls::{Options, TlsServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

const MIB: usize = 1024 * 1024;

#[test]
fn openssl_answers_in_each_version() {
    let pki = Pki::new().unwrap();
    for (flag, version, key) in [
        ("-tls1_2", "TLSv1.2, ", KeyKind::Rsa2048),
        ("-tls1_3", "TLSv1.3, ", KeyKind::P256),
    ] {
        let wanted = Wanted {
            key,
            through_intermediate: true,
            ..Wanted::default()
        };
        let leaf = pki.issue_as(&["localhost"], wanted).unwrap();
        let server = OpensslServer::rev("127.0.0.1", &leaf, &[flag]).unwrap();
        let port = server.addr().port().to_string();
        for prompt in prompts(home(&pki)) {
            let arguments = [
                "connect",
                "localhost",
                &port,
                "--tls",
                "--ca",
                "ca.pem",
                "-v",
            ];
            let done = prompt.run(&arguments, b"hello\n").unwrap();
            let done = done.with_status(0).unwrap();
            assert_eq!(done.stdout, b"olleh\n");
            assert!(done.stderr.contains(version), "{}", done.stderr);
        }
    }
}

#[tokio::test]
async fn python_answers_and_gets_a_goodbye() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    for (flags, version) in [(["--max", "1.2"], "TLSv1.2"), (["--min", "1.3"], "TLSv1.3")] {
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &flags).unwrap();
        let port = server.addr().port().to_string();
        for (at, prompt) in prompts(home(&pki)).into_iter().enumerate() {
            let arguments = ["connect", "localhost", &port, "--tls", "--ca", "ca.pem"];
            let done = prompt.run(&arguments, b"hello\n").unwrap();
            let done = done.with_status(0).unwrap();
            assert_eq!((&*done.stdout, &*done.stderr), (&b"hello\n"[..], ""));
            let seen = server.sessions(at + 1, LIMIT).await.unwrap();
            let seen = seen.last().unwrap();
            assert_eq!(seen.version.as_deref(), Some(version));
            assert_eq!(seen.sni.as_deref(), Some("localhost"));
            assert_eq!((seen.clean, seen.bytes), (true, 6));
        }
    }
}

#[tokio::test]
async fn literals_and_names() {
    let pki = Pki::new().unwrap();
    for (ip, host, sni) in [
        ("127.0.0.1", "127.0.0.1", None),
        ("::1", "::1", None),
        ("127.0.0.1", "localhost", Some("localhost")),
    ] {
        let leaf = pki.issue(&[host]).unwrap();
        let secure = TlsServer::echo(ip, &leaf).unwrap();
        let plain = TcpServer::echo(ip).unwrap();
        for (at, prompt) in prompts(home(&pki)).into_iter().enumerate() {
            let port = plain.addr().port().to_string();
            let done = prompt.run(&["connect", host, &port], b"hello\n").unwrap();
            assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");

            let port = secure.addr().port().to_string();
            let arguments = ["connect", host, &port, "--tls", "--ca", "ca.pem"];
            let done = prompt.run(&arguments, b"hello\n").unwrap();
            assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");

            let ended = |log: &Log| log.all_ended(at + 1);
            let log = plain.until(LIMIT, ended).await.unwrap();
            assert_eq!(log.connections[at].end, Some(End::Clean));
            let log = secure.until(LIMIT, ended).await.unwrap();
            assert_eq!(log.connections[at].end, Some(End::Clean));
            let session = log.connections[at].session.as_ref().unwrap();
            assert_eq!(session.sni.as_deref(), sni);
        }
    }
}

#[test]
fn another_name_for_the_certificate_and_a_ca_in_der() {
    let pki = Pki::new().unwrap();
    pki.write("ca.der", pki.ca_der()).unwrap();
    let stranger = Pki::new().unwrap().ca_pem();
    pki.write("stranger.pem", stranger).unwrap();
    let leaf = pki.issue(&["*.switchboard.test"]).unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let port = server.addr().port().to_string();
    let mut arguments = vec!["connect", "127.0.0.1", &port, "--tls", "--ca", "ca.der"];
    arguments.extend([
        "--ca",
        "stranger.pem",
        "--server-name",
        "a.switchboard.test",
    ]);
    for prompt in prompts(home(&pki)) {
        let done = prompt.run(&arguments, b"hello\n").unwrap();
        assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");
    }
}

#[tokio::test]
async fn the_end_of_input_is_told_and_the_answer_read() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let options = Options {
        behaviour: Behaviour::Sink,
        ..Options::default()
    };
    let secure = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let plain = TcpServer::start("127.0.0.1", Behaviour::Sink).unwrap();
    for prompt in prompts(home(&pki)) {
        for (port, flags) in [
            (plain.addr().port(), &[][..]),
            (secure.addr().port(), &["--tls", "--ca", "ca.pem"][..]),
        ] {
            let port = port.to_string();
            let arguments = [&["connect", "localhost", &port], flags].concat();
            let done = prompt.run(&arguments, &[7; 1000]).unwrap();
            assert_eq!(done.with_status(0).unwrap().stdout, 1000_u64.to_be_bytes());
        }
    }
    let log = secure.until(LIMIT, |log| log.all_ended(2)).await.unwrap();
    assert!(log.connections.iter().all(|c| c.end == Some(End::Clean)));
}

#[test]
fn eight_mebibytes_there_and_back() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let secure = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let plain = TcpServer::echo("127.0.0.1").unwrap();
    let sent = pattern::bytes(0, 8 * MIB);
    for prompt in prompts(home(&pki)) {
        for (port, flags) in [
            (plain.addr().port(), &[][..]),
            (secure.addr().port(), &["--tls", "--ca", "ca.pem"][..]),
        ] {
            let port = port.to_string();
            let arguments = [&["connect", "localhost", &port], flags].concat();
            let done = prompt.run(&arguments, &sent).unwrap();
            let back = done.with_status(0).unwrap().stdout;
            assert_eq!(back.len(), sent.len());
            pattern::check(0, &back).unwrap();
        }
    }
}

/// The command with its standard streams in our hands.
pub(crate) fn start(program: Program, directory: &Path, arguments: &[&str]) -> Child {
    let command = program.ready(directory, arguments).unwrap();
    Command::from(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub(crate) async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LIMIT, work).await;
    done.unwrap_or_else(|_| panic!("{what} takes too long"))
}

#[tokio::test]
async fn a_dialogue_needs_no_end_of_input() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let secure = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let plain = TcpServer::echo("127.0.0.1").unwrap();
    for program in Program::ALL {
        for (port, flags) in [
            (plain.addr().port(), &[][..]),
            (secure.addr().port(), &["--tls", "--ca", "ca.pem"][..]),
        ] {
            let port = port.to_string();
            let arguments = [&["connect", "localhost", &port], flags].concat();
            let mut child = start(program, home(&pki), &arguments);
            let mut stdin = child.stdin.take().unwrap();
            let mut stdout = child.stdout.take().unwrap();
            for word in [b"one", b"two"] {
                stdin.write_all(word).await.unwrap();
                stdin.flush().await.unwrap();
                let mut back = [0; 3];
                let read = stdout.read_exact(&mut back);
                in_time("the answer", read).await.unwrap();
                assert_eq!(&back, word);
            }
            drop(stdin);
            let status = in_time("the end", child.wait()).await.unwrap();
            assert_eq!(status.code(), Some(0));
        }
    }
}

#[tokio::test]
async fn the_end_of_the_peer_is_the_end_whatever_the_input() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let options = Options {
        behaviour: Behaviour::Send(5),
        ..Options::default()
    };
    let secure = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let plain = TcpServer::start("127.0.0.1", Behaviour::Send(5)).unwrap();
    for program in Program::ALL {
        for (port, flags) in [
            (plain.addr().port(), &[][..]),
            (secure.addr().port(), &["--tls", "--ca", "ca.pem"][..]),
        ] {
            let port = port.to_string();
            let arguments = [&["connect", "localhost", &port], flags].concat();
            let mut child = start(program, home(&pki), &arguments);
            let stdin = child.stdin.take();
            let output = in_time("the end", child.wait_with_output()).await.unwrap();
            drop(stdin);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{program:?} {port}: {told}");
            assert_eq!(output.stdout, pattern::bytes(0, 5));
        }
    }
    let log = secure.until(LIMIT, |log| log.all_ended(2)).await.unwrap();
    assert!(log.connections.iter().all(|c| c.end == Some(End::Clean)));
}

#[tokio::test]
async fn what_is_sent_after_the_end_of_the_peer_arrives_or_is_a_failure() {
    let pki = Pki::new().unwrap();
    let go_ahead = || Step::Write(b"go ahead\n".to_vec());
    let listens = [go_ahead(), Step::Fin, Step::ReadToEnd];
    let listens = Scripted::start("127.0.0.1", listens).unwrap();
    let leaves = Scripted::start("127.0.0.1", [go_ahead(), Step::Fin, Step::Stall]).unwrap();
    let input = pattern::bytes(0, 16 * MIB);
    for prompt in prompts(home(&pki)) {
        let port = listens.addr().port().to_string();
        let done = prompt
            .run(&["connect", "127.0.0.1", &port], &input)
            .unwrap();
        let done = done.with_status(0).unwrap();
        assert_eq!(done.stdout, b"go ahead\n");

        let port = leaves.addr().port().to_string();
        let done = prompt
            .run(&["connect", "127.0.0.1", &port], &input)
            .unwrap();
        let done = done.with_status(1).unwrap();
        done.told(
            &format!("switchboard: 127.0.0.1 port {port}: "),
            &["does not take the rest"],
        )
        .unwrap();
    }
    let log = listens.until(LIMIT, |log| log.all_ended(2)).await.unwrap();
    assert!(log.connections.iter().all(|it| it.received == input));
}

#[tokio::test]
async fn nobody_who_reads_the_output_is_a_failure_and_no_hang() {
    let pki = Pki::new().unwrap();
    let server = TcpServer::start("127.0.0.1", Behaviour::Source).unwrap();
    let port = server.addr().port().to_string();
    for program in Program::ALL {
        let mut child = start(program, home(&pki), &["connect", "127.0.0.1", &port]);
        let _stdin = child.stdin.take();
        let mut stdout = child.stdout.take().unwrap();
        let mut piece = [0; 100];
        let read = stdout.read_exact(&mut piece);
        in_time("the first bytes", read).await.unwrap();
        pattern::check(0, &piece).unwrap();
        drop(stdout);
        let output = in_time("the end", child.wait_with_output()).await.unwrap();
        assert_ne!(output.status.code(), Some(0));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            !told.contains("panicked") && !told.contains("trap"),
            "{told}"
        );
    }
    server.until(LIMIT, |log| log.all_ended(2)).await.unwrap();
}

#[test]
fn what_was_agreed_on_is_told() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let options = Options {
        alpn: vec![b"http/1.1".to_vec()],
        ..Options::default()
    };
    let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let port = server.addr().port().to_string();
    let mut arguments = vec![
        "connect",
        "localhost",
        &port,
        "--tls",
        "--ca",
        "ca.pem",
        "-v",
    ];
    arguments.extend(["--alpn", "h2,http/1.1", "-4"]);
    for prompt in prompts(home(&pki)) {
        let done = prompt.run(&arguments, b"").unwrap().with_status(0).unwrap();
        let lines: Vec<_> = done.stderr.lines().collect();
        assert_eq!(lines[0], format!("connected to 127.0.0.1:{port}"));
        assert!(lines[1].starts_with("TLSv1.3, TLS_"), "{}", lines[1]);
        let agreed = ", X25519MLKEM768, ALPN http/1.1";
        assert!(lines[1].ends_with(agreed), "{}", lines[1]);
        let bars = done.timeline().unwrap();
        let phases: Vec<_> = bars.iter().map(|bar| bar.phase.as_str()).collect();
        assert_eq!(phases, ["lookup", "connect", "handshake"]);
        assert!(bars.iter().all(|bar| bar.outcome == "ok"));
    }
}

#[test]
fn a_timeout_is_for_connecting_and_not_for_talking() {
    let pki = Pki::new().unwrap();
    let script = [
        Step::Pause(Duration::from_millis(1200)),
        Step::Write(b"late".to_vec()),
    ];
    let server = Scripted::start("127.0.0.1", script).unwrap();
    let port = server.addr().port().to_string();
    let arguments = ["connect", "127.0.0.1", &port, "--timeout", "1s"];
    let done = wasmtime(home(&pki)).run(&arguments, b"").unwrap();
    assert_eq!(done.with_status(0).unwrap().stdout, b"late");
}
