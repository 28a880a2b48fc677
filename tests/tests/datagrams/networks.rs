//! `refuse-networks`: where not to send to, whoever gave the address.

use crate::{WHILE, ask, ask_one, at, next, script, to, with};
use serde_json::{Value, json};
use switchboard_tests::ask::Answer;
use switchboard_tests::datagrams::Event;
use switchboard_tests::udp::UdpPeer;

/// That it was refused because of this address, which the timeline tells, and that nothing was tried.
#[track_caller]
fn refused(answer: &Answer, address: &str, network: &str) {
    let told = answer.failed_as("refused-network").and_then(Value::as_str);
    let told = told.unwrap_or_else(|| panic!("{answer:?}"));
    assert!(told.contains(address) && told.contains(network), "{told}");
    assert!(answer.bound().is_empty() && answer.tried().is_empty());
    let failed = answer.timeline.iter().filter(|it| it.failure().is_some());
    let addresses: Vec<_> = failed.filter_map(|it| it.address).collect();
    assert!(addresses.iter().any(|it| it.ip().to_string() == address));
}

#[tokio::test]
async fn the_peer() {
    let cases = [
        ("127.0.0.1", "127.0.0.0/8"),
        ("127.0.0.1", "private"),
        ("127.0.0.1", "0.0.0.0/0"),
        ("::1", "::1/128"),
        ("::1", "private"),
    ];
    for (ip, network) in cases {
        let peer = UdpPeer::listener(ip).unwrap();
        let refuse = json!({"refuse-networks": ["10.0.0.0/8", network]});
        refused(&ask_one(with(&to(peer.addr()), refuse)).await, ip, network);
        let others = json!({"refuse-networks": ["10.0.0.0/8", "2001:db8::/32"]});
        let answer = ask_one(with(&to(peer.addr()), others)).await;
        assert_eq!(answer.endpoint().unwrap().remote, Some(peer.addr()));
    }
}

/// A name, no host at all, and an address in other clothes lead there too.
#[tokio::test]
async fn the_peer_by_whatever_leads_to_it() {
    let place = |host: Value| {
        json!({
            "remote-address": {"host": host, "service": 9}, "family": "inet",
            "refuse-networks": ["127.0.0.0/8"],
        })
    };
    for host in [json!("localhost"), Value::Null, json!("127.1")] {
        refused(&ask_one(place(host)).await, "127.0.0.1", "127.0.0.0/8");
    }
    for host in ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"] {
        let mut question = place(json!(host));
        question["family"] = Value::Null;
        let answer = ask_one(question).await;
        assert!(answer.failed_as("refused-network").is_some(), "{answer:?}");
    }
}

/// One of the two is left.
#[tokio::test]
async fn those_that_are_left_are_used() {
    let peer = UdpPeer::listener("127.0.0.1").unwrap();
    let question = json!({
        "remote-address": {"service": peer.addr().port()}, "refuse-networks": ["::1"],
    });
    let answer = ask_one(question).await;
    assert_eq!(answer.endpoint().unwrap().remote, Some(peer.addr()));
}

#[tokio::test]
async fn ones_own_address_is_not_checked() {
    let answer = ask_one(with(
        &at("127.0.0.1"),
        json!({"refuse-networks": ["private"]}),
    ))
    .await;
    answer.endpoint().unwrap();
}

#[tokio::test]
async fn an_address_to_send_to() {
    let refused = UdpPeer::echo("127.0.0.1").unwrap();
    let allowed = UdpPeer::echo("127.0.0.2").unwrap();
    let good = json!({"send": "good", "to": allowed.addr()});
    let bad = json!({"send": "bad", "to": refused.addr()});
    let wildcard = format!("0.0.0.0:{}", refused.addr().port());
    let steps = json!([
        bad, good, next(), {"send-batch": [good, bad, good]}, next(), {"send": "bad", "to": wildcard},
        {"next": WHILE},
    ]);
    let options = json!({"refuse-networks": ["127.0.0.1"]});
    let answer = ask_one(script(&with(&at("0.0.0.0"), options), steps)).await;
    let told = answer.result(0).unwrap()["refused-network"].as_str();
    assert!(
        told.is_some_and(|it| it.contains("127.0.0.1")),
        "{answer:?}"
    );
    assert_eq!(*answer.result(1).unwrap(), "sent");
    assert_eq!(answer.event(2).unwrap().text(), Some("good"));
    let batch = answer.result(3).unwrap();
    assert_eq!(batch["sent"], 1);
    assert!(batch["end"]["refused-network"].is_string());
    assert_eq!(answer.event(4).unwrap().text(), Some("good"));
    assert!(
        answer.result(5).unwrap()["refused-network"].is_string(),
        "{answer:?}"
    );
    assert_eq!(answer.event(6).unwrap(), Event::Nothing);
    assert!(refused.received().is_empty());
    assert_eq!(allowed.received().len(), 2);
}

/// Also if nothing would be refused by them.
#[tokio::test]
async fn entries_that_are_none_are_named() {
    let entries = ["", "10.0.0.0/33", "::1/129", "localhost", "Private"];
    let question = |entry: &str| with(&at("127.0.0.1"), json!({"refuse-networks": [entry]}));
    for (entry, answer) in entries.iter().zip(ask(&entries.map(question)).await) {
        let told = answer.invalid_argument().unwrap();
        assert!(told.contains("refuse-networks") && told.contains(&format!("'{entry}'")));
        assert!(answer.timeline.is_empty());
    }
}
