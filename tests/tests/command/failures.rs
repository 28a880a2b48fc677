//! Connections that fail: status 1, one clear sentence, in time.

use crate::{home, prompts};
use std::process::Command;
use std::time::Duration;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::child;
use switchboard_tests::command::Finished;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::pattern;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::{Options, TlsServer};

/// How long it may take to say what failed at once.
const AT_ONCE: Duration = Duration::from_secs(5);

const TLS: [&str; 3] = ["--tls", "--ca", "ca.pem"];

/// Connects to this port of localhost in every program, which must fail with a sentence that has these words.
fn fails(pki: &Pki, port: u16, flags: &[&str], words: &[&str]) -> [Finished; 2] {
    let port = port.to_string();
    // The servers are on 127.0.0.1; another test may have the same port on ::1.
    let arguments = [&["connect", "localhost", &port, "-4"], flags].concat();
    prompts(home(pki)).map(|prompt| {
        let done = prompt.run(&arguments, b"hello\n").unwrap();
        let done = done.with_status(1).unwrap();
        let start = format!("switchboard: localhost port {port}: ");
        done.told(&start, words).unwrap();
        assert!(done.took < AT_ONCE, "{:?}", done.took);
        done
    })
}

#[test]
fn certificates_that_are_not_accepted() {
    let pki = Pki::new().unwrap();
    let names = ["localhost"];
    let verify = "certificate verify failed";
    for (leaf, words) in [
        (
            pki.issue(&["elsewhere.test", "192.0.2.1"]),
            &["name mismatch", "elsewhere.test, 192.0.2.1"][..],
        ),
        (pki.issue_by_stranger(&names), &["unknown issuer"]),
        (
            pki.issue_expired(&names),
            &["expired", "valid until 20", "now it is 20"],
        ),
        (
            pki.issue_not_yet_valid(&names),
            &["not yet valid", "valid from 20", "now it is 20"],
        ),
        (pki.self_signed(&names), &["unknown issuer"]),
    ] {
        let server = TlsServer::echo("127.0.0.1", &leaf.unwrap()).unwrap();
        for done in fails(
            &pki,
            server.addr().port(),
            &TLS,
            &[&[verify], words].concat(),
        ) {
            assert_eq!(done.stdout, b"");
            let log = server.log();
            assert_eq!(log.read(), 0, "it talks to {log:?}");
        }
    }
    // Mozilla's roots know no authority of ours.
    let leaf = pki.issue(&names).unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    fails(
        &pki,
        server.addr().port(),
        &["--tls"],
        &[verify, "unknown issuer"],
    );
}

#[test]
fn a_self_signed_certificate_that_is_trusted_as_an_authority() {
    let pki = Pki::new().unwrap();
    let leaf = pki.self_signed(&["localhost"]).unwrap();
    pki.write("self.pem", &leaf.cert_pem).unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let port = server.addr().port().to_string();
    for prompt in prompts(home(&pki)) {
        let arguments = ["connect", "localhost", &port, "--tls", "--ca", "self.pem"];
        let done = prompt.run(&arguments, b"hello\n").unwrap();
        assert_eq!(done.with_status(0).unwrap().stdout, b"hello\n");
    }
}

/// What `openssl req -x509` makes, if one does not tell it otherwise.
#[test]
fn an_authority_that_is_a_server_itself() {
    let pki = Pki::new().unwrap();
    let folder = home(&pki);
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["req", "-x509", "-nodes"]);
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    command.args([
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]);
    command.args(["-keyout", "both.key", "-out", "both.pem"]);
    child::run(command, b"", AT_ONCE)
        .unwrap()
        .success()
        .unwrap();
    let mut leaf = pki.issue(&["localhost"]).unwrap();
    leaf.chain_path = folder.join("both.pem");
    leaf.key_path = folder.join("both.key");
    let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
    let words = [
        "certificate verify failed",
        "that of an authority (CA:TRUE)",
    ];
    let port = server.addr().port();
    fails(&pki, port, &["--tls", "--ca", "ca.pem"], &words);
    // It is good if it is trusted itself.
    let port = port.to_string();
    let arguments = ["connect", "localhost", &port, "--tls", "--ca", "both.pem"];
    for prompt in prompts(folder) {
        let done = prompt.run(&[&arguments[..], &["-4"]].concat(), b"hello\n");
        assert_eq!(done.unwrap().with_status(0).unwrap().stdout, b"olleh\n");
    }
}

#[test]
fn peers_that_do_not_speak_tls() {
    let pki = Pki::new().unwrap();
    let no_tls = "the peer does not speak TLS";
    let ssh = Scripted::ssh("127.0.0.1").unwrap();
    fails(
        &pki,
        ssh.addr().port(),
        &TLS,
        &[no_tls, "\"SSH-2.0-OpenSSH_9.6\""],
    );
    let http = Scripted::http("127.0.0.1").unwrap();
    fails(
        &pki,
        http.addr().port(),
        &TLS,
        &[no_tls, "\"HTTP/1.1 400 Bad Request\""],
    );
    // It sends the greeting back.
    let echo = TcpServer::echo("127.0.0.1").unwrap();
    fails(&pki, echo.addr().port(), &TLS, &["TLS"]);
}

