//! `queue-limit`: what arrives and nobody asks for takes no more room than that, and what is lost is counted.

use crate::{Gate, WHILE, ask_one, gate, numbers, script, texts, to, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::composed::SEEN;
use switchboard_tests::proc_net::{self, Socket};
use switchboard_tests::udp::UdpPeer;

/// What an event counts beside its bytes.
const OVERHEAD: usize = 128;

/// Waits until the component has taken everything from the socket at this address.
async fn until_taken(local: SocketAddr) {
    let is_empty = |all: &[Socket]| {
        let mut here = all.iter().filter(|it| it.local == local);
        here.all(|it| it.unread == 0)
    };
    proc_net::until_udp(SEEN, is_empty).await.unwrap();
}

/// At the gate, sends the endpoint that has said hello these numbers, and lets it go on once all have been taken.
async fn flood(peer: &UdpPeer, gate: Gate, count: usize, size: usize) {
    gate.reached().await;
    let hello = peer.until(SEEN, |all| !all.is_empty()).await.unwrap();
    let to = hello.last().unwrap().from;
    for numbers in numbers(count, size).chunks(50) {
        for number in numbers {
            peer.send(number.as_bytes(), to).unwrap();
        }
        // The kernel loses nothing then.
        until_taken(to).await;
    }
    drop(gate);
}

async fn flooded(
    limit: Value,
    count: usize,
    size: usize,
    then: Value,
) -> switchboard_tests::ask::Answer {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let (wait, gate) = gate();
    let mut steps = vec![json!({"send": "hello"}), wait];
    steps.extend(then.as_array().unwrap().clone());
    let question = with(&to(peer.addr()), json!({"queue-limit": limit}));
    let (answer, ()) = tokio::join!(
        ask_one(script(&question, json!(steps))),
        flood(&peer, gate, count, size)
    );
    answer
}

#[tokio::test]
async fn dropped_counts_exactly_what_is_missing() {
    const COUNT: usize = 200;
    for (size, fit) in [(50, 100), (10, 50), (64, 1)] {
        let limit = fit * (size + OVERHEAD);
        let all = json!({"until": COUNT, "within": 2.0 * WHILE});
        let then = json!(["dropped", all, "dropped"]);
        let answer = flooded(json!(limit), COUNT, size, then).await;
        // Those that came first are kept.
        assert_eq!(texts(&answer, 3), numbers(COUNT, size)[..fit]);
        for step in [2, 4] {
            assert_eq!(*answer.result(step).unwrap(), COUNT - fit, "{size} {fit}");
        }
    }
}

/// After some were taken there is room again.
#[tokio::test]
async fn what_was_taken_makes_room() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let (first, second) = (gate(), gate());
    let (size, fit) = (50, 10);
    let take = json!({"until": fit, "within": 5});
    let steps = json!([
        {"send": "hello"}, first.0, "dropped", take, {"send": "hello"}, second.0, "dropped", take, {"next": WHILE},
    ]);
    let question = with(
        &to(peer.addr()),
        json!({"queue-limit": fit * (size + OVERHEAD)}),
    );
    let floods = async {
        flood(&peer, first.1, 30, size).await;
        flood(&peer, second.1, 30, size).await;
    };
    let (answer, ()) = tokio::join!(ask_one(script(&question, steps)), floods);
    assert_eq!(*answer.result(2).unwrap(), 20);
    assert_eq!(*answer.result(6).unwrap(), 40);
    for step in [3, 7] {
        assert_eq!(texts(&answer, step), numbers(30, size)[..fit]);
    }
    assert_eq!(*answer.result(8).unwrap(), "nothing");
}

/// However small the limit is.
#[tokio::test]
async fn a_single_event_is_always_kept() {
    for limit in [1, 127, 1000] {
        let peer = UdpPeer::echo("127.0.0.1").unwrap();
        let mut steps = Vec::new();
        for _ in 0..3 {
            steps.push(json!({"send": {"size": 60_000}}));
            steps.push(crate::next());
        }
        steps.push(json!("dropped"));
        let question = with(&to(peer.addr()), json!({"queue-limit": limit}));
        let answer = ask_one(script(&question, json!(steps))).await;
        for number in [1, 3, 5] {
            let event = answer.event(number).unwrap();
            assert_eq!(event.received().unwrap().whole, Some(true));
        }
        assert_eq!(*answer.result(6).unwrap(), 0);
    }
}

/// One MiB, by the bytes and what each counts beside.
#[tokio::test]
async fn the_limit_unless_told_otherwise() {
    const SIZE: usize = 1024 - OVERHEAD;
    const FIT: usize = 1024;
    let all = json!({"until": FIT + 200, "within": 2.0 * WHILE});
    let answer = flooded(Value::Null, FIT + 200, SIZE, json!(["dropped", all])).await;
    assert_eq!(*answer.result(2).unwrap(), 200);
    assert_eq!(answer.events(3).unwrap().len(), FIT);
}

#[tokio::test]
async fn no_limit_is_too_large() {
    let answer = flooded(
        json!(u64::MAX),
        100,
        50,
        json!(["dropped", {"until": 100, "within": 5}]),
    );
    let answer = answer.await;
    assert_eq!(*answer.result(2).unwrap(), 0);
    assert_eq!(texts(&answer, 3), numbers(100, 50));
}
