//! D.5: to whom a datagram may be sent.

use crate::{WHILE, ask_one, at, next, script, to};
use serde_json::json;
use std::net::SocketAddr;
use switchboard_tests::datagrams::Event;
use switchboard_tests::udp::UdpPeer;

fn not_the_peer(peer: SocketAddr) -> String {
    let (ip, port) = (peer.ip(), peer.port());
    match peer {
        SocketAddr::V4(_) => format!("Invalid address: must be None or ('{ip}', {port})"),
        SocketAddr::V6(_) => format!("Invalid address: must be None or ('{ip}', {port}, 0, 0)"),
    }
}

#[tokio::test]
async fn d5_none_of_the_peers_address_or_exactly_that() {
    for ip in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(ip).unwrap();
        let other = UdpPeer::listener(ip).unwrap();
        let port = echo.addr().port();
        let mut others = vec![
            json!({"send": "no", "to": other.addr()}),
            json!({"send": "no", "to": SocketAddr::new(ip.parse().unwrap(), 0)}),
            json!({"send": "no", "to": SocketAddr::new("192.0.2.1".parse().unwrap(), port)}),
        ];
        if ip == "::1" {
            others.push(json!({"send": "no", "to": format!("[::1%7]:{port}")}));
            others.push(json!({"send": "no", "to": echo.addr(), "flow": 7}));
        }
        let mut steps = vec![
            json!({"send": "none"}),
            next(),
            json!({"send": "same", "to": echo.addr()}),
            next(),
        ];
        steps.extend(others.clone());
        steps.push(json!({"send": "still there"}));
        steps.push(next());
        let answer = ask_one(script(&to(echo.addr()), json!(steps))).await;
        assert_eq!(answer.event(1).unwrap().text(), Some("none"));
        assert_eq!(answer.event(3).unwrap().text(), Some("same"));
        for (number, step) in (4..).zip(&others) {
            let told = &answer.result(number).unwrap()["invalid-argument"];
            assert_eq!(*told, not_the_peer(echo.addr()), "{step}");
        }
        let last = answer.results.len() - 1;
        assert_eq!(answer.event(last).unwrap().text(), Some("still there"));
        assert!(other.received().is_empty());
        assert_eq!(echo.received().len(), 3);
    }
}

#[tokio::test]
async fn d5_without_a_peer_there_has_to_be_an_address() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let good = json!({"send": "good", "to": echo.addr()});
    let steps = json!([{"send": "nowhere"}, {"send-batch": [good, {"send": ""}, good]}, next()]);
    let answer = ask_one(script(&at("127.0.0.1"), steps)).await;
    let told = answer.result(0).unwrap()["invalid-argument"].as_str();
    assert!(told.is_some_and(|it| it.contains("None")), "{answer:?}");
    let batch = answer.result(1).unwrap();
    assert_eq!(batch["sent"], 1);
    assert!(batch["end"]["invalid-argument"].is_string(), "{answer:?}");
    assert_eq!(answer.event(2).unwrap().text(), Some("good"));
    assert_eq!(echo.received().len(), 1);
}

/// What the system says against an address is an event, as asyncio has it, and the endpoint lives.
#[tokio::test]
async fn d5_addresses_that_the_system_refuses() {
    for (ip, other) in [("127.0.0.1", "[::1]:9"), ("::1", "127.0.0.1:9")] {
        let echo = UdpPeer::echo(ip).unwrap();
        let nobody = SocketAddr::new(ip.parse().unwrap(), 0);
        let mut steps = Vec::new();
        for wrong in [other.to_owned(), nobody.to_string()] {
            steps.push(json!({"send": "no", "to": wrong}));
            steps.push(next());
        }
        steps.push(json!({"send": "good", "to": echo.addr()}));
        steps.push(next());
        let answer = ask_one(script(&at(ip), json!(steps))).await;
        for number in [0, 2] {
            assert_eq!(*answer.result(number).unwrap(), "sent", "{answer:?}");
            let event = answer.event(number + 1).unwrap();
            assert_eq!(event.code(), Some("invalid-argument"), "{answer:?}");
        }
        assert_eq!(answer.event(5).unwrap().text(), Some("good"));
    }
}

/// B.4: WASI has no option that would permit it.
#[tokio::test]
async fn d5_a_broadcast_address() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let steps = json!([
        {"send": "all", "to": "255.255.255.255:9"}, next(), {"send": "good", "to": echo.addr()}, next(),
    ]);
    let answer = ask_one(script(&at("0.0.0.0"), steps)).await;
    let event = answer.event(1).unwrap();
    assert_eq!(event.code(), Some("access-denied"), "{answer:?}");
    let Event::Failed(failure) = event else {
        panic!("{event:?}");
    };
    assert_eq!(failure["message"], "[Errno 13] Permission denied");
    assert_eq!(answer.event(3).unwrap().text(), Some("good"));
}

/// It is this machine, for Linux and so for asyncio.
#[tokio::test]
async fn d5_the_wildcard_address() {
    for (ip, any) in [("127.0.0.1", "0.0.0.0"), ("::1", "[::]")] {
        let echo = UdpPeer::echo(ip).unwrap();
        let any = format!("{any}:{}", echo.addr().port());
        let answer = ask_one(script(
            &at(ip),
            json!([{"send": "hello", "to": any}, next()]),
        ))
        .await;
        assert_eq!(answer.event(1).unwrap().text(), Some("hello"), "{answer:?}");
    }
}

#[tokio::test]
async fn d5_an_ipv4_address_in_ipv6_clothes() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let mapped = format!("[::ffff:127.0.0.1]:{}", echo.addr().port());
    let steps = json!([{"send": "hello", "to": mapped}, next()]);
    let answer = ask_one(script(&at("127.0.0.1"), steps)).await;
    assert_eq!(answer.event(1).unwrap().text(), Some("hello"), "{answer:?}");
}

/// Bytes that are no text, and none at all.
#[tokio::test]
async fn d5_zero_length() {
    for ip in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(ip).unwrap();
        let empty = json!({"send": "", "to": echo.addr()});
        let steps =
            json!([empty, next(), {"send-batch": [empty, empty]}, next(), next(), {"next": WHILE}]);
        for question in [at(ip), to(echo.addr())] {
            let answer = ask_one(script(&question, steps.clone())).await;
            for number in [1, 3, 4] {
                let event = answer.event(number).unwrap();
                assert_eq!(event.received().unwrap().size, 0);
            }
            assert_eq!(answer.event(5).unwrap(), Event::Nothing);
        }
        assert!(echo.received().iter().all(|it| it.data.is_empty()));
        assert_eq!(echo.received().len(), 6);
    }
}
