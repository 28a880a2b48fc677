//! D.5: how large a datagram may be.

use crate::{ask_one, at, next, script, to, until, with};
use serde_json::{Value, json};
use switchboard_tests::datagrams::Event;
use switchboard_tests::udp::UdpPeer;

/// The most over IPv4 and IPv6: 65,535 without the headers (RFC 768, RFC 791, RFC 8200).
const LARGEST: [(&str, usize); 2] = [("127.0.0.1", 65_507), ("::1", 65_527)];

#[track_caller]
fn too_large(event: &Event) {
    assert_eq!(event.code(), Some("datagram-too-large"), "{event:?}");
    let Event::Failed(failure) = event else {
        panic!("{event:?}");
    };
    assert_eq!(failure["message"], "[Errno 90] Message too long");
}

#[tokio::test]
async fn d5_the_largest_there_is() {
    for (ip, largest) in LARGEST {
        let echo = UdpPeer::echo(ip).unwrap();
        for question in [at(ip), to(echo.addr())] {
            let send = json!({"send": {"size": largest}, "to": echo.addr()});
            let answer = ask_one(script(&question, json!([send, next()]))).await;
            let event = answer.event(1).unwrap();
            let received = event.received().unwrap();
            assert_eq!((received.size, received.whole), (largest, Some(true)));
        }
        assert!(echo.received().iter().all(|it| it.data.len() == largest));
    }
}

/// Also what would make a host trap.
#[tokio::test]
async fn d5_what_is_too_large_is_an_event_and_the_endpoint_lives() {
    for (ip, largest) in LARGEST {
        let echo = UdpPeer::echo(ip).unwrap();
        for question in [at(ip), to(echo.addr())] {
            let mut steps = Vec::new();
            let sizes = [largest + 1, 65_535, 65_536, 70_000, 1024 * 1024];
            for size in sizes {
                steps.push(json!({"send": {"size": size}, "to": echo.addr()}));
                steps.push(next());
            }
            steps.push(json!({"send": "hello", "to": echo.addr()}));
            steps.push(next());
            let answer = ask_one(script(&question, json!(steps))).await;
            for number in 0..sizes.len() {
                assert_eq!(*answer.result(2 * number).unwrap(), "sent");
                too_large(&answer.event(2 * number + 1).unwrap());
            }
            let last = answer.event(2 * sizes.len() + 1).unwrap();
            assert_eq!(last.text(), Some("hello"));
        }
        assert_eq!(echo.received().len(), 2);
    }
}

/// It counts as sent: the others are not held up by it.
#[tokio::test]
async fn d5_in_the_midst_of_a_batch() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let batch =
        json!({"send-batch": [{"send": "one"}, {"send": {"size": 70_000}}, {"send": "two"}]});
    let answer = ask_one(script(&to(echo.addr()), json!([batch, until(3)]))).await;
    assert_eq!(
        *answer.result(0).unwrap(),
        json!({"sent": 3, "end": "sent"})
    );
    let events = answer.events(1).unwrap();
    let (failed, came): (Vec<_>, Vec<_>) = events.iter().partition(|it| it.text().is_none());
    too_large(failed[0]);
    let texts: Vec<_> = came.iter().filter_map(|it| it.text()).collect();
    assert_eq!(texts, ["one", "two"]);
}

/// The size comes after the address.
#[tokio::test]
async fn d5_too_large_and_to_a_stranger() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let large = json!({"send": {"size": 70_000}, "to": "127.0.0.1:9"});
    let answer = ask_one(script(&to(echo.addr()), json!([large]))).await;
    assert!(answer.result(0).unwrap()["invalid-argument"].is_string());
    let refuse = with(&at("127.0.0.1"), json!({"refuse-networks": ["127.0.0.1"]}));
    let answer = ask_one(script(&refuse, json!([large]))).await;
    let refused: &Value = &answer.result(0).unwrap()["refused-network"];
    assert!(refused.is_string(), "{answer:?}");
}
