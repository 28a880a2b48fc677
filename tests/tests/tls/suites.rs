//! Cipher suites: each alone, as `openssl s_server` sees it.

use crate::{alerted, ask, ask_one, echoed, leaf_with, pki, question, refused};
use serde_json::json;
use switchboard_tests::certs::KeyKind;
use switchboard_tests::composed::SEEN;
use switchboard_tests::openssl::OpensslServer;
use switchboard_tests::python::PythonServer;

/// Each by its name at IANA and in OpenSSL.
const TLS13: [[&str; 2]; 3] = [
    ["TLS_CHACHA20_POLY1305_SHA256"; 2],
    ["TLS_AES_128_GCM_SHA256"; 2],
    ["TLS_AES_256_GCM_SHA384"; 2],
];
const ECDSA: [[&str; 2]; 3] = [
    [
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ],
    [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ],
    [
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ],
];
const RSA: [[&str; 2]; 3] = [
    [
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ],
    [
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ],
    [
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
    ],
];

#[tokio::test]
async fn each_alone() {
    let (pki, ecdsa) = pki();
    let rsa = leaf_with(&pki, KeyKind::Rsa2048);
    for (suites, leaf) in [(TLS13, &ecdsa), (ECDSA, &ecdsa), (RSA, &rsa)] {
        for [name, of_openssl] in suites {
            let server = OpensslServer::rev("127.0.0.1", leaf, &[]).unwrap();
            let settings = json!({"cipher-suites": [name]});
            let answer = ask_one(&pki, question(server.addr(), settings)).await;
            assert_eq!(answer.echo.as_deref(), Some("gnip\n"), "{name}: {answer:?}");
            assert_eq!(answer.facts().unwrap()["cipher-suite"], name);
            let said = server
                .until(SEEN, |text| text.contains("Ciphersuite: "))
                .await;
            let said = said.unwrap();
            let lines: Vec<_> = said.lines().collect();
            assert!(
                lines.contains(&format!("Ciphersuite: {of_openssl}").as_str()),
                "{said}"
            );
            // Nothing else was offered, but that no one renegotiates.
            let offered = lines
                .iter()
                .find_map(|it| it.strip_prefix("Client cipher list: "));
            let offered = offered.unwrap().split(':');
            let offered: Vec<_> = offered.filter(|it| !it.ends_with("SCSV")).collect();
            assert_eq!(offered, [of_openssl], "{said}");
        }
    }
}

/// `openssl s_server` takes the client's first.
#[tokio::test]
async fn the_preferred_one_first() {
    let (pki, leaf) = pki();
    let all: Vec<_> = TLS13.iter().chain(&ECDSA).map(|it| it[0]).collect();
    let mut reversed = all.clone();
    reversed.reverse();
    // Those of TLS 1.3 come before the others; and WebAssembly is fastest with ChaCha20.
    let orders = [
        (all, TLS13[0][0]),
        (reversed, TLS13[2][0]),
        (Vec::new(), TLS13[0][0]),
    ];
    for (suites, chosen) in orders {
        let server = OpensslServer::rev("127.0.0.1", &leaf, &[]).unwrap();
        let settings = json!({"cipher-suites": suites});
        let answer = ask_one(&pki, question(server.addr(), settings)).await;
        assert_eq!(
            answer.facts().unwrap()["cipher-suite"],
            chosen,
            "{suites:?}"
        );
        let seen = |text: &str| text.contains(&format!("Ciphersuite: {chosen}\n"));
        let said = server.until(SEEN, seen).await.unwrap();
        let offered = said
            .lines()
            .find_map(|it| it.strip_prefix("Client cipher list: "));
        let offered = offered
            .unwrap()
            .split(':')
            .filter(|it| !it.ends_with("SCSV"));
        let count = if suites.is_empty() { 9 } else { suites.len() };
        assert_eq!(offered.count(), count, "{said}");
    }
}

/// The suites decide on the version, and the other way round.
#[tokio::test]
async fn those_of_versions_that_are_not_spoken_are_left_out() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let both = [ECDSA[1][0], TLS13[1][0]];
    let of = |suites: &[&str], version| {
        question(
            server.addr(),
            json!({"cipher-suites": suites, "versions": [version, version]}),
        )
    };
    let questions = [of(&both, "tls12"), of(&both, "tls13")];
    let answers = ask(&pki, &questions).await;
    assert_eq!(echoed(&answers[0])["cipher-suite"], ECDSA[1][0]);
    assert_eq!(echoed(&answers[1])["cipher-suite"], TLS13[1][0]);
    // None is left: told by the setting, or by the first that needs it.
    let questions = [of(&[ECDSA[1][0]], "tls13"), of(&[TLS13[1][0]], "tls12")];
    for answer in ask(&pki, &questions).await {
        let told = answer.tls_failure("configuration").is_some();
        assert!(told || !answer.refused().is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn unknown_names_are_refused() {
    let (pki, _) = pki();
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let wrong = [
        vec!["TLS_NONSENSE"],
        vec![""],
        vec![TLS13[0][0], "TLS_RSA_WITH_AES_128_CBC_SHA"],
        vec!["ECDHE-RSA-AES128-GCM-SHA256"],
    ];
    let questions = wrong.map(|names| question(nowhere, json!({"cipher-suites": names})));
    for answer in ask(&pki, &questions).await {
        refused(&answer, "cipher-suites");
    }
}

#[tokio::test]
async fn none_in_common() {
    let (pki, leaf) = pki();
    let arguments = ["--ciphers", ECDSA[1][1], "--max", "1.2"];
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap();
    let settings = json!({"cipher-suites": [ECDSA[0][0]]});
    let answer = ask_one(&pki, question(server.addr(), settings)).await;
    alerted(answer.failed_as("tls"), 40, "handshake_failure");
}
