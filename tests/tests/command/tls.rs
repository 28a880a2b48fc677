//! The flags about TLS.

use crate::{home, prompts};
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::command::Finished;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::scripted::Step;
use switchboard_tests::start_tls::{Dialogue, StartTlsServer};

/// Connects to this port of localhost with TLS and these flags, in every program.
fn connect(pki: &Pki, port: u16, flags: &[&str], status: i32) -> [Finished; 2] {
    let port = port.to_string();
    let arguments = [&["connect", "localhost", &port, "--tls"], flags].concat();
    prompts(home(pki)).map(|prompt| {
        let done = prompt.run(&arguments, b"hello\n").unwrap();
        done.with_status(status).unwrap()
    })
}

fn pki() -> (Pki, Leaf) {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    (pki, leaf)
}

#[test]
fn starttls_after_the_words_of_each_protocol() {
    let (pki, leaf) = pki();
    let hears = |text: &str| Step::ReadUntil(text.as_bytes().to_vec());
    let says = |text: &str| Step::Write(text.as_bytes().to_vec());
    let ldap = [0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0];
    let features = "<stream:stream><stream:features><starttls/></stream:features>";
    for (protocol, script) in [
        (
            "smtp",
            vec![
                says("220-mail\r\n220 mail.example\r\n"),
                hears("EHLO [127.0.0.1]\r\n"),
                says("250-mail.example\r\n250 STARTTLS\r\n"),
                hears("STARTTLS\r\n"),
                says("220 go ahead\r\n"),
            ],
        ),
        (
            "imap",
            vec![
                says("* OK ready\r\n"),
                hears("1 STARTTLS\r\n"),
                says("1 OK begin\r\n"),
            ],
        ),
        (
            "pop3",
            vec![says("+OK ready\r\n"), hears("STLS\r\n"), says("+OK\r\n")],
        ),
        ("postgres", vec![Step::Read(8), says("S")]),
        ("ldap", vec![Step::Read(31), Step::Write(ldap.to_vec())]),
        (
            "xmpp",
            vec![
                hears("to='localhost' version='1.0'>"),
                says(features),
                hears("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                says("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            ],
        ),
    ] {
        let dialogue = Dialogue {
            script,
            twice: false,
        };
        let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue).unwrap();
        let flags = ["--ca", "ca.pem", "--starttls", protocol, "-v"];
        for done in connect(&pki, server.addr().port(), &flags, 0) {
            assert_eq!(done.stdout, b"hello\n", "{protocol}");
            assert!(done.stderr.contains("TLSv1.3"), "{}", done.stderr);
        }
    }
}

#[test]
fn starttls_that_is_refused_or_injected() {
    let (pki, leaf) = pki();
    for (answer, words) in [
        ("-ERR no\r\n", "refuses STARTTLS: it says \"-ERR no\""),
        ("+OK\r\n+OK injected\r\n", "14 bytes more before TLS"),
        ("", "ended the connection before"),
    ] {
        let script = vec![
            Step::Write(b"+OK ready\r\n".to_vec()),
            Step::ReadUntil(b"STLS\r\n".to_vec()),
            Step::Write(answer.into()),
            Step::Fin,
            Step::ReadToEnd,
        ];
        let dialogue = Dialogue {
            script,
            twice: false,
        };
        let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue).unwrap();
        let flags = ["--ca", "ca.pem", "--starttls", "pop3"];
        for done in connect(&pki, server.addr().port(), &flags, 1) {
            done.told("switchboard: localhost port ", &[words]).unwrap();
            assert_eq!(done.stdout, b"");
        }
    }
}

