//! `udp`: lines as datagrams and datagrams as lines, against real peers.

use crate::talk::{in_time, start};
use crate::{LIMIT, prompts, wasmtime};
use serde_json::{Value, json};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;
use switchboard_tests::command::{Finished, Program};
use switchboard_tests::python::PythonServer;
use switchboard_tests::udp_server::{UdpServer, dead_port};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr};

/// Where the user stands does not matter: no file is read.
fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `udp` with these arguments in every program.
fn udp(arguments: &[&str], input: &[u8], status: i32) -> [Finished; 2] {
    let arguments = [&["udp"], arguments].concat();
    prompts(here()).map(|prompt| {
        let done = prompt.run(&arguments, input).unwrap();
        done.with_status(status).unwrap()
    })
}

fn port(address: SocketAddr) -> String {
    address.port().to_string()
}

#[test]
fn lines_there_and_back() {
    for (ip, host, flag) in [
        ("127.0.0.1", "127.0.0.1", None),
        ("::1", "::1", None),
        ("::1", "[::1]", Some("-6")),
        ("127.0.0.1", "localhost", Some("-4")),
    ] {
        let server = UdpServer::echo(ip).unwrap();
        let port = port(server.addr());
        let mut arguments = vec![host, &port, "--wait", "300ms"];
        arguments.extend(flag);
        // An empty line is an empty datagram, and the last line needs no newline.
        for done in udp(&arguments, b"one\n\nthree \xff", 0) {
            assert_eq!(done.stdout, b"one\n\nthree \xff\n");
            assert_eq!(done.stderr, "");
        }
        let sent: Vec<_> = server.seen().into_iter().map(|(_, data)| data).collect();
        let once = [&b"one"[..], b"", b"three \xff"];
        assert_eq!(sent, [once, once].concat());
    }
}

#[test]
fn python_gets_bytes_in_hexadecimal() {
    for ip in ["127.0.0.1", "::1"] {
        let server = PythonServer::udp_echo(ip, None, "").unwrap();
        let port = port(server.addr());
        let arguments = [ip, &port, "--hex", "--wait", "300ms"];
        for done in udp(&arguments, b"00 FF 0a\n\n0a0b\r\n", 0) {
            assert_eq!(String::from_utf8_lossy(&done.stdout), "00ff0a\n\n0a0b\n");
        }
    }
}

#[test]
fn a_line_that_is_not_hexadecimal() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    let arguments = ["127.0.0.1", &port, "--hex"];
    for done in udp(&arguments, b"0g\n", 2) {
        done.told("error: line 1 of standard input", &["hexadecimal"])
            .unwrap();
    }
    for done in udp(&arguments, b"00\n0\n01\n", 1) {
        done.told(
            "switchboard: 127.0.0.1 port ",
            &["line 2 of", "hexadecimal"],
        )
        .unwrap();
        // What was sent before it is answered all the same.
        assert_eq!(done.stdout, b"00\n");
    }
    let seen = server.seen();
    assert!(seen.iter().all(|(_, data)| data == b"\0"), "{seen:?}");
}

#[test]
fn it_ends_when_nothing_happens_or_enough_has() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    for done in udp(&["127.0.0.1", &port], b"", 0) {
        assert!(done.took >= Duration::from_secs(1), "{:?}", done.took);
    }
    let arguments = ["127.0.0.1", &port, "--wait", "1h", "--count", "2"];
    for done in udp(&arguments, b"one\ntwo\nthree\n", 0) {
        assert_eq!(done.stdout, b"one\ntwo\n");
    }
}

#[test]
fn answers_that_do_not_come_are_a_failure() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    let arguments = ["127.0.0.1", &port, "--wait", "300ms", "--count", "3"];
    for done in udp(&arguments, b"one\ntwo\n", 1) {
        done.told("switchboard: 127.0.0.1 port ", &["2 of 3 datagrams"])
            .unwrap();
        assert_eq!(done.stdout, b"one\ntwo\n");
    }
}

