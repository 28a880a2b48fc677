//! Application protocols (RFC 7301).

use crate::{alerted, ask, ask_one, echoed, pki, question, refused, with};
use serde_json::json;
use switchboard_tests::composed::SEEN;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::python::PythonServer;

#[tokio::test]
async fn agreed_on_as_the_server_prefers() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--alpn", "echo,h2"]).unwrap();
    let offers = [
        (json!(["h2", "echo"]), Some("echo")),
        (json!(["h2"]), Some("h2")),
        (json!([]), None),
        // OpenSSL goes on without where nothing is in common.
        (json!(["other"]), None),
    ];
    let questions = offers
        .each_ref()
        .map(|(offer, _)| question(server.addr(), json!({"alpn-protocols": offer})));
    let answers = ask(&pki, &questions).await;
    let seen = server.sessions(4, SEEN).await.unwrap();
    for ((answer, session), (_, agreed)) in answers.iter().zip(seen).zip(offers) {
        assert_eq!(echoed(answer)["alpn"].as_str(), agreed);
        assert_eq!(session.alpn.as_deref(), agreed);
    }
}

#[tokio::test]
async fn none_in_common() {
    let (pki, leaf) = pki();
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &["-alpn", "echo", version]).unwrap();
        let offer = question(server.addr(), json!({"alpn-protocols": ["h2", "http/1.1"]}));
        let answer = ask_one(&pki, offer).await;
        alerted(answer.failed_as("tls"), 120, "no_application_protocol");
    }
}

#[tokio::test]
async fn lengths() {
    let (pki, leaf) = pki();
    let longest = "x".repeat(255);
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--alpn", &longest]).unwrap();
    let questions = [
        question(server.addr(), json!({"alpn-protocols": [longest]})),
        question(server.addr(), json!({"alpn-protocols": [""]})),
        question(
            server.addr(),
            json!({"alpn-protocols": ["h2", "x".repeat(256)]}),
        ),
        question(
            server.addr(),
            json!({"alpn-protocols": vec![&longest; 256]}),
        ),
    ];
    let answers = ask(&pki, &questions).await;
    assert_eq!(echoed(&answers[0])["alpn"], longest.as_str());
    for answer in &answers[1..] {
        refused(answer, "alpn-protocols");
    }
}

/// The same context later offers something else.
#[tokio::test]
async fn a_setting_counts_from_the_next_connection_on() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--alpn", "a,b"]).unwrap();
    let of = |settings| question(server.addr(), settings);
    let questions = [
        of(json!({"name": "shared", "alpn-protocols": ["a"]})),
        of(json!({"name": "shared", "alpn-protocols": ["b"]})),
        with(&of(json!({})), json!({"tls": {"name": "shared"}})),
    ];
    let answers = ask(&pki, &questions).await;
    let agreed: Vec<_> = answers
        .iter()
        .map(|it| echoed(it)["alpn"].clone())
        .collect();
    assert_eq!(agreed, ["a", "b", "b"]);
}
