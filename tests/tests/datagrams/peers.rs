//! B.4: an endpoint that has a peer, and one that has none.

use crate::{SOON, WHILE, ask, ask_one, at, gate, next, place, script, to, until, with};
use serde_json::json;
use switchboard_tests::composed::SEEN;
use switchboard_tests::datagrams::Event;
use switchboard_tests::udp::UdpPeer;

#[tokio::test]
async fn b4_without_a_peer_with_anybody() {
    for ip in ["127.0.0.1", "::1"] {
        let echoes = [UdpPeer::echo(ip).unwrap(), UdpPeer::echo(ip).unwrap()];
        let mut steps = Vec::new();
        for echo in &echoes {
            steps.push(json!({"send": format!("to {}", echo.addr()), "to": echo.addr()}));
            steps.push(next());
        }
        steps.push(json!("remote-address"));
        let answer = ask_one(script(&at(ip), json!(steps))).await;
        for (number, echo) in echoes.iter().enumerate() {
            assert_eq!(*answer.result(2 * number).unwrap(), "sent");
            let event = answer.event(2 * number + 1).unwrap();
            let received = event.received().unwrap();
            assert_eq!(received.from, echo.addr().to_string());
            assert_eq!(event.text(), Some(&*format!("to {}", echo.addr())));
            assert_eq!(echo.received()[0].from, answer.local().unwrap());
        }
        assert!(answer.result(4).unwrap().is_null());
    }
}

#[tokio::test]
async fn b4_a_peer_is_connected_to() {
    for ip in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(ip).unwrap();
        let steps =
            json!([{"send": "hello"}, next(), "local-address", "remote-address", "timeline"]);
        let answer = ask_one(script(&to(echo.addr()), steps)).await;
        let endpoint = answer.endpoint().unwrap();
        assert_eq!(endpoint.remote, Some(echo.addr()));
        assert_eq!(*answer.result(2).unwrap(), json!(endpoint.local));
        assert_eq!(*answer.result(3).unwrap(), json!(echo.addr()));
        assert_eq!(echo.received()[0].from, endpoint.local.unwrap());
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"));
        let steps = answer.result(4).unwrap().as_array().unwrap();
        assert_eq!(steps.len(), answer.timeline.len());
        assert_eq!(answer.tried(), [echo.addr()]);
        assert!(answer.bound().is_empty(), "{answer:?}");
    }
}

/// At every time: also those that arrived before the socket was connected, which the system has kept.
#[tokio::test]
async fn b4_strangers_never_reach_a_connected_endpoint() {
    for ip in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(ip).unwrap();
        let stranger = UdpPeer::listener(ip).unwrap();
        let questions = [
            to(echo.addr()),
            json!({"sock": format!("late:{}", echo.addr())}),
        ];
        for question in questions {
            let (wait, gate) = gate();
            let steps = json!([{"send": "hello"}, next(), wait, {"send": "again"}, next(), {"next": WHILE}]);
            let question = script(&question, steps);
            let known = echo.received().len();
            let disturb = async {
                gate.reached().await;
                let endpoint = echo.received()[known].from;
                for _ in 0..5 {
                    stranger.send(b"stranger", endpoint).unwrap();
                }
                drop(gate);
            };
            let (answer, ()) = tokio::join!(ask_one(question), disturb);
            assert_eq!(answer.event(1).unwrap().text(), Some("hello"), "{answer:?}");
            assert_eq!(answer.event(4).unwrap().text(), Some("again"), "{answer:?}");
            assert_eq!(answer.event(5).unwrap(), Event::Nothing);
        }
    }
}

/// WASI refuses what Linux does with it, which is of no use.
#[tokio::test]
async fn b4_port_0_is_nobodys() {
    let question = json!({"remote-address": {"host": "127.0.0.1", "service": 0}});
    let answer = ask_one(question).await;
    assert_eq!(answer.code(), Some("invalid-argument"), "{answer:?}");
}