#[test]
fn what_is_done_is_told() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let to = server.addr();
    let arguments = ["127.0.0.1", &port(to), "-v", "--count", "2"];
    for done in udp(&arguments, b"hello\nx\n", 0) {
        let lines: Vec<_> = done.stderr.lines().collect();
        assert!(lines[0].starts_with("from 127.0.0.1:"), "{}", lines[0]);
        assert!(lines[0].ends_with(&format!(" to {to}")), "{}", lines[0]);
        let bars = done.timeline().unwrap();
        assert!(bars.iter().any(|it| it.phase == "connect"));
        let ended = [format!("from {to}: 5 bytes"), format!("from {to}: 1 byte")];
        assert!(lines.ends_with(&[&ended[0], &ended[1]]), "{lines:?}");
    }
}

#[test]
fn a_report() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let to = server.addr();
    let arguments = ["127.0.0.1", &port(to), "--json", "--count", "2"];
    for done in udp(&arguments, b"hello\n\n", 0) {
        let report = done.json().unwrap();
        assert_eq!(report["remote-address"], to.to_string());
        let local = report["local-address"].as_str().unwrap();
        assert!(local.starts_with("127.0.0.1:"), "{local}");
        for (key, value) in [
            ("sent", json!(2)),
            ("received", json!(2)),
            ("dropped", json!(0)),
            ("failures", json!([])),
            ("failure", Value::Null),
            ("message", Value::Null),
        ] {
            assert_eq!(report[key], value, "{key}");
        }
        let steps = report["timeline"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["phase"], "connect");
        assert_eq!(report.as_object().unwrap().len(), 9);
    }
}

#[test]
fn a_port_where_nobody_listens() {
    for ip in ["127.0.0.1", "::1"] {
        let port = dead_port(ip).unwrap();
        let text = port.to_string();
        let arguments = [ip, &text, "--wait", "300ms"];
        for done in udp(&arguments, b"one\ntwo\n", 1) {
            let start = format!("switchboard: {ip} port {port}: warning: ");
            done.told(&start, &["connection refused"]).unwrap();
        }
        let arguments = [&arguments[..], &["--json"]].concat();
        for done in udp(&arguments, b"one\n", 1) {
            let report = done.json().unwrap();
            let refused = &report["failures"][0];
            assert_eq!(refused["code"], "connection-refused");
            assert_eq!(refused["message"], "[Errno 111] Connection refused");
            assert_eq!(report["failure"], Value::Null);
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_told_and_the_next_one_sent() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    let long = |bytes: usize| [&vec![b'x'; bytes][..], b"\nnext\n"].concat();
    // More than a datagram has, and more than is kept of a line.
    for bytes in [65_508, 1_000_000] {
        let arguments = ["127.0.0.1", &port, "--wait", "300ms"];
        for done in udp(&arguments, &long(bytes), 1) {
            assert_eq!(done.stdout, b"next\n");
            done.told("switchboard: ", &["warning: a datagram is too large"])
                .unwrap();
        }
    }
    let input = [long(65_508), long(1_000_000)].concat();
    let arguments = ["127.0.0.1", &port, "--wait", "300ms", "--json"];
    for done in udp(&arguments, &input, 1) {
        let report = done.json().unwrap();
        let too_large = &report["failures"][0];
        assert_eq!(too_large["code"], "datagram-too-large");
        assert_eq!(too_large["count"], 2);
        assert_eq!(
            (&report["sent"], &report["received"]),
            (&json!(2), &json!(2))
        );
    }
    let arguments = ["127.0.0.1", &port, "--count", "2"];
    for done in udp(&arguments, &long(65_507), 0) {
        assert_eq!(done.stdout, long(65_507));
    }
}

#[test]
fn from_an_address_of_ones_own() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    let free = dead_port("127.0.0.3").unwrap();
    let local = format!("127.0.0.3:{free}");
    let arguments = ["127.0.0.1", &port, "--local", &local, "--count", "1"];
    for done in udp(&arguments, b"hello\n", 0) {
        assert_eq!(done.stdout, b"hello\n");
    }
    let seen = server.seen();
    assert!(seen.iter().all(|(from, _)| from.to_string() == local));
}

#[test]
fn options_of_the_socket_and_the_lookup() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    let arguments = [
        "127.0.0.1",
        &port,
        "--count=1",
        "--hop-limit=9",
        "--receive-buffer-size=65536",
        "--send-buffer-size=65536",
        "--queue-limit=4096",
        "--lookup-flags=numeric-host",
        "--protocol=17",
        "--timeout=5s",
        "--all-errors",
    ];
    for done in udp(&arguments, b"hello\n", 0) {
        assert_eq!(done.stdout, b"hello\n");
    }
}

