//! D.5: nobody listens at the peer's port, which the endpoint outlives.

use crate::{WHILE, ask_one, at, gate, next, script, to};
use serde_json::json;
use switchboard_tests::composed::SEEN;
use switchboard_tests::datagrams::Event;
use switchboard_tests::udp::{self, UdpPeer};

#[tokio::test]
async fn d5_the_refusal_is_an_event_and_the_next_datagram_arrives() {
    for ip in ["127.0.0.61", "::1"] {
        let dead = udp::dead(ip).unwrap();
        let (wait, gate) = gate();
        let steps = json!([
            {"send": "nobody"}, next(), wait, {"send": "hello"}, next(), {"send": "again"}, next(),
        ]);
        let listen = async {
            gate.reached().await;
            let echo = UdpPeer::echo_at(dead).unwrap();
            drop(gate);
            echo.until(SEEN, |all| all.len() == 2).await.unwrap();
            echo
        };
        let (answer, echo) = tokio::join!(ask_one(script(&to(dead), steps)), listen);
        assert_eq!(*answer.result(0).unwrap(), "sent");
        let event = answer.event(1).unwrap();
        assert_eq!(event.code(), Some("connection-refused"), "{answer:?}");
        let Event::Failed(failure) = event else {
            panic!("{event:?}");
        };
        assert_eq!(failure["message"], "[Errno 111] Connection refused");
        assert_eq!(answer.event(4).unwrap().text(), Some("hello"));
        assert_eq!(answer.event(6).unwrap().text(), Some("again"));
        assert_eq!(echo.received()[0].data, b"hello");
    }
}

/// The system tells of an earlier datagram by refusing a later one, which is sent all the same: nothing is lost on a peer
/// that came meanwhile.
#[tokio::test]
async fn d5_no_datagram_is_lost_for_the_refusal_of_another() {
    for _ in 0..10 {
        let dead = udp::dead("127.0.0.62").unwrap();
        let (wait, gate) = gate();
        let steps = json!([
            {"send-batch": [{"send": "nobody"}, {"send": "nobody"}]}, wait, {"send-numbers": 5, "size": 1},
        ]);
        let listen = async {
            gate.reached().await;
            let echo = UdpPeer::echo_at(dead).unwrap();
            drop(gate);
            echo.until(SEEN, |all| all.len() == 5).await.unwrap();
        };
        let (answer, ()) = tokio::join!(ask_one(script(&to(dead), steps)), listen);
        assert_eq!(
            *answer.result(2).unwrap(),
            json!({"sent": 5, "end": "sent"})
        );
    }
}

/// By one call too, where it is the next datagram that the system refuses for the one before it.
#[tokio::test]
async fn d5_each_refusal_is_told_once() {
    const COUNT: usize = 50;
    let dead = udp::dead("127.0.0.68").unwrap();
    let steps = json!([
        {"send-numbers": COUNT, "size": 2}, crate::until(COUNT), {"next": WHILE}, "dropped",
    ]);
    let answer = ask_one(script(&to(dead), steps)).await;
    assert_eq!(
        *answer.result(0).unwrap(),
        json!({"sent": COUNT, "end": "sent"})
    );
    let events = answer.events(1).unwrap();
    let refused = |event: &Event| event.code() == Some("connection-refused");
    assert!(events.iter().all(refused), "{events:?}");
    assert_eq!(events.len(), COUNT);
    assert_eq!(answer.event(2).unwrap(), Event::Nothing);
    assert_eq!(*answer.result(3).unwrap(), 0);
}

/// Again and again, with nothing to be had by it.
#[tokio::test]
async fn d5_many_refusals() {
    let dead = udp::dead("127.0.0.63").unwrap();
    let mut steps = Vec::new();
    for _ in 0..100 {
        steps.push(json!({"send": "nobody"}));
        steps.push(next());
    }
    let answer = ask_one(script(&to(dead), json!(steps))).await;
    for number in 0..100 {
        let event = answer.event(2 * number + 1).unwrap();
        assert_eq!(event.code(), Some("connection-refused"), "{event:?}");
    }
}

/// It is known of a peer only.
#[tokio::test]
async fn d5_without_a_peer_nobody_tells() {
    let dead = udp::dead("127.0.0.64").unwrap();
    let steps = json!([{"send": "nobody", "to": dead}, {"next": WHILE}]);
    let answer = ask_one(script(&at("127.0.0.1"), steps)).await;
    assert_eq!(*answer.result(0).unwrap(), "sent");
    assert_eq!(answer.event(1).unwrap(), Event::Nothing);
}
