//! Whom to believe: trust, and the modes of verification.

use crate::{CA, ask, echoed, inside, pki, question, refused, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Answer;
use switchboard_tests::certs::Pki;
use switchboard_tests::python::PythonServer;

/// Why each of these is not accepted.
const CASES: [&str; 5] = [
    "unknown-issuer",
    "unknown-issuer",
    "expired",
    "not-yet-valid",
    "name-mismatch",
];

/// Servers with certificates that are not to be accepted, in the order of [`CASES`].
fn bad_servers(pki: &Pki) -> Vec<PythonServer> {
    let name = &["localhost"];
    let leaves = [
        pki.self_signed(name),
        pki.issue_by_stranger(name),
        pki.issue_expired(name),
        pki.issue_not_yet_valid(name),
        pki.issue(&["elsewhere.example"]),
    ];
    let server =
        |leaf: anyhow::Result<_>| PythonServer::ssl_echo("127.0.0.1", &leaf.unwrap(), &[]).unwrap();
    leaves.into_iter().map(server).collect()
}

async fn each(pki: &Pki, servers: &[PythonServer], settings: Value) -> Vec<Answer> {
    let of = |server: &PythonServer| question(server.addr(), settings.clone());
    let questions: Vec<_> = servers.iter().map(of).collect();
    ask(pki, &questions).await
}

#[tokio::test]
async fn required_and_not() {
    let pki = Pki::new().unwrap();
    let servers = bad_servers(&pki);
    for settings in [json!({}), json!({"verify-mode": "required"})] {
        for (answer, case) in each(&pki, &servers, settings).await.iter().zip(CASES) {
            let told = answer.certificate_failure(case);
            assert!(told.is_some(), "{case}: {answer:?}");
        }
    }
    // Whoever answers is believed, whatever is trusted and with a name or without.
    for trusted in [json!([CA]), json!([])] {
        let settings = json!({"verify-mode": "insecure-none", "load-verify-locations": trusted});
        for answer in each(&pki, &servers, settings).await {
            let facts = echoed(&answer);
            assert_eq!(facts["peer-certificates"].as_array().map(Vec::len), Some(1));
        }
    }
    let nameless = json!({"verify-mode": "insecure-none", "check-hostname": false});
    let questions = [with(
        &question(servers[0].addr(), nameless),
        json!({"server-name": ""}),
    )];
    echoed(&ask(&pki, &questions).await[0]);
}

/// What is not known is named, for that is what a user looks for.
#[tokio::test]
async fn an_unknown_issuer_is_named() {
    let (pki, _) = pki();
    let servers = bad_servers(&pki);
    let answers = each(&pki, &servers[..2], json!({})).await;
    let told = |answer: &Answer| {
        let told = answer.certificate_failure("unknown-issuer").unwrap();
        told.as_str().unwrap().to_owned()
    };
    assert!(
        told(&answers[1]).contains("switchboard test stranger"),
        "{answers:?}"
    );
    assert!(!told(&answers[0]).is_empty());
}

/// A session of a time when everybody was believed is not resumed when that is over.
#[tokio::test]
async fn verification_that_begins_later() {
    let pki = Pki::new().unwrap();
    let self_signed = pki.self_signed(&["localhost"]).unwrap();
    for version in ["1.2", "1.3"] {
        let arguments = ["--max", version];
        let server = PythonServer::ssl_echo("127.0.0.1", &self_signed, &arguments).unwrap();
        let of = |settings| question(server.addr(), settings);
        let questions = [
            of(json!({"name": "shared", "verify-mode": "insecure-none"})),
            with(&of(json!({})), json!({"tls": {"name": "shared"}})),
            of(json!({"name": "shared", "verify-mode": "required"})),
        ];
        let answers = ask(&pki, &questions).await;
        assert_eq!(echoed(&answers[1])["resumed"], true);
        let told = answers[2].certificate_failure("unknown-issuer");
        assert!(told.is_some(), "{:?}", answers[2]);
    }
}

/// Nor one of a time when the name did not matter.
#[tokio::test]
async fn names_that_matter_later() {
    let (pki, leaf) = pki();
    for version in ["1.2", "1.3"] {
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--max", version]).unwrap();
        let of = |settings| {
            let name = json!({"server-name": "elsewhere.example"});
            with(&question(server.addr(), settings), name)
        };
        let questions = [
            of(json!({"name": "shared", "check-hostname": false})),
            with(&of(json!({})), json!({"tls": {"name": "shared"}})),
            of(json!({"name": "shared", "check-hostname": true})),
        ];
        let answers = ask(&pki, &questions).await;
        assert_eq!(echoed(&answers[1])["resumed"], true);
        let told = answers[2].certificate_failure("name-mismatch");
        assert!(told.is_some(), "{:?}", answers[2]);
    }
}

/// PEM with several, DER, several files, and beside Mozilla's.
#[tokio::test]
async fn what_is_trusted() {
    let (pki, leaf) = pki();
    let other = Pki::named("other").unwrap();
    let der = pki.write("ca.der", pki.ca_der()).unwrap();
    let two = pki
        .write("two.pem", other.ca_pem() + &pki.ca_pem())
        .unwrap();
    let other = pki.write("other.pem", other.ca_pem()).unwrap();
    let (der, two, other) = (inside(&der), inside(&two), inside(&other));
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let of = |trust, files: &[&str]| {
        question(
            server.addr(),
            json!({"trust": trust, "load-verify-locations": files}),
        )
    };
    let good = [
        of("none", &[&der]),
        of("none", &[&two]),
        of("none", &[&other, CA]),
        of("mozilla", &[&two]),
    ];
    for answer in ask(&pki, &good).await {
        echoed(&answer);
    }
    let bad = [
        of("none", &[&other]),
        of("mozilla", &[]),
        of("mozilla", &[&other]),
    ];
    for answer in ask(&pki, &bad).await {
        assert!(
            answer.certificate_failure("unknown-issuer").is_some(),
            "{answer:?}"
        );
    }
    let answers = ask(&pki, &[of("none", &[])]).await;
    assert!(
        answers[0].tls_failure("configuration").is_some(),
        "{answers:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_loaded_is_refused() {
    let (pki, leaf) = pki();
    let rubbish = inside(&pki.write("rubbish", b"rubbish").unwrap());
    let half = inside(&pki.write("half", &pki.ca_pem().as_bytes()[..200]).unwrap());
    let key = inside(&leaf.key_path);
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let questions = [rubbish, half, key]
        .map(|file| question(nowhere, json!({"load-verify-locations": [file]})));
    for answer in ask(&pki, &questions).await {
        refused(&answer, "load-verify-locations");
    }
}
