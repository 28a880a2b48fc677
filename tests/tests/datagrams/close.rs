//! D.5: the end of an endpoint.

use crate::{WHILE, ask_one, at, next, place, script, to, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::composed::SEEN;
use switchboard_tests::udp::{self, UdpPeer};

/// As asyncio's, for which CPython's tests send two and close.
#[tokio::test]
async fn d5_close_flushes() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let many = json!({"send-numbers": 500, "size": 3});
    for steps in [
        json!([many, "close"]),
        // While they are being sent.
        json!([{"at-once": [[many], ["close"]]}]),
    ] {
        let known = peer.received().len();
        let answer = ask_one(script(&to(peer.addr()), steps)).await;
        let result = answer.result(0).unwrap();
        let sent = match result.get("sent") {
            Some(sent) => sent,
            None => &result[0][0]["sent"],
        };
        let sent = usize::try_from(sent.as_u64().unwrap()).unwrap();
        let all = peer.until(SEEN, |all| all.len() >= known + sent).await;
        let all = all.unwrap();
        let came = all[known..].iter().map(|it| it.data.clone());
        let came = came.map(|it| String::from_utf8(it).unwrap());
        assert_eq!(came.take(sent).collect::<Vec<_>>(), crate::numbers(sent, 3));
    }
}

#[tokio::test]
async fn d5_after_the_end_everything_says_so() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    for end in ["close", "abort"] {
        let steps = json!([
            {"send": "hello"}, next(), end, {"send": "late"}, {"send-batch": [{"send": "late"}]}, next(), next(),
            {"next-batch": {"limit": 5, "within": 5}}, {"send": "late", "to": "127.0.0.1:9"},
            "local-address", "remote-address", "dropped", "close", "abort", "close", next(), {"send-batch": []},
        ]);
        let known = echo.received().len();
        let answer = ask_one(script(&to(echo.addr()), steps)).await;
        let result = |step: usize| answer.result(step).unwrap();
        assert_eq!(*result(3), "closed", "{answer:?}");
        assert_eq!(*result(4), json!({"sent": 0, "end": "closed"}));
        assert_eq!([result(5), result(6), result(15)], ["closed"; 3]);
        assert_eq!(*result(7), json!(["closed"]));
        assert_eq!(*result(8), "closed");
        // As asyncio's `get_extra_info` still knows them.
        assert_eq!(*result(9), json!(answer.local().unwrap()));
        assert_eq!(*result(10), json!(echo.addr()));
        assert_eq!(*result(11), 0);
        assert_eq!(echo.received().len(), known + 1);
    }
}

/// What nobody has asked for is lost with it.
#[tokio::test]
async fn d5_events_that_nobody_asked_for() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    for end in ["close", "abort"] {
        let steps = json!([{"send-numbers": 5, "size": 1}, next(), {"next": 0}, end, next()]);
        let answer = ask_one(script(&to(echo.addr()), steps)).await;
        assert_eq!(*answer.result(4).unwrap(), "closed", "{answer:?}");
    }
}

/// Another endpoint is bound there at once, and another process could.
#[tokio::test]
async fn d5_the_port_is_free_when_close_returns() {
    for (ip, peer) in [("127.0.0.65", "127.0.0.1"), ("::1", "::1")] {
        let echo = UdpPeer::echo(peer).unwrap();
        let local = udp::dead(ip).unwrap();
        let here = json!({"local-address": place(local)});
        let hello = json!({"send": "hello", "to": echo.addr()});
        let again = script(&here, json!([hello, next(), "close"]));
        let mut steps = vec![
            json!({"endpoint": again}),
            hello.clone(),
            next(),
            json!("close"),
        ];
        steps.extend((0..20).map(|_| json!({"endpoint": again})));
        let answer = ask_one(script(&here, json!(steps))).await;
        // Not before.
        let failure = &answer.result(0).unwrap()["failure"]["os"]["code"];
        assert_eq!(*failure, "address-in-use");
        for number in 4..24 {
            let answer = answer.result(number).unwrap();
            assert_eq!(answer["created"]["local"], json!(local), "{answer}");
            assert_eq!(answer["results"][1]["received"]["text"], "hello");
        }
    }
}

/// With a call of `next` and one of `send-batch` pending.
#[tokio::test]
async fn d5_the_port_is_free_when_close_returns_whatever_was_going_on() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let local = udp::dead("127.0.0.66").unwrap();
    let here = json!({"local-address": place(local)});
    let many = json!({"send-numbers": 300, "size": 10, "to": peer.addr()});
    for _ in 0..5 {
        let again = script(&here, json!(["close"]));
        let at_once = json!([[next()], [many], [many], ["close", {"endpoint": again}]]);
        let answer = ask_one(script(&here, json!([{"at-once": at_once}]))).await;
        let lanes = answer.result(0).unwrap();
        assert_eq!(lanes[0][0], "closed");
        assert_eq!(lanes[3][1]["created"]["local"], json!(local), "{answer:?}");
    }
}

#[tokio::test]
async fn d5_abort_ends_what_is_pending() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let batch = json!({"next-batch": {"limit": 10, "within": 20}});
    for end in ["abort", "close"] {
        for question in [at("127.0.0.1"), to(echo.addr())] {
            let at_once = json!([[next(), next()], [next()], [batch], [end, next()]]);
            let answer = ask_one(script(&question, json!([{"at-once": at_once}]))).await;
            let lanes = answer.result(0).unwrap();
            assert_eq!(lanes[0], json!(["closed", "closed"]), "{answer:?}");
            assert_eq!(lanes[1], json!(["closed"]));
            assert_eq!(lanes[2], json!([["closed"]]));
            assert_eq!(lanes[3], json!([null, "closed"]));
        }
    }
}

/// Whatever was sent has arrived, and whatever was not says that it is closed.
#[tokio::test]
async fn d5_sends_race_with_the_end() {
    for end in ["close", "abort"] {
        let peer = UdpPeer::listener("127.0.0.1").unwrap();
        let many = json!({"send-numbers": 1000, "size": 10});
        let single = json!({"send-numbers": 1000, "size": 10, "one-by-one": true});
        let at_once = json!([[many], [single], [{"next": 0}, {"next": 0.001}, end, end], [many]]);
        let answer = ask_one(script(&to(peer.addr()), json!([{"at-once": at_once}]))).await;
        let lanes = answer.result(0).unwrap();
        let results: [&Value; 3] = [0, 1, 3].map(|lane: usize| &lanes[lane][0]);
        let mut sent = 0;
        for result in results {
            let count = result["sent"].as_u64().unwrap();
            let end = if count == 1000 { "sent" } else { "closed" };
            assert_eq!(result["end"], end, "{result}");
            sent += usize::try_from(count).unwrap();
        }
        let all = peer.until(SEEN, |all| all.len() >= sent).await.unwrap();
        // At most the one of each call that was on its way.
        assert!(all.len() <= sent + 3, "{} of {sent}", all.len());
    }
}

/// Dropped while it sends, receives, and is asked: the script ends without closing it.
#[tokio::test]
async fn dropped_without_a_word() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let question = with(&to(echo.addr()), json!({"queue-limit": 1}));
    let steps = json!([{"at-once": [[{"send-numbers": 100, "size": 10}], [{"next": 0}], [{"next": WHILE}]]}]);
    for _ in 0..5 {
        let answer = ask_one(script(&question, steps.clone())).await;
        let local: SocketAddr = answer.local().unwrap();
        assert_eq!(echo.received().last().unwrap().from, local);
    }
}
