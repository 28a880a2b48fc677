//! `send-batch` and `next-batch`: many by one call.

use crate::{Gate, SOON, WHILE, ask_one, gate, next, numbers, place, script, texts, to, with};
use serde_json::{Value, json};
use switchboard_tests::composed::SEEN;
use switchboard_tests::datagrams::Event;
use switchboard_tests::proc_net::{self, Socket};
use switchboard_tests::udp::{self, UdpPeer};

fn next_batch(limit: u32) -> Value {
    json!({"next-batch": {"limit": limit, "within": SOON}})
}

#[tokio::test]
async fn ten_thousand_by_one_call() {
    const COUNT: usize = 10_000;
    for ip in ["127.0.0.1", "::1"] {
        let peer = UdpPeer::listener(ip).unwrap();
        for question in [to(peer.addr()), crate::at(ip)] {
            let known = peer.received().len();
            let many = json!({"send-numbers": COUNT, "size": 5, "to": peer.addr()});
            let answer = ask_one(script(&question, json!([many]))).await;
            assert_eq!(
                *answer.result(0).unwrap(),
                json!({"sent": COUNT, "end": "sent"})
            );
            // The kernel has room for them all.
            let all = peer.until(SEEN, |all| all.len() == known + COUNT).await;
            let all = all.unwrap();
            let came = all[known..].iter().map(|it| it.data.clone());
            let came: Vec<_> = came.map(|it| String::from_utf8(it).unwrap()).collect();
            assert!(came == numbers(COUNT, 5));
        }
    }
}

/// There and back, with somebody who listens meanwhile: next to nothing is lost, and nothing out of order.
#[tokio::test]
async fn a_thousand_there_and_back() {
    const COUNT: usize = 1000;
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let steps = json!([{"at-once": [
        [{"until": COUNT, "within": SOON}], [{"send-numbers": COUNT, "size": 50}],
    ]}]);
    let question = with(
        &to(echo.addr()),
        json!({"receive-buffer-size": 4 * 1024 * 1024}),
    );
    let answer = ask_one(script(&question, steps)).await;
    let events = answer.result(0).unwrap()[0][0].as_array().unwrap();
    let came = events
        .iter()
        .map(|it| it["received"]["text"].as_str().unwrap());
    assert!(came.eq(numbers(COUNT, 50)), "{} came", events.len());
}

#[tokio::test]
async fn nothing_to_send() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let answer = ask_one(script(&to(echo.addr()), json!([{"send-batch": []}]))).await;
    assert_eq!(
        *answer.result(0).unwrap(),
        json!({"sent": 0, "end": "sent"})
    );
}

#[tokio::test]
async fn as_many_as_are_there_up_to_the_limit() {
    const COUNT: usize = 20;
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let (wait, gate) = gate();
    let steps = json!([
        {"send": "hello"}, wait, next(), next_batch(5), next_batch(0), next_batch(1), next_batch(u32::MAX),
        {"next-batch": {"limit": 5, "within": WHILE}}, "dropped",
    ]);
    let (answer, ()) = tokio::join!(
        ask_one(script(&to(peer.addr()), steps)),
        sends(&peer, gate, COUNT)
    );
    let all = numbers(COUNT, 2);
    assert_eq!(answer.event(2).unwrap().text(), Some(&*all[0]));
    assert_eq!(texts(&answer, 3), all[1..6]);
    assert_eq!(texts(&answer, 4), all[6..7]);
    assert_eq!(texts(&answer, 5), all[7..8]);
    assert_eq!(texts(&answer, 6), all[8..]);
    assert_eq!(*answer.result(7).unwrap(), json!([]));
    assert_eq!(*answer.result(8).unwrap(), 0);
}