#[test]
fn what_is_not_possible() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let address = format!("127.0.0.1:{taken}");
    for (arguments, words) in [
        (vec!["nonsense.invalid", "9"], &["ame"][..]),
        (
            vec!["10.0.0.1", "9", "--refuse-networks", "private"],
            &["refused network 'private'"],
        ),
        (
            vec!["--listen", "127.0.0.1", &taken],
            &["the local address", "in use"],
        ),
        (
            vec!["127.0.0.1", "9", "--local", &address],
            &["the local address", "in use"],
        ),
        (
            vec!["127.0.0.1", "9", "--local", "nonsense.invalid"],
            &["the local address", "ame"],
        ),
    ] {
        for done in udp(&arguments, b"", 1) {
            done.told("switchboard: ", words).unwrap();
            assert_eq!(done.stdout, b"");
        }
        let arguments = [&arguments[..], &["--json"]].concat();
        for done in udp(&arguments, b"", 1) {
            let report = done.json().unwrap();
            assert_eq!(report["local-address"], Value::Null);
            assert!(report["message"].is_string(), "{report}");
        }
    }
}

#[test]
fn wrong_arguments() {
    for (arguments, words) in [
        (vec!["127.0.0.1"], &["<PORT>"][..]),
        (vec!["--listen"], &["<PORT>"]),
        (vec!["127.0.0.1", "http"], &["port 'http'", "known service"]),
        (vec!["127.0.0.1", "9", "--count", "0"], &["--count", "'0'"]),
        (vec!["127.0.0.1", "9", "--wait", "5"], &["--wait", "250ms"]),
        (vec!["127.0.0.1", "9", "--tls"], &["--tls"]),
        (vec!["127.0.0.1", "9", "-4", "-6"], &["-4", "-6"]),
        (
            vec!["--listen", "9", "--local", "::1"],
            &["--listen", "--local"],
        ),
        (vec!["127.0.0.1", "0"], &["port 0"]),
        (
            vec!["127.0.0.1", "9", "--local-address", "::1"],
            &["did you mean --local?"],
        ),
        (vec!["127.0.0.1", "9", "--protocol", "6"], &[]),
        (
            vec!["localhost", "9", "--protocol", "6"],
            &["--protocol", "17"],
        ),
        (
            vec!["127.0.0.1", "9", "--local", "::1"],
            &["--local", "family"],
        ),
        (vec!["127.0.0.1", "9", "--hop-limit", "0"], &["hop-limit"]),
        (
            vec!["127.0.0.1", "9", "--queue-limit", "0"],
            &["queue-limit"],
        ),
    ] {
        // asyncio takes 6 for UDP with an IP literal, and so does this.
        let status = if words.is_empty() { 0 } else { 2 };
        for done in udp(&arguments, b"", status) {
            if status == 2 {
                done.told("error: ", words).unwrap();
            }
        }
    }
    let arguments = ["127.0.0.1", "9", "--json", "--hop-limit", "x"];
    for done in udp(&arguments, b"", 2) {
        let report = done.json().unwrap();
        assert_eq!(report["failures"], json!([]));
        assert!(
            report["failure"]["invalid-argument"].is_string(),
            "{report}"
        );
    }
}

