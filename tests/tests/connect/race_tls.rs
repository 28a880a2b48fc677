//! `race-until: tls`: what accepts TCP and then breaks TLS loses to the next address.

use crate::{CA, ask_one, ask_trusting, at, opened_when_asked, pki, places, with};
use serde_json::{Value, json};
use switchboard_tests::ask::{Answer, Question, code};
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::SEEN;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::TlsServer;

const IPS: [&str; 2] = ["127.0.0.1", "127.0.0.2"];

fn question(port: u16, ips: &[&str]) -> Question {
    json!({
        "addresses": ips, "service": port, "tls": CA, "server-name": "localhost",
        "race-until": "tls", "then": "echo",
    })
}

/// One after another, and as a race.
fn both_ways(question: &Question) -> [Question; 2] {
    [
        question.clone(),
        with(question, json!({"happy-eyeballs-delay": 0.25})),
    ]
}

/// Puts the question, which the second address has to answer, and gives the failure of the handshake with the first.
async fn second_wins(pki: &Pki, question: Question, port: u16) -> Option<Value> {
    let answer = ask_trusting(pki, question).await;
    assert_eq!(answer.remote().unwrap(), at(port, &IPS)[1]);
    assert_eq!(answer.echo.as_deref(), Some("ping\n"));
    assert_eq!(answer.tried(), at(port, &IPS));
    let handshakes = answer.steps("handshake");
    assert_eq!(handshakes.len(), 2, "{answer:?}");
    assert_eq!(handshakes[0].address, Some(at(port, &IPS)[0]));
    assert!(handshakes[1].succeeded());
    handshakes[0].failure().cloned()
}

/// Puts the question, which the second address has to answer, in both ways, and gives the failures of the first.
async fn loses_to_the_second(start: fn(Place) -> anyhow::Result<Scripted>) -> Vec<Value> {
    let (pki, leaf) = pki();
    let ([first, second], port) = places(IPS);
    let first = start(first).unwrap();
    let _second = TlsServer::echo(second, &leaf).unwrap();
    let mut failures = Vec::new();
    for question in both_ways(&question(port, &IPS)) {
        failures.extend(second_wins(&pki, question, port).await);
    }
    first.until(SEEN, |log| log.all_ended(2)).await.unwrap();
    assert_eq!(failures.len(), 2);
    failures
}

#[tokio::test]
async fn what_ends_the_connection_in_the_handshake_loses() {
    for start in [Scripted::reset_in_handshake, Scripted::fin_in_handshake] {
        for failure in loses_to_the_second(start).await {
            assert_eq!(code(&failure["os"]), Some("connection-reset"), "{failure}");
        }
    }
}

#[tokio::test]
async fn what_does_not_speak_tls_loses() {
    for start in [Scripted::ssh, Scripted::http] {
        for failure in loses_to_the_second(start).await {
            assert!(failure["tls"].get("not-tls").is_some(), "{failure}");
        }
    }
}

#[tokio::test]
async fn a_bad_certificate_loses() {
    let (pki, leaf) = pki();
    let bad = [
        pki.issue_by_stranger(&["localhost"]).unwrap(),
        pki.issue_expired(&["localhost"]).unwrap(),
        pki.issue(&["elsewhere.example"]).unwrap(),
    ];
    for bad in bad {
        let ([first, second], port) = places(IPS);
        let _first = TlsServer::echo(first, &bad).unwrap();
        let _second = TlsServer::echo(second, &leaf).unwrap();
        for question in both_ways(&question(port, &IPS)) {
            let failure = second_wins(&pki, question, port).await.unwrap();
            assert!(failure["tls"].get("certificate").is_some(), "{failure}");
        }
    }
}

/// One that says nothing loses after its `handshake-timeout`, or to the next in a race. The race counts its delay from
/// the moment when TCP has connected.
#[tokio::test]
async fn silence_loses() {
    let (pki, leaf) = pki();
    let ([first, second], port) = places(IPS);
    let silent = Scripted::silent(first).unwrap();
    let _second = TlsServer::echo(second, &leaf).unwrap();

    let one_after_another = with(&question(port, &IPS), json!({"handshake-timeout": 0.5}));
    let failure = second_wins(&pki, one_after_another, port).await;
    assert_eq!(failure, Some(json!({"timed-out": "handshake"})));

    let race = with(&question(port, &IPS), json!({"happy-eyeballs-delay": 0.3}));
    let answer = ask_trusting(&pki, race).await;
    assert_eq!(answer.remote().unwrap(), at(port, &IPS)[1]);
    let (connects, handshakes) = (answer.steps("connect"), answer.steps("handshake"));
    assert!(connects[0].succeeded(), "{answer:?}");
    assert!(handshakes[0].abandoned(), "{answer:?}");
    let delay = connects[1].started - connects[0].ended;
    assert!((0.3..0.8).contains(&delay), "{delay}");
    let log = silent.until(SEEN, |log| log.all_ended(2)).await.unwrap();
    assert_eq!(log.accepted(), 2);
}

