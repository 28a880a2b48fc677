//! A.10: calls that are ended at each of their awaits, in every way there is. That no socket is left open then is looked
//! at after every question anyway.

use crate::{CA, ask_trusting, ask_while_busy, pki, with};
use serde_json::{Value, json};
use std::time::Instant;
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::{self, SEEN};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::End;
use switchboard_tests::scripted::Scripted;

/// How long a call may go on after it was ended, in seconds.
const LATE: f64 = 1.0;

/// Ends the call at this time, in each way, and looks whether it was in one of these phases then.
async fn ended(pki: &Pki, question: &Question, time: f64, phases: &[&str]) {
    cancelled(pki, question, time, phases).await;
    timed_out(pki, question, time, phases).await;
    dropped(pki, question, time).await;
}

async fn cancelled(pki: &Pki, question: &Question, time: f64, phases: &[&str]) {
    let answer = ask_trusting(pki, with(question, json!({"end": {"cancel": time}}))).await;
    assert_eq!(answer.failure, Some(json!("cancelled")), "{answer:?}");
    assert_eq!(answer.told(), "create_connection was cancelled");
    abandoned(&answer, time, phases);
}

async fn timed_out(pki: &Pki, question: &Question, time: f64, phases: &[&str]) {
    let answer = ask_trusting(pki, with(question, json!({"timeout": time}))).await;
    let phase = answer.timed_out().unwrap();
    assert!(phases.contains(&phase), "{answer:?}");
    abandoned(&answer, time, phases);
}

async fn dropped(pki: &Pki, question: &Question, time: f64) {
    // Not to be counted.
    composed::compiled().unwrap();
    let begun = Instant::now();
    let answer = ask_trusting(pki, with(question, json!({"end": {"drop": time}}))).await;
    assert!(answer.dropped, "{answer:?}");
    let took = begun.elapsed().as_secs_f64();
    assert!((time..time + 2.0 * LATE).contains(&took), "{took}");
}

/// What went on when the call ended, and when that was.
#[track_caller]
fn abandoned(answer: &Answer, time: f64, phases: &[&str]) {
    let mut going_on = answer.timeline.iter().filter(|step| step.abandoned());
    assert!(
        going_on.clone().any(|step| phases.contains(&&*step.phase)),
        "{answer:?}"
    );
    assert!(
        going_on.all(|step| (time..time + LATE).contains(&step.ended)),
        "{answer:?}"
    );
}

fn to(address: std::net::SocketAddr) -> Question {
    json!({"host": address.ip(), "service": address.port()})
}

/// A name of the machine itself may be looked up before the call has to wait, and then it is in the first connect.
#[tokio::test]
async fn a10_at_once_in_the_lookup() {
    let (pki, _) = pki();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let question = with(&to(hole.addr()), json!({"host": "localhost"}));
    for _ in 0..5 {
        let phases = &["lookup", "connect"];
        ended(&pki, &question, 0.0, phases).await;
    }
}

#[tokio::test]
async fn a10_in_connect() {
    let (pki, _) = pki();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    for time in [0.0, 0.2] {
        ended(&pki, &to(hole.addr()), time, &["connect"]).await;
    }
}

#[tokio::test]
async fn a10_in_connect_from_an_address() {
    let (pki, _) = pki();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let local = json!({"local-addresses": [{"host": "127.0.0.2", "service": 0}]});
    ended(&pki, &with(&to(hole.addr()), local), 0.2, &["connect"]).await;
}

#[tokio::test]
async fn a10_in_a_race() {
    let (pki, _) = pki();
    let (places, port) = crate::places(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    let _holes = places.map(|place| Blackhole::start(place).unwrap());
    let race = json!({
        "addresses": ["127.0.0.1", "127.0.0.2", "127.0.0.3"], "service": port,
        "happy-eyeballs-delay": 0.05,
    });
    for time in [0.0, 0.07, 0.5] {
        ended(&pki, &race, time, &["connect"]).await;
    }
    let answer = ask_trusting(&pki, with(&race, json!({"end": {"cancel": 0.5}}))).await;
    assert_eq!(answer.tried().len(), 3);
    assert!(answer.steps("connect").iter().all(|it| it.abandoned()));
}

/// The peer sees the connection end.
#[tokio::test]
async fn a10_in_the_handshake() {
    let (pki, _) = pki();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    let stall = TcpServer::start("127.0.0.1", Behaviour::Stall).unwrap();
    let tls = json!({"tls": CA, "server-name": "localhost"});
    ended(
        &pki,
        &with(&to(silent.addr()), tls.clone()),
        0.3,
        &["handshake"],
    )
    .await;
    ended(&pki, &with(&to(stall.addr()), tls), 0.3, &["handshake"]).await;
    let log = silent.until(SEEN, |log| log.all_ended(3)).await.unwrap();
    assert_eq!(log.accepted(), 3);
    assert!(log.connections.iter().all(|it| it.end == Some(End::Clean)));
}

/// Of several handshakes at a time none is left.
#[tokio::test]
async fn a10_in_a_race_through_tls() {
    let (pki, _) = pki();
    let (places, port) = crate::places(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    let servers = places.map(|place| Scripted::silent(place).unwrap());
    let question = json!({
        "addresses": ["127.0.0.1", "127.0.0.2", "127.0.0.3"], "service": port,
        "tls": CA, "server-name": "localhost", "race-until": "tls", "happy-eyeballs-delay": 0.05,
    });
    ended(&pki, &question, 0.5, &["handshake"]).await;
    for server in servers {
        let log = server.until(SEEN, |log| log.all_ended(3)).await.unwrap();
        assert!(log.connections.iter().all(|it| it.end == Some(End::Clean)));
    }
}

/// A call that has a connection already is not ended any more.
#[tokio::test]
async fn a10_too_late() {
    let (pki, _) = pki();
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let ends: [Value; 2] = [json!({"cancel": 30}), json!({"drop": 30})];
    for end in ends {
        let question = with(&to(server.addr()), json!({"end": end, "then": "echo"}));
        let answer = ask_trusting(&pki, question).await;
        assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    }
}

/// Ends the call while the application is busy, and TCP connects meanwhile. Either may come first, but then the connection
/// is whole, or gone.
async fn with_a_connection_at_the_same_time(end: Value) {
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let question = with(&to(hole.addr()), end);
    let (answer, [server]) = ask_while_busy(&question, [hole]).await;
    let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.accepted(), 1);
    match answer.connected {
        Some(_) => assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}"),
        None => assert_eq!(log.read(), 0),
    }
}

#[tokio::test]
async fn a10_cancelled_and_connected_at_once() {
    with_a_connection_at_the_same_time(json!({"end": {"cancel": 1.4}})).await;
}

#[tokio::test]
async fn a10_dropped_and_connected_at_once() {
    with_a_connection_at_the_same_time(json!({"end": {"drop": 1.4}})).await;
}

#[tokio::test]
async fn a10_timed_out_and_connected_at_once() {
    with_a_connection_at_the_same_time(json!({"timeout": 1.4})).await;
}
