//! Versions of TLS: each alone, both, and none in common.

use crate::{VERSIONS, alerted, ask, ask_one, echoed, pki, question, refused};
use serde_json::json;
use switchboard_tests::composed::SEEN;
use switchboard_tests::python::PythonServer;

#[tokio::test]
async fn each_alone_and_both() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let ranges = [
        (["tls12", "tls12"], "TLSv1.2"),
        (["tls13", "tls13"], "TLSv1.3"),
        (["tls12", "tls13"], "TLSv1.3"),
    ];
    let questions = ranges.map(|(range, _)| question(server.addr(), json!({"versions": range})));
    let answers = ask(&pki, &questions).await;
    let seen = server.sessions(3, SEEN).await.unwrap();
    for ((answer, session), (_, version)) in answers.iter().zip(seen).zip(ranges) {
        assert_eq!(echoed(answer)["version"], version);
        assert_eq!(session.version.as_deref(), Some(version));
    }
}

#[tokio::test]
async fn the_servers_choice() {
    let (pki, leaf) = pki();
    for [_, version, told] in VERSIONS {
        let arguments = ["--min", version, "--max", version];
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap();
        let answer = ask_one(&pki, question(server.addr(), json!({}))).await;
        assert_eq!(echoed(&answer)["version"], told);
    }
}

#[tokio::test]
async fn none_in_common() {
    let (pki, leaf) = pki();
    for (ours, theirs) in [("tls12", "1.3"), ("tls13", "1.2")] {
        let arguments = ["--min", theirs, "--max", theirs];
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap();
        let answer = ask_one(
            &pki,
            question(server.addr(), json!({"versions": [ours, ours]})),
        )
        .await;
        alerted(answer.failed_as("tls"), 70, "protocol_version");
    }
}

#[tokio::test]
async fn a_range_that_is_empty_is_refused() {
    let (pki, _) = pki();
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let answer = ask_one(
        &pki,
        question(nowhere, json!({"versions": ["tls13", "tls12"]})),
    )
    .await;
    refused(&answer, "versions");
}