/// Neither a timeout nor giving up on a call loses anything.
#[tokio::test]
async fn next_can_be_ended_without_a_loss() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let waits = json!([
        {"next": 0}, {"next": 0.001}, {"next": 0, "given-up": true}, {"next": 0.001, "given-up": true},
        {"next-batch": {"limit": 9, "within": 0, "given-up": true}}, {"next-batch": {"limit": 9, "within": 0.001}},
    ]);
    let waits = waits.as_array().unwrap();
    let mut steps = Vec::new();
    for _ in 0..50 {
        steps.extend(waits.clone());
        steps.push(json!({"send": "hello"}));
        steps.push(next());
    }
    steps.push(json!({"next": WHILE}));
    let answer = ask_one(script(&to(echo.addr()), json!(steps))).await;
    for round in answer.results[..50 * 8].chunks(8) {
        assert_eq!(round[..5], ["nothing"; 5]);
        assert_eq!(round[5], json!([]));
        assert_eq!(round[7]["received"]["text"], "hello");
    }
    assert_eq!(*answer.result(50 * 8).unwrap(), "nothing");
}

/// Without any time to wait, what is there already is given.
#[tokio::test]
async fn what_is_there_needs_no_time() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let (wait, gate) = gate();
    let steps = json!([
        {"send": "hello"}, wait, {"next": 0}, {"next-batch": {"limit": 2, "within": 0}}, {"next": 0}, {"next": 0},
        {"next-batch": {"limit": 2, "within": 0}},
    ]);
    let (answer, ()) = tokio::join!(
        ask_one(script(&to(peer.addr()), steps)),
        sends(&peer, gate, 4)
    );
    let all = numbers(4, 2);
    assert_eq!(
        answer.event(2).unwrap().text(),
        Some(&*all[0]),
        "{answer:?}"
    );
    assert_eq!(texts(&answer, 3), all[1..3]);
    assert_eq!(answer.event(4).unwrap().text(), Some(&*all[3]));
    assert_eq!(answer.event(5).unwrap(), Event::Nothing);
    assert!(answer.events(6).unwrap().is_empty());
}

/// At the gate, sends that many numbers to the endpoint that has said hello, and lets it go on once they are taken.
async fn sends(peer: &UdpPeer, gate: Gate, count: usize) {
    gate.reached().await;
    let hello = peer.until(SEEN, |all| all.len() == 1).await.unwrap();
    let local = hello[0].from;
    for number in numbers(count, 2) {
        peer.send(number.as_bytes(), local).unwrap();
    }
    let taken = |all: &[Socket]| all.iter().all(|it| it.local != local || it.unread == 0);
    proc_net::until_udp(SEEN, taken).await.unwrap();
    drop(gate);
}

/// Each event is told once.
#[tokio::test]
async fn several_who_wait() {
    const COUNT: usize = 100;
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let half = json!([{"until": COUNT / 2, "within": SOON}]);
    let steps = json!([{"at-once": [half, half, [{"send-numbers": COUNT, "size": 3}]]}]);
    let answer = ask_one(script(&to(echo.addr()), steps)).await;
    let lanes = answer.result(0).unwrap();
    let mut came = Vec::new();
    for lane in [&lanes[0][0], &lanes[1][0]] {
        let events = lane.as_array().unwrap().iter();
        came.extend(events.map(|it| it["received"]["text"].as_str().unwrap().to_owned()));
    }
    came.sort();
    assert_eq!(came, numbers(COUNT, 3));
}

/// Whoever is woken leaves the others what is theirs. An endpoint that sends to itself has all of it at once.
#[tokio::test]
async fn several_who_wait_for_what_comes_at_once() {
    const COUNT: usize = 5;
    for _ in 0..5 {
        let local = udp::dead("127.0.0.69").unwrap();
        let mut lanes = vec![json!([next()]); COUNT];
        lanes.push(json!([{"send-numbers": COUNT, "size": 1, "to": local}]));
        let question = json!({"local-address": place(local), "script": [{"at-once": lanes}]});
        let answer = ask_one(question).await;
        let lanes = &answer.result(0).unwrap().as_array().unwrap()[..COUNT];
        let came = lanes.iter().map(|it| it[0]["received"]["text"].as_str());
        let mut came: Vec<_> = came.map(|it| it.unwrap_or("nothing")).collect();
        came.sort();
        assert_eq!(came, numbers(COUNT, 1));
    }
}
