//! Calls that are ended: by a timeout, by an attempt, by dropping them.

use crate::{ask_one, at, to, with};
use serde_json::{Value, json};
use switchboard_tests::apart;
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::certs::Pki;
use switchboard_tests::namespace::Namespace;
use switchboard_tests::udp::UdpPeer;

/// How long a call may go on after it was ended, in seconds.
const LATE: f64 = 1.0;

#[tokio::test]
async fn in_a_lookup_that_hangs() {
    const TIME: f64 = 0.3;
    if !Namespace::available() {
        return;
    }
    let slow = json!({"host": "slow.example", "service": 9});
    let here = json!({"host": "127.0.0.1", "service": 0});
    let lookups = [
        (json!({"remote-address": slow}), 1),
        (json!({"local-address": slow}), 1),
        (json!({"local-address": here, "remote-address": slow}), 2),
        (json!({"local-address": slow, "remote-address": slow}), 1),
    ];
    let ends: [Value; 3] = [
        json!({"end": {"cancel": TIME}}),
        json!({"end": {"drop": TIME}}),
        json!({"timeout": TIME}),
    ];
    // Before them and after them is one that does not wait.
    let at_once = at("127.0.0.1");
    let mut questions = vec![at_once.clone()];
    for end in &ends {
        let all = lookups.iter();
        questions.extend(all.map(|(question, _)| with(question, end.clone())));
    }
    questions.push(at_once);
    let pki = Pki::new().unwrap();
    let answers = apart::ask(Namespace::SilentResolver, "datagrams", &pki, &questions);
    let answers = answers.await.unwrap();
    let (first, rest) = answers.split_first().unwrap();
    let (last, rest) = rest.split_last().unwrap();
    for (answer, _) in [first, last] {
        answer.endpoint().unwrap();
    }
    for (number, (answer, took)) in rest.iter().enumerate() {
        let question = &questions[number + 1];
        let (_, lookups) = lookups[number % lookups.len()];
        assert!(*took < TIME + LATE, "{question}: {took}");
        ended(question, answer, lookups, TIME);
    }
}

fn ended(question: &Question, answer: &Answer, count: usize, time: f64) {
    if question["end"].get("drop").is_some() {
        assert!(answer.dropped, "{question}: {answer:?}");
        return;
    }
    match question.get("timeout") {
        Some(_) => {
            assert_eq!(answer.timed_out(), Some("lookup"), "{answer:?}");
            assert_eq!(answer.told(), "create_datagram_endpoint timed out (lookup)");
        }
        None => {
            assert_eq!(answer.failure, Some(json!("cancelled")), "{answer:?}");
            assert_eq!(answer.told(), "create_datagram_endpoint was cancelled");
        }
    }
    let lookups = answer.steps("lookup");
    assert_eq!(lookups.len(), count, "{answer:?}");
    let last = lookups[count - 1];
    assert!(last.abandoned(), "{answer:?}");
    assert!((time..time + LATE).contains(&last.ended), "{answer:?}");
    assert_eq!(answer.timeline.len(), count);
}

/// Whichever comes first; whatever comes of it, no socket is left.
#[tokio::test]
async fn at_once() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let named = json!({
        "remote-address": {"host": "localhost", "service": peer.addr().port()}, "family": "inet",
    });
    for end in [json!({"cancel": 0}), json!({"drop": 0})] {
        for question in [to(peer.addr()), named.clone(), at("127.0.0.1")] {
            let answer = ask_one(with(&question, json!({"end": end}))).await;
            let cancelled = answer.failure == Some(json!("cancelled"));
            assert!(
                answer.created.is_some() || answer.dropped || cancelled,
                "{answer:?}"
            );
        }
    }
}

/// A call that has its endpoint already is not ended any more.
#[tokio::test]
async fn too_late() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    for options in [
        json!({"end": {"cancel": 30}}),
        json!({"end": {"drop": 30}}),
        json!({"timeout": 30}),
    ] {
        let question = crate::script(&to(echo.addr()), json!([{"send": "hello"}, crate::next()]));
        let answer = ask_one(with(&question, options)).await;
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"), "{answer:?}");
    }
}
