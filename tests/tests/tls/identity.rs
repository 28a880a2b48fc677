//! Certificates that a client shows: `load-cert-chain`, with Python's `ssl` asking for them.

use crate::{CA, VERSIONS, alerted, ask, ask_one, echoed, inside, pki, question, with};
use serde_json::{Value, json};
use switchboard_tests::certs::{KeyKind, Leaf, Pki, Wanted};
use switchboard_tests::composed::SEEN;
use switchboard_tests::python::PythonServer;

/// The settings with which a client shows this certificate.
fn shown(leaf: &Leaf) -> Value {
    json!({"cert-chain": {
        "certificates": inside(&leaf.chain_path), "private-key": inside(&leaf.key_path),
    }})
}

/// A server of this version that demands a certificate.
fn demanding(pki: &Pki, leaf: &Leaf, version: &str) -> PythonServer {
    let ca = pki.ca_path().to_str().unwrap();
    let arguments = ["--client-ca", ca, "--min", version, "--max", version];
    PythonServer::ssl_echo("127.0.0.1", leaf, &arguments).unwrap()
}

#[tokio::test]
async fn every_kind_of_key_is_accepted() {
    let (pki, leaf) = pki();
    for [_, version, told] in VERSIONS {
        let server = demanding(&pki, &leaf, version);
        let kinds = [
            KeyKind::P256,
            KeyKind::P384,
            KeyKind::Ed25519,
            KeyKind::Rsa2048,
        ];
        let clients = kinds.map(|key| {
            let wanted = Wanted {
                key,
                through_intermediate: true,
                ..Wanted::default()
            };
            pki.issue_as(&["client.example"], wanted).unwrap()
        });
        let questions = clients
            .each_ref()
            .map(|client| question(server.addr(), shown(client)));
        for (answer, kind) in ask(&pki, &questions).await.iter().zip(kinds) {
            println!("{kind:?}");
            assert_eq!(echoed(answer)["version"], told);
        }
        let seen = server.sessions(4, SEEN).await.unwrap();
        for session in seen {
            assert_eq!(session.client_names, ["client.example"], "{session:?}");
        }
    }
}

/// D.2: TLS 1.3 tells it only after the handshake: the connection is there, and then fails.
#[tokio::test]
async fn d2_missing_and_unknown_certificates() {
    let (pki, leaf) = pki();
    let stranger = pki.issue_by_stranger(&["client.example"]).unwrap();
    for [setting, version, _] in VERSIONS {
        let server = demanding(&pki, &leaf, version);
        let read = json!({"then": "read"});
        let questions = [
            with(&question(server.addr(), json!({})), read.clone()),
            with(&question(server.addr(), shown(&stranger)), read),
        ];
        let answers = ask(&pki, &questions).await;
        let failures = answers.iter().map(|answer| match setting {
            "tls13" => {
                answer.connection().unwrap();
                assert_eq!(answer.read.as_deref(), Some(""));
                answer.talk_failure.as_ref().and_then(|it| it.get("tls"))
            }
            _ => {
                assert!(answer.steps("handshake")[0].failure().is_some());
                answer.failed_as("tls")
            }
        });
        let failures: Vec<_> = failures.collect();
        match setting {
            "tls13" => alerted(failures[0], 116, "certificate_required"),
            _ => alerted(failures[0], 40, "handshake_failure"),
        }
        alerted(failures[1], 48, "unknown_ca");
        let seen = server.sessions(2, SEEN).await.unwrap();
        assert!(
            seen.iter().all(|it| it.handshake_error.is_some()),
            "{seen:?}"
        );
    }
}