/// The stock `wasmtime` has WASI alone.
#[test]
fn options_that_wasi_lacks() {
    let prompt = wasmtime(here());
    for flag in ["--reuse-port", "--reuse-address", "--broadcast"] {
        let arguments = ["udp", "127.0.0.1", "9", flag];
        let done = prompt.run(&arguments, b"").unwrap().with_status(2).unwrap();
        done.told(&format!("error: {flag}: WASI has no"), &[])
            .unwrap();
    }
    let arguments = ["udp", "127.0.0.1", "9", "--json", "--broadcast"];
    let done = prompt.run(&arguments, b"").unwrap().with_status(2).unwrap();
    let report = done.json().unwrap();
    assert!(report["failure"]["not-supported"].is_string(), "{report}");
}

#[test]
fn help() {
    for done in udp(&["--help"], b"", 0) {
        let text = String::from_utf8(done.stdout).unwrap();
        for word in [
            "--listen",
            "--hex",
            "--count",
            "--wait",
            "--local <HOST[:PORT]>",
            "--queue-limit",
            "--reuse-port",
            "--reuse-address",
            "--broadcast",
            "--refuse-networks",
            "Examples",
            "Exit status",
        ] {
            assert!(text.contains(word), "no {word} in {text}");
        }
    }
}

#[test]
fn without_the_network() {
    for arguments in [&["udp", "127.0.0.1", "9"][..], &["udp", "--listen", "0"]] {
        let mut prompt = wasmtime(here());
        prompt.program = Program::WasmtimeWithoutNetwork;
        let done = prompt.run(arguments, b"").unwrap().with_status(1).unwrap();
        done.told(
            "switchboard: ",
            &["permission denied", "-S inherit-network"],
        )
        .unwrap();
    }
}

/// The next line that a child tells.
async fn told(stderr: &mut BufReader<ChildStderr>) -> String {
    let mut line = String::new();
    let read = stderr.read_line(&mut line);
    in_time("a line", read).await.unwrap();
    line.trim_end().to_owned()
}

/// A command that listens, and where.
async fn listen(
    program: Program,
    arguments: &[&str],
) -> (Child, BufReader<ChildStderr>, SocketAddr) {
    let arguments = [&["udp", "--listen"], arguments].concat();
    let mut child = start(program, here(), &arguments);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let line = told(&mut stderr).await;
    let address = line.strip_prefix("listening on ").unwrap_or_default();
    let address = address.parse().unwrap_or_else(|_| panic!("{line}"));
    (child, stderr, address)
}

#[tokio::test]
async fn listening() {
    for program in Program::ALL {
        for host in ["127.0.0.1", "::1"] {
            let arguments = [host, "0", "--count", "3", "-v"];
            let (child, mut stderr, address) = listen(program, &arguments).await;
            assert_eq!(address.ip().to_string(), host);
            let sender = UdpSocket::bind((host, 0)).unwrap();
            let from = sender.local_addr().unwrap();
            for data in [&b"one"[..], b""] {
                sender.send_to(data, address).unwrap();
            }
            for size in ["3 bytes", "0 bytes"] {
                let wanted = format!("from {from}: {size}");
                while told(&mut stderr).await != wanted {}
            }
            let python = PythonServer::udp_echo(host, Some(address), "good day").unwrap();
            let wanted = format!("from {}: 8 bytes", python.addr());
            assert_eq!(told(&mut stderr).await, wanted);
            let done = in_time("the end", child.wait_with_output()).await.unwrap();
            assert_eq!(done.status.code(), Some(0));
            assert_eq!(done.stdout, b"one\n\ngood day\n");
        }
    }
}