#[test]
fn peers_that_end_in_the_handshake() {
    let pki = Pki::new().unwrap();
    let words = ["reset", "during the TLS handshake"];
    let reset = Scripted::reset_in_handshake("127.0.0.1").unwrap();
    fails(&pki, reset.addr().port(), &TLS, &words);
    let fin = Scripted::fin_in_handshake("127.0.0.1").unwrap();
    fails(
        &pki,
        fin.addr().port(),
        &TLS,
        &["closed", "during the TLS handshake"],
    );
}

#[test]
fn a_peer_that_goes_silent_in_the_handshake() {
    let pki = Pki::new().unwrap();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let port = server.addr().port();
    for flags in [["--handshake-timeout", "1s"], ["--timeout", "1s"]] {
        for done in fails(
            &pki,
            port,
            &[&TLS, &flags[..]].concat(),
            &["handshake", "1s"],
        ) {
            assert!(done.took >= Duration::from_secs(1), "{:?}", done.took);
        }
    }
}

#[test]
fn a_black_hole() {
    let pki = Pki::new().unwrap();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let port = hole.addr().port();
    for done in fails(&pki, port, &["--timeout", "1s"], &["1s", "connect"]) {
        assert!(done.took >= Duration::from_secs(1), "{:?}", done.took);
        let rest: Vec<_> = done.stderr.lines().skip(1).collect();
        assert_eq!(rest, [format!("  connect 127.0.0.1:{port}: no answer")]);
    }
}

#[test]
fn all_addresses_refuse() {
    let pki = Pki::new().unwrap();
    let one = Refusing::start("127.0.0.1").unwrap();
    fails(&pki, one.addr().port(), &[], &["connection refused"]);

    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(|ip| ip.parse().unwrap());
    let places = Place::at_each(&ips).unwrap();
    let port = places[0].addr().port();
    let resolve = format!("localhost:{port}:127.0.0.1,127.0.0.2,127.0.0.3");
    for done in fails(
        &pki,
        port,
        &["--resolve", &resolve],
        &["no address accepts"],
    ) {
        let rest: Vec<_> = done.stderr.lines().skip(1).map(str::to_owned).collect();
        let expected = places.iter().map(|place| {
            let address = place.addr();
            format!("  connect {address}: connection refused")
        });
        assert_eq!(rest, expected.collect::<Vec<_>>());
    }
}

#[test]
fn names_that_are_not_known() {
    let pki = Pki::new().unwrap();
    for prompt in prompts(home(&pki)) {
        let host = "nonsense.invalid";
        let done = prompt.run(&["connect", host, "443"], b"").unwrap();
        let done = done.with_status(1).unwrap();
        // A resolver that cannot be reached itself says so.
        let start = format!("switchboard: {host} port 443: ");
        done.told(&start, &["ame"]).unwrap();

        let done = prompt.run(&["connect", "::1", "443", "-4"], b"").unwrap();
        let done = done.with_status(1).unwrap();
        done.told("switchboard: ::1 port 443: ", &["ddress family"])
            .unwrap();
    }
}

fn server(leaf: &Leaf, behaviour: Behaviour) -> TlsServer {
    let options = Options {
        behaviour,
        ..Options::default()
    };
    TlsServer::start("127.0.0.1", leaf, &options).unwrap()
}

#[test]
fn a_truncation_is_told_after_the_data() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let server = server(&leaf, Behaviour::SendThenTruncate(100_000));
    for done in fails(&pki, server.addr().port(), &TLS, &["without close_notify"]) {
        assert_eq!(done.stdout.len(), 100_000);
        pattern::check(0, &done.stdout).unwrap();
    }
}

#[test]
fn a_reset_is_told_after_the_data() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let behaviour = Behaviour::SendThenReset(100_000);
    let secure = server(&leaf, behaviour);
    let plain = TcpServer::start("127.0.0.1", behaviour).unwrap();
    for (port, flags) in [
        (plain.addr().port(), &[][..]),
        (secure.addr().port(), &TLS[..]),
    ] {
        for done in fails(&pki, port, flags, &["onnection reset"]) {
            pattern::check(0, &done.stdout).unwrap();
        }
    }
    let plain = TcpServer::start("127.0.0.1", Behaviour::ResetAfter(1)).unwrap();
    fails(&pki, plain.addr().port(), &[], &["onnection reset"]);
}

#[test]
fn no_protocol_in_common() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    let options = Options {
        alpn: vec![b"h2".to_vec()],
        ..Options::default()
    };
    let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let flags = [&TLS, &["--alpn", "gopher"][..]].concat();
    fails(
        &pki,
        server.addr().port(),
        &flags,
        &["application_protocol"],
    );
}