#[test]
fn a_certificate_of_ones_own() {
    let (pki, leaf) = pki();
    let ca = pki.ca_path().to_str().unwrap();
    let arguments = ["-CAfile", ca, "-Verify", "1", "-verify_return_error"];
    let server = OpensslServer::rev("127.0.0.1", &leaf, &arguments).unwrap();
    let client = pki.issue(&["client.example"]).unwrap();
    let (certificate, key) = (
        std::fs::read(&client.chain_path).unwrap(),
        std::fs::read(&client.key_path).unwrap(),
    );
    pki.write("client.pem", &certificate).unwrap();
    pki.write("client.key", &key).unwrap();
    pki.write("both.pem", [certificate, key].concat()).unwrap();
    let port = server.addr().port();
    for flags in [
        &["--cert", "client.pem", "--key", "client.key"][..],
        &["--cert", "both.pem"],
    ] {
        let flags = [&["--ca", "ca.pem"], flags].concat();
        for done in connect(&pki, port, &flags, 0) {
            assert_eq!(done.stdout, b"olleh\n");
        }
    }
    for done in connect(&pki, port, &["--ca", "ca.pem"], 1) {
        assert!(done.stderr.contains("certificate"), "{}", done.stderr);
    }
    let flags = ["--ca", "ca.pem", "--cert", "ca.pem", "--key", "client.key"];
    for done in connect(&pki, port, &flags, 2) {
        done.told("error: --cert ca.pem, --key client.key: ", &["key"])
            .unwrap();
    }
}

#[test]
fn what_the_server_shows_and_the_secrets_of_the_session() {
    let (pki, leaf) = pki();
    let server = OpensslServer::rev("127.0.0.1", &leaf, &["-tls1_3"]).unwrap();
    let flags = [
        "--ca",
        "ca.pem",
        "--show-certificates",
        "--keylog",
        "keys.txt",
    ];
    let certificate = std::fs::read_to_string(&leaf.chain_path).unwrap();
    let certificate = certificate.replace('\r', "");
    for done in connect(&pki, server.addr().port(), &flags, 0) {
        assert_eq!(done.stdout, b"olleh\n");
        for shown in ["for: localhost\n", "SHA-256: ", certificate.trim()] {
            assert!(done.stderr.contains(shown), "{shown}: {}", done.stderr);
        }
    }
    let log = std::fs::read_to_string(home(&pki).join("keys.txt")).unwrap();
    let secrets = log
        .lines()
        .filter(|it| it.starts_with("CLIENT_TRAFFIC_SECRET_0 "));
    // Of both programs, the second behind the first.
    assert_eq!(secrets.count(), 2, "{log}");
}

#[test]
fn versions_suites_and_groups() {
    let (pki, leaf) = pki();
    let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
    let port = server.addr().port();
    for (flags, words) in [
        (&["--tls-max", "1.2"][..], "TLSv1.2"),
        (
            &["--ciphers", "TLS_AES_256_GCM_SHA384"],
            "TLS_AES_256_GCM_SHA384",
        ),
        (&["--groups", "secp384r1"], "secp384r1"),
    ] {
        let flags = [&["--ca", "ca.pem", "-v"], flags].concat();
        for done in connect(&pki, port, &flags, 0) {
            assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
        }
    }
    for (flags, words) in [
        (
            &["--tls-min", "1.3", "--tls-max", "1.2"][..],
            "--tls-min, --tls-max",
        ),
        (&["--tls-min", "1.1"], "1.2 or 1.3"),
        (&["--ciphers", "RC4"], "RC4"),
        (&["--groups", "x448"], "x448"),
        (&["--starttls", "ftp"], "smtp"),
        (&["--insecure", "--ca", "ca.pem"], "--insecure"),
        (&["--key", "client.key"], "--cert"),
    ] {
        for done in connect(&pki, port, flags, 2) {
            assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
        }
    }
}

#[test]
fn whoever_answers_if_one_insists() {
    let pki = Pki::new().unwrap();
    let leaf = pki.self_signed(&["elsewhere.example"]).unwrap();
    let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
    let port = server.addr().port();
    for done in connect(&pki, port, &["--insecure"], 0) {
        assert_eq!(done.stdout, b"olleh\n");
    }
    for done in connect(&pki, port, &["--ca", "ca.pem"], 1) {
        assert!(done.stderr.contains("issuer"), "{}", done.stderr);
    }
}

#[test]
fn revoked() {
    let (pki, leaf) = pki();
    let list = pki.revoke(&[&leaf]).unwrap();
    pki.write("revoked.pem", std::fs::read(list).unwrap())
        .unwrap();
    let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
    let flags = ["--ca", "ca.pem", "--crl", "revoked.pem"];
    for done in connect(&pki, server.addr().port(), &flags, 1) {
        assert!(done.stderr.contains("revoked"), "{}", done.stderr);
    }
}
