//! Sessions that go on where an earlier connection has left them, as Python's `ssl` sees it.

use crate::{VERSIONS, ask, echoed, question, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Question;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::SEEN;
use switchboard_tests::python::PythonServer;

/// Puts the questions, one after another, and gives which sessions were resumed, of which both sides have to say the same.
async fn resumed(pki: &Pki, server: &PythonServer, questions: &[Question]) -> Vec<bool> {
    let before = server.output().lines().count() - 1;
    let answers = ask(pki, questions).await;
    let seen = server
        .sessions(before + questions.len(), SEEN)
        .await
        .unwrap();
    let told = answers
        .iter()
        .map(|it| echoed(it)["resumed"].as_bool().unwrap());
    let told: Vec<_> = told.collect();
    // The server tells of each when it has ended, in a thread of its own: perhaps of the second before the first.
    let resumed_by = |all: &mut dyn Iterator<Item = bool>| all.filter(|it| *it).count();
    let seen = resumed_by(&mut seen[before..].iter().map(|it| it.resumed));
    assert_eq!(resumed_by(&mut told.iter().copied()), seen, "{told:?}");
    for answer in &answers {
        let facts = answer.facts().unwrap();
        let is_12 = facts["version"] == "TLSv1.2";
        // RFC 5246, section 7.3: a resumed session of TLS 1.2 exchanges no keys.
        let none = is_12 && facts["resumed"] == true;
        assert_eq!(facts["key-exchange"].is_null(), none, "{facts}");
        let certificates = &facts["peer-certificates"];
        assert_eq!(
            certificates,
            &answers[0].facts().unwrap()["peer-certificates"]
        );
    }
    told
}

fn start(pki: &Pki, version: &str, more: &[&str]) -> PythonServer {
    let leaf = pki.issue(&["localhost", "a.example"]).unwrap();
    let arguments = [&["--min", version, "--max", version], more].concat();
    PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap()
}

fn shared(server: &PythonServer, settings: Value) -> Question {
    let mut question = question(server.addr(), settings);
    question["tls"]["name"] = json!("shared");
    question
}

/// The same context without a further word.
fn again(server: &PythonServer) -> Question {
    with(
        &question(server.addr(), json!({})),
        json!({"tls": {"name": "shared"}}),
    )
}

#[tokio::test]
async fn the_next_one_goes_on() {
    let pki = Pki::new().unwrap();
    for [_, version, _] in VERSIONS {
        let server = start(&pki, version, &[]);
        let questions = [shared(&server, json!({})), again(&server), again(&server)];
        let resumed = resumed(&pki, &server, &questions).await;
        assert_eq!(resumed, [false, true, true], "{version}");
    }
}

#[tokio::test]
async fn another_context_and_another_name_do_not() {
    let pki = Pki::new().unwrap();
    for [_, version, _] in VERSIONS {
        let server = start(&pki, version, &[]);
        let questions = [
            shared(&server, json!({})),
            question(server.addr(), json!({})),
            with(&again(&server), json!({"server-name": "a.example"})),
            with(&again(&server), json!({"server-name": "a.example"})),
            again(&server),
        ];
        let resumed = resumed(&pki, &server, &questions).await;
        assert_eq!(resumed, [false, false, false, true, true], "{version}");
    }
}

#[tokio::test]
async fn none_is_remembered_with_size_0() {
    let pki = Pki::new().unwrap();
    for [_, version, _] in VERSIONS {
        let server = start(&pki, version, &[]);
        let off = || shared(&server, json!({"session-cache-size": 0}));
        let resumed_ = resumed(&pki, &server, &[off(), off(), again(&server)]).await;
        assert_eq!(resumed_, [false, false, false], "{version}");
        // What was remembered is forgotten.
        let questions = [
            shared(&server, json!({})),
            again(&server),
            off(),
            again(&server),
        ];
        let resumed = resumed(&pki, &server, &questions).await;
        assert_eq!(resumed, [false, true, false, false], "{version}");
    }
}

/// A server that gives out nothing to go on with.
#[tokio::test]
async fn without_tickets() {
    let pki = Pki::new().unwrap();
    let server = start(&pki, "1.3", &["--tickets", "0"]);
    let questions = [shared(&server, json!({})), again(&server)];
    assert_eq!(resumed(&pki, &server, &questions).await, [false, false]);
}

/// Of three servers only the last one is remembered.
#[tokio::test]
async fn as_many_as_the_size_says() {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost", "a.example", "b.example"]).unwrap();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let one = json!({"session-cache-size": 1});
    let mut questions = vec![shared(&server, one)];
    for name in ["a.example", "b.example", "b.example", "localhost"] {
        questions.push(with(&again(&server), json!({"server-name": name})));
    }
    let resumed = resumed(&pki, &server, &questions).await;
    assert_eq!(resumed, [false, false, false, true, false]);
}
