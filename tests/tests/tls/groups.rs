//! Groups of the key exchange: each alone, as the server sees it.

use crate::{alerted, ask, ask_one, echoed, leaf_with, pki, question, refused};
use serde_json::json;
use switchboard_tests::certs::KeyKind;
use switchboard_tests::composed::SEEN;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::tls::TlsServer;

/// Those that OpenSSL 3.0 has too.
const CLASSICAL: [&str; 3] = ["x25519", "secp256r1", "secp384r1"];
const POST_QUANTUM: &str = "X25519MLKEM768";

#[tokio::test]
async fn each_alone() {
    let (pki, _) = pki();
    // In TLS 1.2 the curve of the certificate has to be among them too (RFC 8422, section 5.1), hence none.
    let leaf = leaf_with(&pki, KeyKind::Rsa2048);
    for name in CLASSICAL {
        for version in ["tls12", "tls13"] {
            let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
            let settings = json!({"groups": [name], "versions": [version, version]});
            let answer = ask_one(&pki, question(server.addr(), settings)).await;
            assert_eq!(answer.echo.as_deref(), Some("gnip\n"), "{name}: {answer:?}");
            assert_eq!(answer.facts().unwrap()["key-exchange"], name);
            let seen = |text: &str| text.contains(&format!("Supported groups: {name}\n"));
            let said = server.until(SEEN, seen).await;
            said.unwrap();
        }
    }
}

/// OpenSSL has it from 3.5 on, AWS-LC before.
#[tokio::test]
async fn post_quantum_alone() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let answer = ask_one(
        &pki,
        question(server.addr(), json!({"groups": [POST_QUANTUM]})),
    )
    .await;
    assert_eq!(echoed(&answer)["key-exchange"], POST_QUANTUM);
    let session = server.log().connections[0].session.clone().unwrap();
    assert_eq!(session.group.as_deref(), Some(POST_QUANTUM));
}

#[tokio::test]
async fn the_preferred_one_first() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let orders = [
        vec!["secp384r1", "x25519", POST_QUANTUM],
        vec!["secp256r1", "x25519"],
        vec![],
    ];
    let expected = ["secp384r1", "secp256r1", POST_QUANTUM];
    let questions = orders.map(|names| question(server.addr(), json!({"groups": names})));
    for (answer, expected) in ask(&pki, &questions).await.iter().zip(expected) {
        assert_eq!(echoed(answer)["key-exchange"], expected);
    }
}

/// The server asks for another one than was sent first (HelloRetryRequest; RFC 8446, section 4.1.4).
#[tokio::test]
async fn the_servers_choice() {
    let (pki, leaf) = pki();
    for (of_openssl, name) in [("P-256", "secp256r1"), ("P-384", "secp384r1")] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &["-groups", of_openssl]).unwrap();
        let answer = ask_one(&pki, question(server.addr(), json!({}))).await;
        assert_eq!(answer.echo.as_deref(), Some("gnip\n"), "{answer:?}");
        assert_eq!(answer.facts().unwrap()["key-exchange"], name);
    }
}

#[tokio::test]
async fn none_in_common() {
    let (pki, leaf) = pki();
    for version in ["tls12", "tls13"] {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &["-groups", "P-384"]).unwrap();
        let settings = json!({"groups": ["x25519"], "versions": [version, version]});
        let answer = ask_one(&pki, question(server.addr(), settings)).await;
        alerted(answer.failed_as("tls"), 40, "handshake_failure");
    }
}

#[tokio::test]
async fn unknown_names_are_refused() {
    let (pki, _) = pki();
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let wrong = [vec!["P-256"], vec!["x25519", "secp521r1"], vec![""]];
    let questions = wrong.map(|names| question(nowhere, json!({"groups": names})));
    for answer in ask(&pki, &questions).await {
        refused(&answer, "groups");
    }
}
