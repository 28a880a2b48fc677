//! A.2: the checks before anything is done, and their order.

use crate::{CA, ask, ask_one, refused_at_once, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Question;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::refuse::Refusing;

const V1: &str = "server_hostname is only meaningful with ssl";
const V2: &str = "You must set server_hostname when using ssl without a host";
const V3: &str = "ssl_handshake_timeout is only meaningful with ssl";
const V7: &str = "host/port and sock can not be specified at the same time";
const V8: &str = "host and port was not specified and no sock specified";

/// Puts the questions, which may not reach the server, and looks whether each is refused with this text.
async fn all_refused(server: &TcpServer, questions: &[Question], text: &str) {
    for (question, answer) in questions.iter().zip(ask(questions).await) {
        println!("{question}");
        refused_at_once(&answer, text);
    }
    assert_eq!(server.log().accepted(), 0);
}

fn to(server: &TcpServer) -> Question {
    json!({"host": "127.0.0.1", "service": server.addr().port()})
}

#[tokio::test]
async fn a_v1_server_name_without_tls_even_an_empty_one() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let named = |name: &str| with(&to(&server), json!({"server-name": name}));
    all_refused(&server, &[named("localhost"), named("")], V1).await;
}

#[tokio::test]
async fn a_v2_tls_without_a_name() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    let questions = [
        json!({"tls": true, "service": port}),
        json!({"tls": true, "service": port, "host": ""}),
        json!({"tls": CA, "service": port}),
        json!({"tls": CA, "service": port, "addresses": ["127.0.0.1"]}),
    ];
    all_refused(&server, &questions, V2).await;
}

#[tokio::test]
async fn a_v3_handshake_timeout_without_tls() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let timeout = |time: f64| with(&to(&server), json!({"handshake-timeout": time}));
    all_refused(&server, &[timeout(60.0), timeout(0.0)], V3).await;
}

/// The shutdown timeout is for connections without TLS too, other than asyncio's.
#[tokio::test]
async fn a_v4_does_not_hold_here() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = with(&to(&server), json!({"shutdown-timeout": 5, "then": "echo"}));
    let answer = ask_one(question).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
}

#[tokio::test]
async fn a_v8_neither_a_place_nor_a_socket() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let questions = [
        json!({}),
        json!({"local-addresses": [{"host": "127.0.0.1", "service": 0}]}),
        json!({"family": "inet", "all-errors": true, "timeout": 5}),
    ];
    all_refused(&server, &questions, V8).await;
}

#[tokio::test]
async fn no_addresses_are_not_the_same_as_none_given() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let answer = ask_one(with(&to(&server), json!({"addresses": []}))).await;
    let told = answer.invalid_argument().unwrap();
    assert!(told.contains("addresses"), "{told}");
    assert_eq!(server.log().accepted(), 0);
}

/// Two violations at a time: the earlier rule is told.
#[tokio::test]
async fn a_v1_to_a_v8_in_this_order() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let name = || json!({"server-name": "localhost"});
    let tls = || json!({"tls": CA, "host": null});
    let handshake = || json!({"handshake-timeout": 1});
    let sock = || json!({"sock": "unconnected:inet"});
    let nowhere = || json!({"host": null, "service": null});
    let pairs: [(Value, Value, &str); 8] = [
        (name(), handshake(), V1),
        (name(), sock(), V1),
        (name(), nowhere(), V1),
        (tls(), sock(), V2),
        (tls(), nowhere(), V2),
        (handshake(), sock(), V3),
        (handshake(), nowhere(), V3),
        // What asyncio does not have comes after all of it.
        (sock(), json!({"hop-limit": 0}), V7),
    ];
    for (one, other, text) in pairs {
        for question in [
            with(&with(&to(&server), one.clone()), other.clone()),
            with(&with(&to(&server), other), one),
        ] {
            all_refused(&server, &[question], text).await;
        }
    }
}

/// A socket and TLS, but neither a host nor a name: asyncio's answer to the first thing that everybody tries.
#[tokio::test]
async fn a_v2_before_a_v7_with_a_socket_alone() {
    let answer = ask_one(json!({"tls": true, "sock": "unconnected:inet"})).await;
    refused_at_once(&answer, V2);
    assert!(answer.sock_given_back);
}

#[tokio::test]
async fn a_v7_before_the_lookup_and_a_v8_before_that_of_local_addresses() {
    let answers = ask(&[
        json!({"sock": "unconnected:inet", "host": ""}),
        json!({"sock": "unconnected:inet", "host": "localhost", "service": "nonsense"}),
        json!({"local-addresses": [{"host": "", "service": 0}]}),
    ])
    .await;
    refused_at_once(&answers[0], V7);
    refused_at_once(&answers[1], V7);
    refused_at_once(&answers[2], V8);
}

#[tokio::test]
async fn a_v10_before_a_v11_before_a_v12() {
    let refusing = Refusing::start("127.0.0.1").unwrap();
    let port = refusing.addr().port();
    let no_host = json!([{"host": "", "service": 0}]);
    let answers = ask(&[
        json!({"host": "127.0.0.1", "service": "nonsense", "local-addresses": no_host}),
        json!({"host": "127.0.0.1", "service": port, "local-addresses": no_host}),
        json!({"host": "127.0.0.1", "service": port}),
    ])
    .await;
    assert_eq!(answers[0].lookup(), Some("service-not-supported"));
    assert_eq!(answers[1].lookup(), Some("not-found"));
    assert_eq!(answers[1].told(), "[Errno -2] Name or service not known");
    assert_eq!(answers[1].tried(), []);
    assert_eq!(answers[2].code(), Some("connection-refused"));
}
