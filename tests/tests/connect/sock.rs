//! A.9: a socket of the caller's own, and whose it is when the call has failed.

use crate::{CA, ask, ask_one, ask_trusting, pki, refused, refused_at_once};
use serde_json::json;
use switchboard_tests::ask::{Question, ask as ask_all};
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::End;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::TlsServer;

#[tokio::test]
async fn a9_connects() {
    for ip in ["127.0.0.1", "::1"] {
        let server = TcpServer::echo(ip).unwrap();
        let answer = ask_one(json!({"sock": server.addr(), "then": "echo"})).await;
        assert_eq!(answer.echo.as_deref(), Some("ping\n"));
        assert_eq!(answer.remote().unwrap(), server.addr());
        assert_eq!(answer.tried(), []);
        let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.connections[0].end, Some(End::Clean));
    }
}

#[tokio::test]
async fn a9_speaks_tls() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let question = json!({
        "sock": server.addr(), "tls": CA, "server-name": "localhost", "then": "echo",
    });
    let answer = ask_trusting(&pki, question).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"));
    assert!(answer.connection().unwrap().tls.is_some());
    let handshakes = answer.steps("handshake");
    assert_eq!(handshakes[0].address, Some(server.addr()));
    let session = server.log().connections[0].session.clone().unwrap();
    assert_eq!(session.sni.as_deref(), Some("localhost"));
}

/// What is about addresses and attempts does not count, be it what it may.
#[tokio::test]
async fn a9_ignores_what_is_about_addresses() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = json!({
        "sock": server.addr(), "family": "inet6", "protocol": 99, "lookup-flags": ["addr-config"],
        "local-addresses": [{"host": "", "service": "nonsense"}], "happy-eyeballs-delay": 0.25,
        "interleave": 3, "all-errors": true, "then": "echo",
    });
    let answer = ask_one(question).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
}

/// The application looks whether each is as it was, and speaks to the echo through it.
#[tokio::test]
async fn a_v1_to_a_v7_give_it_back() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let sock = server.addr();
    let both = "host/port and sock can not be specified at the same time";
    let expected: [(Question, &str); 8] = [
        (json!({"sock": sock, "host": "localhost"}), both),
        (json!({"sock": sock, "host": ""}), both),
        (json!({"sock": sock, "service": 0}), both),
        (json!({"sock": sock, "addresses": ["127.0.0.1"]}), both),
        (
            json!({"sock": sock, "server-name": ""}),
            "server_hostname is only meaningful with ssl",
        ),
        (
            json!({"sock": sock, "tls": CA}),
            "You must set server_hostname when using ssl without a host",
        ),
        (
            json!({"sock": sock, "handshake-timeout": 1}),
            "ssl_handshake_timeout is only meaningful with ssl",
        ),
        (
            json!({"sock": "unconnected:inet", "host": "localhost"}),
            both,
        ),
    ];
    let questions = expected.each_ref().map(|(question, _)| question.clone());
    for (answer, (question, text)) in ask(&questions).await.iter().zip(expected) {
        println!("{question}");
        refused_at_once(answer, text);
        assert!(answer.sock_given_back);
    }
    let log = server.until(SEEN, |log| log.all_ended(7)).await.unwrap();
    assert_eq!(log.read(), 7 * 5);
}

#[tokio::test]
async fn a9_one_that_is_not_connected() {
    for sock in ["unconnected:inet", "unconnected:inet6"] {
        let answer = ask_one(json!({"sock": sock})).await;
        assert!(answer.failed_as("os").is_some(), "{answer:?}");
        assert_ne!(answer.told(), "");
        assert!(answer.sock_given_back, "{answer:?}");
    }
}

/// Once the options were found good, the socket belongs to the call.
#[tokio::test]
async fn a9_closed_by_what_is_checked_late() {
    let (pki, _) = pki();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let sock = server.addr();
    let name = "localhost";
    let questions = [
        json!({"sock": sock, "tls": CA, "server-name": name, "handshake-timeout": 0}),
        json!({"sock": sock, "tls": CA, "server-name": name, "shutdown-timeout": 0}),
        json!({"sock": sock, "tls": CA, "server-name": ""}),
    ];
    let answers = ask_all(&pki, &questions).await.unwrap();
    let texts = [
        "ssl_handshake_timeout should be a positive number, got 0",
        "ssl_shutdown_timeout should be a positive number, got 0",
        "check_hostname requires server_hostname",
    ];
    for (answer, text) in answers.iter().zip(texts) {
        refused(answer, text);
        assert!(!answer.sock_given_back, "{answer:?}");
    }
    let log = server.until(SEEN, |log| log.all_ended(3)).await.unwrap();
    assert_eq!(log.read(), 0);
    assert!(log.connections.iter().all(|it| it.end == Some(End::Clean)));
}

#[tokio::test]
async fn a9_closed_by_a_handshake_that_fails() {
    let (pki, leaf) = pki();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    let ssh = Scripted::ssh("127.0.0.1").unwrap();
    let tls = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let question = |sock, name| json!({"sock": sock, "tls": CA, "server-name": name, "handshake-timeout": 0.5});
    let questions = [
        question(silent.addr(), "localhost"),
        question(ssh.addr(), "localhost"),
        question(tls.addr(), "elsewhere.example"),
    ];
    let answers = ask_all(&pki, &questions).await.unwrap();
    assert_eq!(answers[0].timed_out(), Some("handshake"));
    assert!(answers[1].failed_as("tls").is_some(), "{answers:?}");
    assert!(answers[2].failed_as("tls").is_some(), "{answers:?}");
    assert!(answers.iter().all(|answer| !answer.sock_given_back));
    silent.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    ssh.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    tls.until(SEEN, |log| log.all_ended(1)).await.unwrap();
}

#[tokio::test]
async fn a9_and_a10_closed_by_the_end_of_the_call() {
    let (pki, _) = pki();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let question = |end| {
        json!({
            "sock": server.addr(), "tls": CA, "server-name": "localhost", "end": end,
        })
    };
    let questions = [
        question(json!({"cancel": 0.2})),
        question(json!({"drop": 0.2})),
        question(json!({"drop": 0})),
    ];
    let answers = ask_all(&pki, &questions).await.unwrap();
    assert_eq!(answers[0].failure, Some(json!("cancelled")));
    assert!(!answers[0].sock_given_back, "{answers:?}");
    assert!(answers[1].dropped && answers[2].dropped, "{answers:?}");
    server.until(SEEN, |log| log.all_ended(3)).await.unwrap();
}
