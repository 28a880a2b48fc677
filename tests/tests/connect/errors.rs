//! A.7: how the failures of all attempts are told as one.

use crate::{ask_one, at, places, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;

/// Two addresses that refuse, and their port.
fn two_refusing() -> ([Refusing; 2], u16) {
    let (places, port) = places(["::1", "127.0.0.1"]);
    (
        places.map(|place: Place| Refusing::start(place).unwrap()),
        port,
    )
}

fn message(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    match address {
        SocketAddr::V4(_) => format!("[Errno 111] Connect call failed ('{ip}', {port})"),
        SocketAddr::V6(_) => format!("[Errno 111] Connect call failed ('{ip}', {port}, 0, 0)"),
    }
}

fn os(address: SocketAddr) -> Value {
    json!({"os": {"code": "connection-refused", "message": message(address)}})
}

#[tokio::test]
async fn a7_1_all_errors_tells_each_even_if_there_is_one() {
    let (_refusing, port) = two_refusing();
    let [v6, v4] = [at(port, &["::1"])[0], at(port, &["127.0.0.1"])[0]];
    let one = json!({"host": "127.0.0.1", "service": port, "all-errors": true});
    let answer = ask_one(one.clone()).await;
    assert_eq!(answer.failure, Some(json!({"all": [os(v4)]})));
    assert_eq!(answer.told(), "create_connection failed (1 sub-exception)");

    let both = with(&one, json!({"addresses": ["::1", "127.0.0.1"]}));
    // In the order of the addresses, in a race too.
    for question in [
        both.clone(),
        with(&both, json!({"happy-eyeballs-delay": 0.25})),
    ] {
        let answer = ask_one(question).await;
        assert_eq!(answer.failure, Some(json!({"all": [os(v6), os(v4)]})));
        assert_eq!(answer.told(), "create_connection failed (2 sub-exceptions)");
        assert_eq!(answer.tried(), [v6, v4]);
    }
}

#[tokio::test]
async fn a7_1_not_for_what_fails_before_the_attempts() {
    let answer = ask_one(json!({"host": "", "service": 1, "all-errors": true})).await;
    assert_eq!(answer.lookup(), Some("not-found"));
}

#[tokio::test]
async fn a7_2_exactly_one_is_told_itself() {
    let (_refusing, port) = two_refusing();
    for ip in ["127.0.0.1", "::1"] {
        let answer = ask_one(json!({"host": ip, "service": port})).await;
        let address = at(port, &[ip])[0];
        assert_eq!(answer.failure, Some(os(address)));
        assert_eq!(answer.told(), message(address));
    }
}

#[tokio::test]
async fn a7_3_several_alike_are_the_first() {
    let (_refusing, port) = two_refusing();
    let twice = ["127.0.0.1", "127.0.0.1"];
    let answer = ask_one(json!({"addresses": twice, "service": port})).await;
    assert_eq!(answer.failure, Some(os(at(port, &twice)[0])));
    assert_eq!(answer.tried(), at(port, &twice));
}

#[tokio::test]
async fn a7_4_several_different_are_listed() {
    let (_refusing, port) = two_refusing();
    let both = at(port, &["::1", "127.0.0.1"]);
    let question = json!({"addresses": ["::1", "127.0.0.1"], "service": port});
    for question in [
        question.clone(),
        with(&question, json!({"happy-eyeballs-delay": 0.25})),
    ] {
        let answer = ask_one(question).await;
        let listed = format!(
            "Multiple exceptions: {}, {}",
            message(both[0]),
            message(both[1])
        );
        // The text is asyncio's, which loses the code that they have in common.
        assert_eq!(answer.code(), Some("connection-refused"));
        assert_eq!(answer.told(), listed);
        assert_eq!(answer.failed_as("os").unwrap()["message"], *listed);
        assert_eq!(answer.tried(), both);
    }
}