/// A.3: with a literal TCP is silently UDP; with the family alone it reaches the system.
#[tokio::test]
async fn b4_the_protocol() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    for protocol in [0, 6, 17] {
        let question = with(&to(echo.addr()), json!({"protocol": protocol}));
        let answer = ask_one(script(&question, json!([{"send": "hello"}, until(1)]))).await;
        assert_eq!(crate::texts(&answer, 1), ["hello"]);
    }
    let named = json!({
        "remote-address": {"host": "localhost", "service": echo.addr().port()}, "family": "inet",
    });
    let answers = ask(&[
        with(&named, json!({"protocol": 17})),
        json!({"family": "inet", "protocol": 17}),
        json!({"family": "inet", "protocol": 6}),
    ])
    .await;
    assert_eq!(answers[0].endpoint().unwrap().remote, Some(echo.addr()));
    answers[1].endpoint().unwrap();
    assert_eq!(answers[2].code(), Some("not-supported"));
    assert_eq!(answers[2].told(), "[Errno 93] Protocol not supported");
}

/// Of UDP, which are not those of TCP.
#[tokio::test]
async fn a3_service_names() {
    let service = |name| json!({"remote-address": {"host": "127.0.0.1", "service": name}});
    let known = [("ntp", 123), ("domain", 53), ("tftp", 69), ("9", 9)];
    let answers = ask(&known.map(|(name, _)| service(name))).await;
    for (answer, (name, port)) in answers.iter().zip(known) {
        let remote = answer.endpoint().unwrap().remote.unwrap();
        assert_eq!(remote.port(), port, "{name}");
    }
    for name in ["nonsense", "smtp", ""] {
        let answer = ask_one(service(name)).await;
        let lookup = answer.lookup();
        match name {
            // As `getaddrinfo` has it: no service is port 0.
            "" => assert!(answer.created.is_none(), "{answer:?}"),
            _ => assert_eq!(lookup, Some("service-not-supported"), "{name}: {answer:?}"),
        }
    }
}

#[tokio::test]
async fn a3_an_ipv4_address_in_ipv6_clothes() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let question = json!({
        "remote-address": {"host": "::ffff:127.0.0.1", "service": echo.addr().port()},
        "script": [{"send": "hello"}, until(1)],
    });
    let answer = ask_one(question).await;
    assert_eq!(crate::texts(&answer, 1), ["hello"], "{answer:?}");
}

#[tokio::test]
async fn two_endpoints_at_once_that_know_each_other() {
    let [one, other] = ["127.0.0.1", "127.0.0.1"].map(|ip| UdpPeer::listener(ip).unwrap());
    let (a, b) = (one.addr(), other.addr());
    drop((one, other));
    let pair =
        |local, remote| json!({"local-address": place(local), "remote-address": place(remote)});
    let talk =
        |name: &str| json!([{"send-numbers": 100, "size": 5}, until(100), {"send": name}, next()]);
    let other = script(&pair(b, a), talk("other"));
    let mut steps = talk("one");
    // The other one is there before anything is sent to it, and outlives what is.
    steps = json!([{"at-once": [[{"endpoint": other}], steps.as_array()]}]);
    let answer = ask_one(script(&pair(a, b), steps)).await;
    let lanes = answer.result(0).unwrap();
    for (results, name) in [(&lanes[0][0]["results"], "one"), (&lanes[1], "other")] {
        assert_eq!(results[0], json!({"sent": 100, "end": "sent"}));
        let events = results[1].as_array().unwrap();
        let texts = events
            .iter()
            .map(|it| it["received"]["text"].as_str().unwrap().to_owned());
        assert_eq!(texts.collect::<Vec<_>>(), crate::numbers(100, 5));
        assert_eq!(results[3]["received"]["text"], name);
    }
}

/// Nobody has to wait for it to arrive.
#[tokio::test]
async fn what_arrives_before_it_is_asked_for_is_kept() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let (wait, gate) = gate();
    let steps = json!([{"send": "hello"}, wait, {"until": 10, "within": SOON}]);
    let send = async {
        gate.reached().await;
        let hello = peer.until(SEEN, |all| all.len() == 1).await.unwrap();
        for number in 0..10 {
            peer.send(format!("{number}").as_bytes(), hello[0].from)
                .unwrap();
        }
        drop(gate);
    };
    let (answer, ()) = tokio::join!(ask_one(script(&to(peer.addr()), steps)), send);
    assert_eq!(crate::texts(&answer, 2), crate::numbers(10, 1));
}