/// Also of one whose TCP takes nearly the whole delay: the kernel sends its SYN again after a second.
#[tokio::test]
async fn a_slow_connect_leaves_the_handshake_its_whole_delay() {
    const DELAY: f64 = 1.2;
    let (pki, leaf) = pki();
    let ([first, second], port) = places(IPS);
    let hole = Blackhole::start(first).unwrap();
    let _second = TlsServer::echo(second, &leaf).unwrap();
    let question = with(
        &question(port, &IPS),
        json!({"happy-eyeballs-delay": DELAY}),
    );
    let (answer, [silent]) = tokio::join!(
        ask_trusting(&pki, question),
        opened_when_asked([hole], Behaviour::Discard),
    );
    assert_eq!(answer.remote().unwrap(), at(port, &IPS)[1]);
    let (connects, handshakes) = (answer.steps("connect"), answer.steps("handshake"));
    assert!(connects[0].succeeded(), "{answer:?}");
    assert!((0.9..DELAY).contains(&connects[0].took()), "{answer:?}");
    assert!(handshakes[0].abandoned(), "{answer:?}");
    let delay = connects[1].started - connects[0].ended;
    assert!((DELAY..DELAY + 0.8).contains(&delay), "{answer:?}");
    let log = silent.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.accepted(), 1);
}

/// A peer whose handshake is slow, but within the delay, is not raced at all.
#[tokio::test]
async fn tls_that_is_done_within_the_delay_has_no_rival() {
    let (pki, leaf) = pki();
    let (places, port) = places(IPS);
    let servers = places.map(|place| TlsServer::echo(place, &leaf).unwrap());
    let question = with(&question(port, &IPS), json!({"happy-eyeballs-delay": 10}));
    let answer = ask_trusting(&pki, question).await;
    assert_eq!(answer.tried(), at(port, &IPS[..1]));
    assert_eq!(answer.steps("handshake").len(), 1);
    assert_eq!(servers[1].log().accepted(), 0);
}

/// Every kind of failure that an attempt can have, in the order of the addresses.
async fn all_fail(question: impl Fn(u16) -> Question) -> Answer {
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"];
    let ([refusing, ssh, silent, bad], port) = places(ips);
    let (pki, _) = pki();
    let stranger = pki.issue_by_stranger(&["localhost"]).unwrap();
    let _refusing = Refusing::start(refusing).unwrap();
    let _ssh = Scripted::ssh(ssh).unwrap();
    let _silent = Scripted::silent(silent).unwrap();
    let _bad = TlsServer::echo(bad, &stranger).unwrap();
    let question = with(
        &question(port),
        json!({"addresses": ips, "handshake-timeout": 1}),
    );
    let answer = ask_trusting(&pki, question).await;
    assert_eq!(answer.tried(), at(port, &ips));
    answer
}

fn stranger() -> Value {
    json!({"unknown-issuer": "CN=switchboard test stranger"})
}

#[tokio::test]
async fn a7_1_all_errors_has_those_of_tls() {
    for delay in [Value::Null, json!(0.1)] {
        let options = json!({"all-errors": true, "happy-eyeballs-delay": delay});
        let answer = all_fail(|port| with(&question(port, &[]), options.clone())).await;
        let all = answer.failed_as("all").unwrap();
        assert_eq!(all.as_array().map(Vec::len), Some(4), "{all}");
        assert_eq!(all[0]["os"]["code"], "connection-refused");
        assert!(all[1]["tls"].get("not-tls").is_some(), "{all}");
        assert_eq!(all[2], json!({"timed-out": "handshake"}));
        assert_eq!(all[3], json!({"tls": {"certificate": stranger()}}));
        assert_eq!(answer.told(), "create_connection failed (4 sub-exceptions)");
    }
}

#[tokio::test]
async fn a7_4_failures_of_tls_are_listed_too() {
    let answer = all_fail(|port| question(port, &[])).await;
    assert_eq!(answer.code(), Some("other"));
    let told = answer.told();
    assert!(
        told.starts_with("Multiple exceptions: [Errno 111] Connect call failed "),
        "{told}"
    );
    assert!(told.contains("unknown issuer"), "{told}");
}

#[tokio::test]
async fn a7_2_one_failure_of_tls_is_told_itself() {
    let (pki, _) = pki();
    let leaf = pki.issue_by_stranger(&["localhost"]).unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let answer = ask_trusting(&pki, question(server.addr().port(), &IPS[..1])).await;
    let failure = json!({"tls": {"certificate": stranger()}});
    assert_eq!(answer.failure, Some(failure));
}

/// As in asyncio, without it: the race is over when TCP has connected.
#[tokio::test]
async fn a6_without_it_tls_does_not_fall_back() {
    let (pki, leaf) = pki();
    let ([first, second], port) = places(IPS);
    let _first = Scripted::ssh(first).unwrap();
    let second = TlsServer::echo(second, &leaf).unwrap();
    for until in [Value::Null, json!("tcp")] {
        let options = json!({"race-until": until, "happy-eyeballs-delay": 0.25});
        let answer = ask_trusting(&pki, with(&question(port, &IPS), options)).await;
        assert!(answer.failed_as("tls").is_some(), "{answer:?}");
        assert_eq!(answer.tried(), at(port, &IPS[..1]));
    }
    assert_eq!(second.log().accepted(), 0);
}

#[tokio::test]
async fn without_tls_it_is_refused() {
    let answer = ask_one(json!({"host": "127.0.0.1", "service": 1, "race-until": "tls"})).await;
    let told = answer.invalid_argument().unwrap();
    assert!(told.contains("race-until"), "{told}");
    assert!(answer.timeline.is_empty());
}
