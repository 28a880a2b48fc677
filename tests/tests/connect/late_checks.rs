//! A-V16 to A-V20: what asyncio tells only once TCP has connected, so that the server sees a connection come and go, and a
//! dead port is told as such.

use crate::{CA, refused, with};
use serde_json::{Value, json};
use switchboard_tests::ask::{Answer, Question, ask};
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::SEEN;
use switchboard_tests::log::End;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::scripted::Scripted;
use tokio::net::TcpStream;

const V16: &str = "ssl_handshake_timeout should be a positive number, got 0";
const V17: &str = "ssl_shutdown_timeout should be a positive number, got 0";
const V19: &str = "check_hostname requires server_hostname";
const V20: &str = "argument must be encoded string without null bytes, not str";

fn questions(port: u16, options: &[Value]) -> Vec<Question> {
    let to = json!({"host": "127.0.0.1", "service": port});
    let question = |options: &Value| with(&to, options.clone());
    options.iter().map(question).collect()
}

/// What a server that accepts leads to, after it has seen each connection accepted and closed without a byte. With a dead
/// port it is the refusal.
async fn after_connecting(options: &[Value]) -> Vec<Answer> {
    let pki = Pki::new().unwrap();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let answers = ask(&pki, &questions(server.addr().port(), options)).await;
    let answers = answers.unwrap();
    for answer in &answers {
        assert!(answer.steps("connect")[0].succeeded(), "{answer:?}");
        assert!(answer.steps("handshake").is_empty(), "{answer:?}");
    }
    let count = options.len();
    let log = server
        .until(SEEN, |log| log.all_ended(count))
        .await
        .unwrap();
    assert_eq!((log.accepted(), log.read()), (count, 0));
    assert!(log.connections.iter().all(|it| it.end == Some(End::Clean)));

    let refusing = Refusing::start("127.0.0.1").unwrap();
    let dead = ask(&pki, &questions(refusing.addr().port(), options)).await;
    for answer in dead.unwrap() {
        assert_eq!(answer.code(), Some("connection-refused"), "{answer:?}");
    }
    answers
}

#[tokio::test]
async fn a_v16_a_handshake_timeout_of_zero() {
    let options = [json!({"tls": CA, "handshake-timeout": 0})];
    refused(&after_connecting(&options).await[0], V16);
}

#[tokio::test]
async fn a_v17_a_shutdown_timeout_of_zero() {
    let options = [
        json!({"tls": CA, "shutdown-timeout": 0}),
        json!({"shutdown-timeout": 0}),
    ];
    for answer in after_connecting(&options).await {
        refused(&answer, V17);
    }
}

/// Of a context of the caller's: asyncio's own takes it (D.2).
#[tokio::test]
async fn a_v19_an_empty_name() {
    let options = [json!({"tls": CA, "server-name": ""})];
    refused(&after_connecting(&options).await[0], V19);
}

#[tokio::test]
async fn a_v20_a_name_with_nul() {
    let options = [json!({"tls": CA, "server-name": "local\0host"})];
    refused(&after_connecting(&options).await[0], V20);
}

#[tokio::test]
async fn a_v20_names_that_cannot_be_encoded() {
    let names = ["a".repeat(64), "a..b".to_owned(), ".localhost".to_owned()];
    let options: Vec<_> = names
        .iter()
        .map(|name| json!({"tls": CA, "server-name": name}))
        .collect();
    for (answer, name) in after_connecting(&options).await.iter().zip(names) {
        let told = answer.invalid_argument().unwrap();
        assert!(told.contains(&name), "{told}");
    }
}

#[tokio::test]
async fn a_v16_to_a_v20_in_this_order() {
    let options = [
        json!({"tls": CA, "handshake-timeout": 0, "shutdown-timeout": 0}),
        json!({"tls": CA, "handshake-timeout": 0, "server-name": ""}),
        json!({"tls": CA, "shutdown-timeout": 0, "server-name": ""}),
        json!({"tls": CA, "shutdown-timeout": 0, "server-name": "\0"}),
    ];
    for (answer, text) in after_connecting(&options)
        .await
        .iter()
        .zip([V16, V16, V17, V17])
    {
        refused(answer, text);
    }
}

/// With `race-until: tls` they come before the race, or every address would be told the same.
#[tokio::test]
async fn a_v16_to_a_v20_before_a_race_through_tls() {
    let pki = Pki::new().unwrap();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let wrong = [
        (json!({"handshake-timeout": 0}), V16),
        (json!({"shutdown-timeout": 0}), V17),
        (json!({"server-name": ""}), V19),
        (json!({"server-name": "local\0host"}), V20),
    ];
    for delay in [Value::Null, json!(0.25)] {
        let through_tls = json!({
            "tls": CA, "race-until": "tls", "happy-eyeballs-delay": delay,
            "addresses": ["127.0.0.1", "127.0.0.1"], "host": "localhost",
        });
        let options = wrong
            .each_ref()
            .map(|(it, _)| with(&through_tls, it.clone()));
        let answers = ask(&pki, &questions(server.addr().port(), &options)).await;
        for (answer, (_, text)) in answers.unwrap().iter().zip(&wrong) {
            refused(answer, text);
            assert_eq!(answer.tried(), []);
        }
    }
    // The first that comes is this one.
    let own = TcpStream::connect(server.addr()).await.unwrap();
    let log = server.until(SEEN, |log| log.accepted() > 0).await.unwrap();
    assert_eq!(log.connections[0].peer, own.local_addr().unwrap());
}