#[tokio::test]
async fn listening_ends_when_nothing_arrives_any_more() {
    for program in Program::ALL {
        // Without a host, it is this machine alone.
        let (child, _stderr, address) = listen(program, &["0", "--wait", "1s", "--hex"]).await;
        assert!(address.ip().is_loopback(), "{address}");
        let sender = UdpSocket::bind((address.ip(), 0)).unwrap();
        sender.send_to(b"\x00\xff", address).unwrap();
        let done = in_time("the end", child.wait_with_output()).await.unwrap();
        assert_eq!(done.status.code(), Some(0));
        assert_eq!(done.stdout, b"00ff\n");
    }
}

#[tokio::test]
async fn a_dialogue_needs_no_end_of_input() {
    let server = UdpServer::echo("127.0.0.1").unwrap();
    let port = port(server.addr());
    for program in Program::ALL {
        let mut child = start(program, here(), &["udp", "127.0.0.1", &port]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        for line in [b"one\n", b"two\n"] {
            stdin.write_all(line).await.unwrap();
            let mut back = [0; 4];
            let read = stdout.read_exact(&mut back);
            in_time("the answer", read).await.unwrap();
            assert_eq!(&back, line);
        }
        drop(stdin);
        let status = in_time("the end", child.wait()).await.unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

#[test]
fn ten_thousand_lines() {
    let input: String = (0..10_000).map(|number| format!("{number}\n")).collect();
    for prompt in prompts(here()) {
        let server = UdpServer::echo("127.0.0.1").unwrap();
        let port = port(server.addr());
        let arguments = ["udp", "127.0.0.1", &port, "--json"];
        let done = prompt.run(&arguments, input.as_bytes()).unwrap();
        let done = done.with_status(0).unwrap();
        let report = done.json().unwrap();
        assert_eq!(report["sent"], 10_000);
        // The system may lose some on either way, and changes none.
        let numbers = |lines: Vec<Vec<u8>>| -> Vec<u32> {
            let text = lines.into_iter().map(|it| String::from_utf8(it).unwrap());
            text.map(|it| it.parse().unwrap()).collect()
        };
        let there = numbers(server.seen().into_iter().map(|(_, it)| it).collect());
        let back = done.stdout.split_inclusive(|&byte| byte == b'\n');
        let back = numbers(
            back.map(|it| it.strip_suffix(b"\n").unwrap().to_vec())
                .collect(),
        );
        assert!(there.is_sorted() && back.is_sorted());
        assert!(there.len() > 5_000 && back.len() <= there.len());
        assert_eq!(report["received"], back.len());
    }
}

#[tokio::test]
async fn a_flood_does_not_stop_the_input_nor_hide_that_nobody_reads() {
    for program in Program::ALL {
        let server = UdpServer::flood("127.0.0.1").unwrap();
        let port = port(server.addr());
        let mut child = start(program, here(), &["udp", "127.0.0.1", &port]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        // wasmtime does nothing else while it waits for somebody to read what it writes.
        let reader = tokio::spawn(async move {
            let mut piece = [0; 65536];
            while stdout.read(&mut piece).await.is_ok_and(|it| it > 0) {}
        });
        for line in ["first", "second", "third"] {
            stdin
                .write_all(format!("{line}\n").as_bytes())
                .await
                .unwrap();
            let came = |seen: &Vec<(SocketAddr, Vec<u8>)>| {
                seen.iter().any(|(_, data)| data == line.as_bytes())
            };
            server.until(LIMIT, came).await.unwrap();
        }
        assert!(!reader.is_finished());
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        let done = in_time("the end", child.wait_with_output()).await.unwrap();
        let told = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{told}");
        assert!(told.contains("nobody reads standard output"), "{told}");
        assert!(
            !told.contains("trap") && !told.contains("panicked"),
            "{told}"
        );
    }
}
