//! Names of servers: what is sent (SNI), and what the certificate has to be for.

use crate::{CA, ask, ask_one, echoed, pki, question, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Question;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::SEEN;
use switchboard_tests::python::{PythonServer, PythonSession};

async fn sessions(server: &PythonServer, count: usize) -> Vec<PythonSession> {
    server.sessions(count, SEEN).await.unwrap()
}

fn named(question: &Question, name: &str) -> Question {
    with(question, json!({"server-name": name}))
}

#[tokio::test]
async fn d2_what_is_sent() {
    let pki = Pki::new().unwrap();
    let names = [
        "localhost",
        "xn--bcher-kva.example",
        "127.0.0.1",
        "*.wild.example",
    ];
    let leaf = pki.issue(&names).unwrap();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let of = question(server.addr(), json!({}));
    let mut no_name = of.clone();
    no_name.as_object_mut().unwrap().remove("server-name");
    let expected = [
        (of.clone(), Some("localhost")),
        (named(&of, "localhost."), Some("localhost")),
        (named(&of, "bücher.example"), Some("xn--bcher-kva.example")),
        (named(&of, "a.wild.example"), Some("a.wild.example")),
        (named(&of, "127.0.0.1"), None),
        // The host is the name then.
        (no_name.clone(), None),
        (
            with(
                &no_name,
                json!({"host": "localhost", "addresses": ["127.0.0.1"]}),
            ),
            Some("localhost"),
        ),
    ];
    let questions = expected.each_ref().map(|(question, _)| question.clone());
    let answers = ask(&pki, &questions).await;
    let seen = sessions(&server, expected.len()).await;
    for ((answer, session), (question, sni)) in answers.iter().zip(seen).zip(expected) {
        println!("{}", question["server-name"]);
        assert_eq!(echoed(answer)["server-name"].as_str(), sni);
        assert_eq!(session.sni.as_deref(), sni);
    }
}

#[tokio::test]
async fn d2_case_does_not_matter() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let answer = ask_one(
        &pki,
        named(&question(server.addr(), json!({})), "LocalHost"),
    )
    .await;
    echoed(&answer);
    let sni = sessions(&server, 1).await[0].sni.clone().unwrap();
    assert_eq!(sni.to_lowercase(), "localhost");
}

/// Also of `::1`, in every way to write it.
#[tokio::test]
async fn d2_addresses() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["::1"]).unwrap();
    let server = PythonServer::ssl_echo("::1", &leaf, &[]).unwrap();
    let of = question(server.addr(), json!({}));
    let questions = ["::1", "0:0::1"].map(|name| named(&of, name));
    for answer in ask(&pki, &questions).await {
        assert_eq!(echoed(&answer)["server-name"], Value::Null);
    }
    for session in sessions(&server, 2).await {
        assert_eq!(session.sni, None);
    }
    let answer = ask_one(&pki, named(&of, "127.0.0.1")).await;
    let names = answer.certificate_failure("name-mismatch").unwrap();
    assert_eq!(names, &json!(["::1"]));
}

#[tokio::test]
async fn server_name_indication_can_be_off() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let off = question(server.addr(), json!({"server-name-indication": false}));
    let answer = ask_one(&pki, off.clone()).await;
    assert_eq!(echoed(&answer)["server-name"], Value::Null);
    assert_eq!(sessions(&server, 1).await[0].sni, None);
    // The certificate has to be for the name all the same.
    let answer = ask_one(&pki, named(&off, "elsewhere.example")).await;
    assert!(
        answer.certificate_failure("name-mismatch").is_some(),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_wrong_name_is_told_with_the_right_ones() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["a.example", "*.b.example"]).unwrap();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let of = question(server.addr(), json!({}));
    let questions = ["localhost", "x.a.example", "b.example", "x.y.b.example"];
    for answer in ask(&pki, &questions.map(|name| named(&of, name))).await {
        let names = answer.certificate_failure("name-mismatch").unwrap();
        assert_eq!(names, &json!(["a.example", "*.b.example"]));
    }
}

/// The chain is verified all the same.
#[tokio::test]
async fn check_hostname_off() {
    let (pki, leaf) = pki();
    let stranger = pki.issue_by_stranger(&["localhost"]).unwrap();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let other = PythonServer::ssl_echo("127.0.0.1", &stranger, &[]).unwrap();
    let off = json!({"check-hostname": false});
    let of = question(server.addr(), off.clone());
    let questions = [
        named(&of, "elsewhere.example"),
        named(&of, ""),
        question(other.addr(), off),
    ];
    let answers = ask(&pki, &questions).await;
    assert_eq!(echoed(&answers[0])["server-name"], "elsewhere.example");
    assert_eq!(echoed(&answers[1])["server-name"], Value::Null);
    assert!(
        answers[2].certificate_failure("unknown-issuer").is_some(),
        "{answers:?}"
    );
    let seen = sessions(&server, 2).await;
    assert_eq!(seen[0].sni.as_deref(), Some("elsewhere.example"));
    assert_eq!(seen[1].sni, None);
}

/// asyncio's own context checks no name if that is empty, but still the chain; one of the caller's refuses it.
#[tokio::test]
async fn d2_an_empty_name() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let of = named(&question(server.addr(), json!({})), "");
    let questions = [
        with(&of, json!({"tls": true})),
        of,
        with(
            &named(&question(server.addr(), json!({})), ""),
            json!({"tls": CA}),
        ),
    ];
    let answers = ask(&pki, &questions).await;
    assert!(
        answers[0].certificate_failure("unknown-issuer").is_some(),
        "{answers:?}"
    );
    for answer in &answers[1..] {
        let told = answer.invalid_argument();
        assert_eq!(told, Some("check_hostname requires server_hostname"));
    }
}
