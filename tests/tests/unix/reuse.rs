//! `SO_REUSEPORT` and `SO_REUSEADDR`.

use crate::{SOON, WHILE, all, ask_endpoint, network, posix, with};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::UdpSocket;
use switchboard_tests::certs::Pki;
use switchboard_tests::datagrams::ask_in;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::udp::Vacant;
use switchboard_tests::unix_servers::Folder;

/// How many senders there are: that one of two sockets gets none of them is out of the question.
const SENDERS: usize = 64;

/// What the events of a step received.
fn texts(events: &Value) -> BTreeSet<String> {
    let events = events.as_array().unwrap().iter();
    let texts = events.filter_map(|it| it["received"]["text"].as_str());
    texts.map(str::to_owned).collect()
}

#[tokio::test]
async fn b_v9_two_endpoints_share_a_port() {
    let folder = Folder::new().unwrap();
    let port = Vacant::at_each(&["127.0.0.1"]).unwrap().port();
    let gate = Scripted::silent("127.0.0.1").unwrap();
    let here = json!({
        "local-address": {"host": "127.0.0.1", "service": port},
        "reuse-port": true,
    });
    let collect = json!({"until": SENDERS, "within": WHILE * 5.0});
    let second = with(&here, json!({"script": [{"gate": gate.addr()}, collect]}));
    let first = with(&here, json!({"script": [{"endpoint": second}, collect]}));
    let sent = async {
        let limit = std::time::Duration::from_secs_f64(SOON);
        gate.until(limit, |log| log.accepted() == 1).await.unwrap();
        for number in 0..SENDERS {
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            let to = ("127.0.0.1", port);
            sender.send_to(number.to_string().as_bytes(), to).unwrap();
        }
        drop(gate);
    };
    let (answer, ()) = tokio::join!(ask_endpoint(&folder, first), sent);
    let results = &answer.results;
    let second = texts(&results[0]["results"][1]);
    let first = texts(&results[1]);
    assert!(!first.is_empty() && !second.is_empty(), "{answer:?}");
    assert!(first.is_disjoint(&second));
    let together: BTreeSet<_> = first.union(&second).cloned().collect();
    let all = (0..SENDERS).map(|it| it.to_string()).collect();
    assert_eq!(together, all);
}

/// Who comes later takes the datagrams: that is what the option is for, and why asyncio does not have it any more.
#[tokio::test]
async fn an_address_is_taken_over_with_reuse_address() {
    let folder = Folder::new().unwrap();
    let port = Vacant::at_each(&["127.0.0.1"]).unwrap().port();
    let here = json!({
        "local-address": {"host": "127.0.0.1", "service": port},
        "reuse-address": true,
    });
    let send = json!({"send": "whose", "to": format!("127.0.0.1:{port}")});
    let second = with(&here, json!({"script": [send, {"next": SOON}]}));
    let first = with(&here, json!({"script": [{"endpoint": second}]}));
    let answer = ask_endpoint(&folder, first).await;
    let came = &answer.results[0]["results"][1];
    assert_eq!(came["received"]["text"], "whose", "{answer:?}");
}

#[tokio::test]
async fn without_the_option_the_second_is_refused() {
    let folder = Folder::new().unwrap();
    let port = Vacant::at_each(&["127.0.0.1"]).unwrap().port();
    let here = json!({"local-address": {"host": "127.0.0.1", "service": port}});
    let sharing = with(&here, json!({"reuse-port": true}));
    let first = with(&here, json!({"script": [{"endpoint": sharing}]}));
    let answer = ask_endpoint(&folder, first).await;
    let second = &answer.results[0];
    assert_eq!(
        second["failure"]["os"]["code"], "address-in-use",
        "{second}"
    );
}

#[tokio::test]
async fn what_is_not_granted_is_named() {
    let pki = Pki::new().unwrap();
    let network = posix(&pki, network());
    let here = json!({"local-address": {"host": "127.0.0.1", "service": 0}});
    for option in ["reuse-port", "reuse-address", "allow-broadcast"] {
        let question = with(&here, json!({option: true}));
        let answers = ask_in(&network, &pki, &[question]).await.unwrap();
        let answer = &answers[0];
        assert_eq!(answer.code(), Some("access-denied"), "{answer:?}");
        let text = format!("[Errno 13] Permission denied: {option}");
        assert_eq!(answer.told(), text);
    }
    // Nothing else needs the capability.
    let answers = ask_in(&network, &pki, &[here]).await.unwrap();
    answers[0].endpoint().unwrap();
    // And all of it may be had at once.
    let folder = Folder::new().unwrap();
    let question = json!({
        "local-address": {"host": "::1", "service": 0},
        "reuse-port": true, "reuse-address": true, "allow-broadcast": true, "hop-limit": 7,
    });
    let granted = posix(&pki, all(&folder));
    let answers = ask_in(&granted, &pki, &[question]).await.unwrap();
    answers[0].endpoint().unwrap();
}
