//! B.3: which of one's own addresses goes with which of the peer's, and that all are tried.

use crate::{ask, ask_one, place, script, until};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use switchboard_tests::apart;
use switchboard_tests::certs::Pki;
use switchboard_tests::namespace::Namespace;
use switchboard_tests::udp::{self, UdpPeer};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn b3_no_host_is_loopback() {
    let answer = ask_one(json!({"local-address": {"service": 0}})).await;
    assert_eq!(answer.local().unwrap().ip(), ip("::1"));
    assert_eq!(answer.endpoint().unwrap().remote, None);
    for peer in ["::1", "127.0.0.1"] {
        let echo = UdpPeer::echo(peer).unwrap();
        let hello = json!([{"send": "hello"}, until(1)]);
        let question = json!({
            "remote-address": {"service": echo.addr().port()},
            "family": if echo.addr().is_ipv6() { "inet6" } else { "inet" },
        });
        let answer = ask_one(script(&question, hello)).await;
        assert_eq!(answer.endpoint().unwrap().remote, Some(echo.addr()));
        assert_eq!(crate::texts(&answer, 1), ["hello"]);
    }
}

/// The flags are for both lookups.
#[tokio::test]
async fn b3_no_host_and_passive_is_the_wildcard() {
    let question = json!({"local-address": {"service": 0}, "lookup-flags": ["passive"]});
    let answer = ask_one(question).await;
    assert!(answer.local().unwrap().ip().is_unspecified(), "{answer:?}");
    // To connect to it is to connect to this machine.
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let question = json!({
        "remote-address": {"service": echo.addr().port()}, "lookup-flags": ["passive"],
        "family": "inet", "script": [{"send": "hello"}, until(1)],
    });
    let answer = ask_one(question).await;
    assert_eq!(answer.endpoint().unwrap().remote, Some(echo.addr()));
    assert_eq!(crate::texts(&answer, 1), ["hello"]);
}

#[tokio::test]
async fn b3_bound_to_a_port_and_connected() {
    for host in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(host).unwrap();
        let local = udp::dead(host).unwrap();
        let question = json!({
            "local-address": place(local), "remote-address": place(echo.addr()),
            "script": [{"send": "hello"}, until(1)],
        });
        let answer = ask_one(question).await;
        let endpoint = answer.endpoint().unwrap();
        assert_eq!(endpoint.local, Some(local));
        assert_eq!(endpoint.remote, Some(echo.addr()));
        assert_eq!(echo.received()[0].from, local);
        let phases: Vec<_> = answer.timeline.iter().map(|it| &*it.phase).collect();
        assert_eq!(phases, ["lookup", "lookup", "bind", "connect"]);
        assert!(answer.timeline.iter().all(|it| it.succeeded()));
        assert_eq!(answer.bound(), [local]);
        assert_eq!(answer.tried(), [echo.addr()]);
    }
}

/// Of one side two families, of the other one.
#[tokio::test]
async fn b3_the_family_that_both_have() {
    for host in ["127.0.0.1", "::1"] {
        let echo = UdpPeer::echo(host).unwrap();
        let port = echo.addr().port();
        let answers = ask(&[
            json!({"local-address": {"service": 0}, "remote-address": place(echo.addr())}),
            json!({"local-address": {"host": host, "service": 0}, "remote-address": {"service": port}}),
        ])
        .await;
        for answer in answers {
            let endpoint = answer.endpoint().unwrap();
            assert_eq!(endpoint.local.unwrap().ip(), ip(host));
            assert_eq!(endpoint.remote, Some(echo.addr()));
            assert_eq!(answer.bound().len(), 1, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn b3_the_next_pair_if_one_cannot_be_used() {
    let taken = udp::taken(&["::1"]).unwrap();
    let port = taken[0].local_addr().unwrap().port();
    let local = SocketAddr::new(ip("127.0.0.1"), port);
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    for remote in [None, Some(echo.addr().port())] {
        let mut question = json!({"local-address": {"service": port}, "all-errors": true});
        if let Some(port) = remote {
            question["remote-address"] = json!({"service": port});
        }
        let answer = ask_one(question).await;
        assert_eq!(answer.local().unwrap(), local);
        assert_eq!(answer.bound(), [SocketAddr::new(ip("::1"), port), local]);
        let binds = answer.steps("bind");
        let failure = &binds[0].failure().unwrap()["os"];
        assert_eq!(failure["message"], "[Errno 98] Address already in use");
        assert!(binds[1].succeeded());
        let remote = remote.map(|_| echo.addr());
        assert_eq!(answer.endpoint().unwrap().remote, remote);
        assert_eq!(answer.tried(), Vec::from_iter(remote));
    }
}

/// asyncio keeps only the last address of a family, and never tries the others.
#[tokio::test]
async fn b3_every_address_of_a_name_is_tried() {
    if !Namespace::available() {
        return;
    }
    let two = |service: u16| json!({"host": "two.example", "service": service});
    let questions = [
        json!({"local-address": two(0)}),
        json!({"remote-address": two(9)}),
        // The name server's. Closed, so that the port is free for the next question.
        json!({"local-address": two(53), "script": ["close"]}),
        json!({"local-address": two(53), "remote-address": two(9), "script": ["close"]}),
        json!({"local-address": {"host": "127.0.0.1", "service": 53}, "remote-address": two(9), "all-errors": true}),
    ];
    let pki = Pki::new().unwrap();
    let answers = apart::ask(Namespace::SilentResolver, "datagrams", &pki, &questions);
    let answers = answers.await.unwrap();
    let [local, remote, second, both, none] = [0, 1, 2, 3, 4].map(|at: usize| &answers[at].0);
    assert_eq!(local.local().unwrap().ip(), ip("127.0.0.1"));
    let first_peer = "127.0.0.1:9".parse().unwrap();
    assert_eq!(remote.endpoint().unwrap().remote, Some(first_peer));
    let at_two = "127.0.0.2:53".parse().unwrap();
    assert_eq!(second.local().unwrap(), at_two);
    assert_eq!(second.bound(), ["127.0.0.1:53".parse().unwrap(), at_two]);
    assert_eq!(both.local().unwrap(), at_two);
    assert_eq!(both.endpoint().unwrap().remote, Some(first_peer));
    assert_eq!(none.failed_as("all").unwrap().as_array().unwrap().len(), 2);
    assert!(none.tried().is_empty(), "{none:?}");
}