#[tokio::test]
async fn none_is_shown_to_those_who_do_not_demand_one() {
    let (pki, leaf) = pki();
    let arguments = [
        "--client-ca",
        pki.ca_path().to_str().unwrap(),
        "--client-optional",
    ];
    let optional = PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap();
    let none = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let client = pki.issue(&["client.example"]).unwrap();
    let questions = [
        question(optional.addr(), json!({})),
        question(optional.addr(), shown(&client)),
        question(none.addr(), shown(&client)),
    ];
    for answer in ask(&pki, &questions).await {
        echoed(&answer);
    }
    let seen = optional.sessions(2, SEEN).await.unwrap();
    let shown: Vec<_> = seen.iter().map(|it| it.client_certificate).collect();
    assert_eq!(shown, [false, true]);
    let seen = none.sessions(1, SEEN).await.unwrap();
    assert!(!seen[0].client_certificate);
}

/// A setting that is refused changes nothing: the certificate of before is shown.
#[tokio::test]
async fn a_refused_certificate_leaves_the_one_before() {
    let (pki, leaf) = pki();
    let server = demanding(&pki, &leaf, "1.3");
    let (client, other) = (leaf.clone(), pki.issue(&["other.example"]).unwrap());
    let mut good = shown(&client);
    good["name"] = json!("shared");
    let mut bad = good.clone();
    bad["cert-chain"]["certificates"] = json!(inside(&other.chain_path));
    bad["go-on"] = json!(true);
    let questions = [good, bad].map(|settings| question(server.addr(), settings));
    let answers = ask(&pki, &questions).await;
    assert_eq!(answers[1].refused()[0].0, "cert-chain");
    for answer in &answers {
        echoed(answer);
    }
    let seen = server.sessions(2, SEEN).await.unwrap();
    assert!(
        seen.iter().all(|it| it.client_names == ["localhost"]),
        "{seen:?}"
    );
}

/// The certificate of the server is what `openssl x509` says of it too.
#[tokio::test]
async fn the_peers_certificates_are_described() {
    let pki = Pki::new().unwrap();
    let wanted = Wanted {
        through_intermediate: true,
        ..Wanted::default()
    };
    let names = ["localhost", "*.example.test", "127.0.0.1", "::1"];
    let leaf = pki.issue_as(&names, wanted).unwrap();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let answer = ask_one(
        &pki,
        question(server.addr(), json!({"load-verify-locations": [CA]})),
    )
    .await;
    let certificates = &echoed(&answer)["peer-certificates"];
    assert_eq!(certificates.as_array().map(Vec::len), Some(2));
    let described = &certificates[0];

    let mut command = std::process::Command::new("openssl");
    command.args([
        "x509", "-noout", "-serial", "-subject", "-issuer", "-nameopt", "RFC2253",
    ]);
    command.args(["-fingerprint", "-sha256", "-dates", "-dateopt", "iso_8601"]);
    let said = switchboard_tests::child::run(command, leaf.cert_pem.as_bytes(), SEEN);
    let said = said.unwrap().success().unwrap().stdout;
    let field = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|it| it.strip_prefix('='))
            .unwrap_or_else(|| panic!("{name}: {said}"))
            .to_owned()
    };
    let hex = |text: &Value| text.as_str().unwrap().replace(':', "").to_uppercase();
    assert_eq!(hex(&described["serial-number"]), field("serial"));
    assert_eq!(
        hex(&described["fingerprint"]),
        field("sha256 Fingerprint").replace(':', "")
    );
    assert_eq!(described["subject"], field("subject").as_str());
    assert_eq!(described["issuer"], field("issuer").as_str());
    assert_eq!(certificates[1]["subject"], described["issuer"]);
    let names = &described["subject-alternative-names"];
    assert_eq!(
        names,
        &json!(["localhost", "*.example.test", "127.0.0.1", "::1"])
    );
    let [from, until] = ["not-before", "not-after"].map(|it| described[it].as_i64().unwrap());
    assert_eq!(until - from, 30 * 24 * 60 * 60);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let yesterday = now.as_secs() as i64 - 24 * 60 * 60;
    assert!((yesterday - 600..=yesterday).contains(&from), "{from}");
}
