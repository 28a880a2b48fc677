//! A socket of the caller's own, and whose it is when the call has failed.

use crate::{ask, ask_one, next, script, with};
use serde_json::{Value, json};
use switchboard_tests::udp::UdpPeer;

const PEERS: [&str; 2] = ["127.0.0.1", "::1"];

#[tokio::test]
async fn one_that_is_not_bound_gets_bound() {
    for (sock, ip) in [("unbound:inet", "127.0.0.1"), ("unbound:inet6", "::1")] {
        let echo = UdpPeer::echo(ip).unwrap();
        let steps = json!([{"send": "hello", "to": echo.addr()}, next()]);
        let answer = ask_one(script(&json!({"sock": sock}), steps)).await;
        let endpoint = answer.endpoint().unwrap();
        assert_ne!(endpoint.local.unwrap().port(), 0);
        assert_eq!(endpoint.remote, None);
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"));
        assert!(answer.steps("lookup").is_empty() && answer.tried().is_empty());
    }
}

#[tokio::test]
async fn one_that_is_bound_stays_there() {
    for ip in PEERS {
        let echo = UdpPeer::echo(ip).unwrap();
        let place = UdpPeer::listener(ip).unwrap();
        let free = place.addr();
        drop(place);
        let steps = json!([{"send": "hello", "to": echo.addr()}, next()]);
        let question = json!({"sock": format!("bound:{free}"), "script": steps});
        let answer = ask_one(question).await;
        assert_eq!(answer.local().unwrap(), free);
        assert_eq!(echo.received()[0].from, free);
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"));
    }
}

#[tokio::test]
async fn one_that_is_connected_has_its_peer() {
    for ip in PEERS {
        let echo = UdpPeer::echo(ip).unwrap();
        let steps = json!([
            {"send": "hello"}, next(), {"send": "no", "to": "127.0.0.1:9"}, {"send": "again", "to": echo.addr()},
            next(),
        ]);
        let question = json!({"sock": format!("connected:{}", echo.addr()), "script": steps});
        let answer = ask_one(question).await;
        assert_eq!(answer.endpoint().unwrap().remote, Some(echo.addr()));
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"));
        assert!(answer.result(2).unwrap()["invalid-argument"].is_string());
        assert_eq!(answer.event(4).unwrap().text(), Some("again"));
    }
}

/// That of the checks with asyncio's texts is in `checks`. The application looks whether each is as it was, and speaks to
/// the echo through those that are connected.
#[tokio::test]
async fn given_back_by_every_check() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let connected = format!("connected:{}", echo.addr());
    let wrong = [
        json!({"queue-limit": 0}),
        json!({"refuse-networks": ["nonsense"]}),
        json!({"refuse-networks": ["127.0.0.0/8"]}),
        json!({"remote-address": {"host": "", "service": "nonsense"}}),
    ];
    let questions = wrong
        .each_ref()
        .map(|it| with(it, json!({"sock": connected})));
    for (answer, options) in ask(&questions).await.iter().zip(&wrong) {
        assert!(answer.sock_given_back, "{options}: {answer:?}");
        assert!(answer.failure.is_some());
    }
    assert_eq!(echo.received().len(), wrong.len());
    let refused = &ask(&questions[2..3]).await[0];
    let told = refused.failed_as("refused-network").and_then(Value::as_str);
    assert!(
        told.is_some_and(|it| it.contains("127.0.0.1")),
        "{refused:?}"
    );
}

/// Whatever comes of it, no socket is left: that is looked at after every question anyway.
#[tokio::test]
async fn closed_by_the_end_of_the_call_or_the_endpoints() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let connected = format!("connected:{}", echo.addr());
    for end in [Value::Null, json!({"cancel": 0}), json!({"drop": 0})] {
        let answer = ask_one(json!({"sock": connected, "end": end})).await;
        assert!(!answer.sock_given_back, "{answer:?}");
        let cancelled = answer.failure == Some(json!("cancelled"));
        assert!(answer.created.is_some() || answer.dropped || cancelled);
    }
}
