//! `--json`: one object on standard error, and nothing else there.

use crate::{home, prompts};
use serde_json::{Value, json};
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::Pki;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::{Options, TlsServer};

/// The phases, addresses and outcomes of a timeline.
fn steps(report: &Value) -> Vec<(&str, &str, &Value)> {
    let steps = report["timeline"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let time = |name: &str| step[name].as_f64().unwrap();
            assert!(0.0 <= time("started") && time("started") <= time("ended"));
            let address = step["address"].as_str().unwrap_or_default();
            (step["phase"].as_str().unwrap(), address, &step["outcome"])
        })
        .collect()
}

#[test]
fn a_connection() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let ips = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
    let [refusing, server] = <[Place; 2]>::try_from(Place::at_each(&ips).unwrap()).unwrap();
    let port = refusing.addr().port();
    let _refusing = Refusing::start(refusing).unwrap();
    let options = Options {
        alpn: vec![b"echo".to_vec()],
        ..Options::default()
    };
    let _server = TlsServer::start(server, &leaf, &options).unwrap();
    let resolve = format!("localhost:{port}:127.0.0.1,127.0.0.2");
    let port_text = port.to_string();
    let arguments = [
        "connect",
        "localhost",
        &port_text,
        "--resolve",
        &resolve,
        "--tls",
        "--ca",
        "ca.pem",
        "--alpn",
        "echo",
        "--json",
    ];
    for prompt in prompts(home(&pki)) {
        let done = prompt.run(&arguments, b"hello\n").unwrap();
        let done = done.with_status(0).unwrap();
        assert_eq!(done.stdout, b"hello\n");
        let report = done.json().unwrap();
        let connected = &report["connected"];
        assert_eq!(connected["remote-address"], format!("127.0.0.2:{port}"));
        assert_eq!(connected["tls"]["version"], "tls13");
        assert_eq!(connected["tls"]["alpn"], "echo");
        assert_eq!(connected["tls"]["server-name"], "localhost");
        assert_eq!(
            (&report["sent"], &report["received"]),
            (&json!(6), &json!(6))
        );
        assert_eq!(report["failure"], Value::Null);
        let refused = format!("[Errno 111] Connect call failed ('127.0.0.1', {port})");
        let refused =
            json!({ "failed": { "os": { "code": "connection-refused", "message": refused } } });
        let ok = json!("succeeded");
        let (first, second) = (format!("127.0.0.1:{port}"), format!("127.0.0.2:{port}"));
        assert_eq!(
            steps(&report),
            [
                ("lookup", "", &ok),
                ("connect", &first, &refused),
                ("connect", &second, &ok),
                ("handshake", &second, &ok),
            ]
        );
    }
}

#[test]
fn a_transfer_that_fails() {
    let pki = Pki::new().unwrap();
    let server = TcpServer::start("127.0.0.1", Behaviour::SendThenReset(1000)).unwrap();
    let port = server.addr().port().to_string();
    for prompt in prompts(home(&pki)) {
        let done = prompt
            .run(&["connect", "127.0.0.1", &port, "--json"], b"")
            .unwrap();
        let report = done.with_status(1).unwrap().json().unwrap();
        assert_eq!(report["connected"]["tls"], Value::Null);
        assert_eq!(report["failure"]["stream"]["socket"], "connection-reset");
        let why = report["message"].as_str().unwrap();
        assert!(why.contains("onnection reset"), "{why}");
    }
}

/// Four different failures, which a program can tell apart; the fourth, an unreachable network, is in `networks`.
#[test]
fn reset_refusal_and_silence_are_told_apart() {
    let pki = Pki::new().unwrap();
    let reset = Scripted::reset_in_handshake("127.0.0.1").unwrap();
    let refusing = Refusing::start("127.0.0.1").unwrap();
    let silent = Blackhole::start("127.0.0.1").unwrap();
    for (port, failure) in [
        (reset.addr().port(), json!("connection-reset")),
        (refusing.addr().port(), json!("connection-refused")),
        (silent.addr().port(), json!({ "timed-out": "connect" })),
    ] {
        let port = port.to_string();
        let tls = ["--tls", "--ca", "ca.pem", "--server-name", "localhost"];
        let arguments = [
            &[
                "connect",
                "127.0.0.1",
                &port,
                "--timeout",
                "500ms",
                "--json",
            ],
            &tls[..],
        ];
        for prompt in prompts(home(&pki)) {
            let done = prompt.run(&arguments.concat(), b"").unwrap();
            let report = done.with_status(1).unwrap().json().unwrap();
            let told = match &report["failure"]["os"] {
                Value::Null => &report["failure"],
                os => &os["code"],
            };
            assert_eq!(told, &failure, "{report}");
        }
    }
}

#[test]
fn arguments_that_are_wrong() {
    let pki = Pki::new().unwrap();
    for arguments in [
        &["connect", "localhost", "65536", "--json"][..],
        &["connect", "localhost", "--json"],
        &["connect", "localhost", "9", "--json", "--nonsense"],
        &[
            "connect",
            "localhost",
            "9",
            "--json",
            "--tls",
            "--ca",
            "no.pem",
        ],
    ] {
        for prompt in prompts(home(&pki)) {
            let done = prompt.run(arguments, b"").unwrap();
            let report = done.with_status(2).unwrap().json().unwrap();
            let text = report["failure"]["invalid-argument"].as_str().unwrap();
            assert!(!text.is_empty() && !text.starts_with("error"), "{text}");
        }
    }
    for (flags, failure) in [
        (["--refuse-networks", "nonsense"], "invalid-argument"),
        (["--hop-limit", "0"], "invalid-argument"),
        (["--lookup-flags", "addr-config"], "not-supported"),
    ] {
        for prompt in prompts(home(&pki)) {
            let arguments = [&["connect", "localhost", "9", "--json"], &flags[..]].concat();
            let done = prompt.run(&arguments, b"").unwrap();
            let report = done.with_status(2).unwrap().json().unwrap();
            let text = report["failure"][failure].as_str().unwrap();
            assert!(text.contains(flags[0].trim_start_matches('-')), "{text}");
            assert_eq!(report["message"], text);
        }
    }
}
