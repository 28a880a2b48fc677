//! B.2: the checks, and their order.

use crate::{ask, ask_one, at, place, refused, refused_at_once, script, until, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::udp::{self, UdpPeer};

const V3: &str = "unexpected address family";
const V8: &str = "can not get address information";

fn v2(modifiers: &str) -> String {
    format!(
        "socket modifier keyword arguments can not be used when sock is specified. ({modifiers})"
    )
}

/// The sockets come back, and are as they were: the application looks.
#[tokio::test]
async fn b_v2_each_modifier_beside_sock() {
    let here = json!({"host": "127.0.0.1", "service": 7});
    let named = json!({"host": "host.example", "service": "ntp"});
    let nobody = json!({"service": 0});
    let expected = [
        (
            json!({"local-address": here}),
            "local_addr=('127.0.0.1', 7)",
        ),
        (
            json!({"local-address": named}),
            "local_addr=('host.example', 'ntp')",
        ),
        (json!({"local-address": nobody}), "local_addr=(None, 0)"),
        (
            json!({"remote-address": here}),
            "remote_addr=('127.0.0.1', 7)",
        ),
        (json!({"family": "inet"}), "family=2"),
        (json!({"family": "inet6"}), "family=10"),
        (json!({"protocol": 17}), "proto=17"),
        (json!({"protocol": 6}), "proto=6"),
        (json!({"lookup-flags": ["passive"]}), "flags=1"),
        (
            json!({"lookup-flags": ["numeric-host", "numeric-service"]}),
            "flags=1028",
        ),
        (json!({"reuse-address": true}), "reuse_address=True"),
        (json!({"reuse-port": true}), "reuse_port=True"),
        (json!({"allow-broadcast": true}), "allow_broadcast=True"),
        (
            json!({
                "allow-broadcast": true, "reuse-port": true, "lookup-flags": ["passive"], "protocol": 17,
                "family": "inet", "remote-address": here, "local-address": nobody,
            }),
            "local_addr=(None, 0), remote_addr=('127.0.0.1', 7), family=2, proto=17, flags=1, \
             reuse_port=True, allow_broadcast=True",
        ),
    ];
    for sock in ["unbound:inet", "unbound:inet6", "bound:127.0.0.1:0"] {
        let questions = expected
            .each_ref()
            .map(|(options, _)| with(options, json!({"sock": sock})));
        for (answer, (options, modifiers)) in ask(&questions).await.iter().zip(&expected) {
            println!("{options}");
            refused_at_once(answer, &v2(modifiers));
            assert!(answer.sock_given_back);
        }
    }
}

#[tokio::test]
async fn b_v2_of_a_socket_that_is_connected() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let sock = format!("connected:{}", echo.addr());
    let answer = ask_one(json!({"sock": sock, "family": "inet"})).await;
    refused_at_once(&answer, &v2("family=2"));
    assert!(answer.sock_given_back);
    // The application has spoken to the echo through it.
    assert_eq!(echo.received().len(), 1);
}

/// Those that are falsy for Python are none.
#[tokio::test]
async fn b_v2_not_for_what_says_nothing() {
    let nothing = json!({
        "sock": "unbound:inet", "protocol": 0, "lookup-flags": [], "reuse-address": false,
        "reuse-port": false, "allow-broadcast": false,
    });
    let about_nothing_else = json!({
        "sock": "unbound:inet", "all-errors": true, "timeout": 5, "refuse-networks": ["private"],
        "hop-limit": 5, "receive-buffer-size": 20_000, "send-buffer-size": 20_000,
        "queue-limit": 1,
    });
    for answer in ask(&[nothing, about_nothing_else]).await {
        answer.endpoint().unwrap();
    }
}

#[tokio::test]
async fn b_v3_nothing_at_all() {
    let questions = [
        json!({}),
        json!({"all-errors": true, "timeout": 5, "hop-limit": 5, "queue-limit": 1000}),
        json!({"protocol": 17, "lookup-flags": ["passive"]}),
        json!({"reuse-port": true, "allow-broadcast": true, "reuse-address": true}),
    ];
    for (question, answer) in questions.iter().zip(ask(&questions).await) {
        println!("{question}");
        refused_at_once(&answer, V3);
    }
}

/// It is bound, other than asyncio's, or WASI could not receive.
#[tokio::test]
async fn b_v4_the_family_alone() {
    for (family, ip) in [("inet", "127.0.0.1"), ("inet6", "::1")] {
        let echo = UdpPeer::echo(ip).unwrap();
        let send = json!({"send": "hello", "to": echo.addr()});
        let question = script(&json!({"family": family}), json!([send, until(1)]));
        let answer = ask_one(question).await;
        let local = answer.local().unwrap();
        assert!(local.ip().is_unspecified() && local.port() > 0, "{local}");
        assert_eq!(local.is_ipv6(), echo.addr().is_ipv6());
        assert_eq!(answer.endpoint().unwrap().remote, None);
        assert_eq!(crate::texts(&answer, 1), ["hello"]);
        assert!(answer.steps("lookup").is_empty());
    }
}

#[tokio::test]
async fn b_v7_the_lookup_of_ones_own_address_comes_first() {
    let no_host = json!({"host": "", "service": 0});
    let no_service = json!({"host": "127.0.0.1", "service": "nonsense"});
    let here = json!({"host": "127.0.0.1", "service": 9});
    let answers = ask(&[
        json!({"local-address": no_host, "remote-address": no_service}),
        json!({"local-address": no_service, "remote-address": no_host}),
        json!({"local-address": here, "remote-address": no_host}),
        json!({"remote-address": no_host}),
    ])
    .await;
    let failures = answers.iter().map(|it| it.lookup().unwrap());
    assert_eq!(
        failures.collect::<Vec<_>>(),
        [
            "not-found",
            "service-not-supported",
            "not-found",
            "not-found"
        ]
    );
    assert_eq!(answers[0].told(), "[Errno -2] Name or service not known");
    assert_eq!(
        answers[1].told(),
        "[Errno -8] Servname not supported for ai_socktype"
    );
    let lookups = answers.iter().map(|it| it.steps("lookup").len());
    assert_eq!(lookups.collect::<Vec<_>>(), [1, 1, 2, 1]);
    assert!(answers.iter().all(|it| it.bound().is_empty()));
}

#[tokio::test]
async fn b_v7_whatever_else_is_wrong_with_a_lookup() {
    let of = |host: Value, options: Value| {
        with(
            &json!({"remote-address": {"host": host, "service": 9}}),
            options,
        )
    };
    let expected = [
        (
            of(json!("127.0.0.1"), json!({"family": "inet6"})),
            "family-not-supported",
        ),
        (
            of(json!("localhost"), json!({"protocol": 6})),
            "protocol-not-supported",
        ),
        (
            of(json!("127.0.0.1"), json!({"protocol": 99})),
            "protocol-not-supported",
        ),
        (
            of(
                json!("localhost"),
                json!({"lookup-flags": ["numeric-host"]}),
            ),
            "not-found",
        ),
        (
            of(Value::Null, json!({"lookup-flags": ["canon-name"]})),
            "bad-flags",
        ),
        (of(json!("[::1]"), json!({})), "not-found"),
    ];
    let questions = expected.each_ref().map(|(question, _)| question.clone());
    for (answer, (question, failure)) in ask(&questions).await.iter().zip(expected) {
        assert_eq!(answer.lookup(), Some(failure), "{question}: {answer:?}");
        assert_eq!(answer.timeline.len(), 1);
    }
}

#[tokio::test]
async fn b_v8_no_family_has_both() {
    let pairs = [
        ("127.0.0.1", "::1"),
        ("::1", "127.0.0.1"),
        ("::", "127.0.0.1"),
    ];
    let questions = pairs.map(|(local, remote)| {
        json!({
            "local-address": {"host": local, "service": 0},
            "remote-address": {"host": remote, "service": 9},
        })
    });
    for answer in ask(&questions).await {
        refused(&answer, V8);
        assert_eq!(answer.timeline.len(), answer.steps("lookup").len());
    }
}

#[tokio::test]
async fn b_v9_and_what_else_wasi_has_no_option_for() {
    for option in ["reuse-address", "reuse-port", "allow-broadcast"] {
        for question in [
            at("127.0.0.1"),
            json!({"remote-address": {"host": "127.0.0.1", "service": 9}}),
            json!({"family": "inet"}),
        ] {
            let answer = ask_one(with(&question, json!({option: true}))).await;
            let told = answer.failed_as("not-supported").and_then(Value::as_str);
            assert!(told.is_some_and(|it| it.contains(option)), "{answer:?}");
            assert!(answer.told().contains(option));
            assert!(answer.bound().is_empty() && answer.steps("connect").is_empty());
        }
    }
}

#[tokio::test]
async fn b_v7_and_b_v8_before_b_v9() {
    let all = json!({"reuse-address": true, "reuse-port": true, "allow-broadcast": true});
    let local = json!({"local-address": {"host": "127.0.0.1", "service": 0}});
    let answers = ask(&[
        with(
            &with(
                &local,
                json!({"remote-address": {"host": "", "service": 9}}),
            ),
            all.clone(),
        ),
        with(
            &with(
                &local,
                json!({"remote-address": {"host": "::1", "service": 9}}),
            ),
            all.clone(),
        ),
        all,
    ])
    .await;
    assert_eq!(answers[0].lookup(), Some("not-found"));
    refused(&answers[1], V8);
    refused_at_once(&answers[2], V3);
}

fn in_use() -> Value {
    json!({"os": {"code": "address-in-use", "message": "[Errno 98] Address already in use"}})
}

/// Without asyncio's text about binding, which `create_connection` alone has.
#[tokio::test]
async fn b_v11_the_first_failure_is_told_unchanged() {
    let taken = udp::taken(&["127.0.0.1", "::1"]).unwrap();
    let port = taken[0].local_addr().unwrap().port();
    let answer = ask_one(json!({"local-address": {"service": port}})).await;
    assert_eq!(answer.failure, Some(in_use()));
    assert_eq!(answer.told(), "[Errno 98] Address already in use");
    let tried = ["::1", "127.0.0.1"].map(|ip| SocketAddr::new(ip.parse().unwrap(), port));
    assert_eq!(answer.bound(), tried);

    // Nobody connects to port 0, which is told after what is told first.
    drop(taken);
    let taken = udp::taken(&["::1"]).unwrap();
    let local = place(taken[0].local_addr().unwrap());
    let question = json!({
        "local-address": {"service": local["service"]}, "remote-address": {"service": 0},
    });
    let answer = ask_one(question).await;
    assert_eq!(answer.failure, Some(in_use()));
    assert_eq!(
        answer
            .timeline
            .iter()
            .filter(|it| it.failure().is_some())
            .count(),
        2
    );
}

#[tokio::test]
async fn b_v11_all_errors_tells_each_even_if_there_is_one() {
    let taken = udp::taken(&["127.0.0.1", "::1"]).unwrap();
    let port = taken[0].local_addr().unwrap().port();
    let both = json!({"local-address": {"service": port}, "all-errors": true});
    let one = with(
        &both,
        json!({"local-address": {"host": "::1", "service": port}}),
    );
    let answers = ask(&[both, one]).await;
    assert_eq!(
        answers[0].failure,
        Some(json!({"all": [in_use(), in_use()]}))
    );
    assert_eq!(
        answers[0].told(),
        "create_datagram_endpoint failed (2 sub-exceptions)"
    );
    assert_eq!(answers[1].failure, Some(json!({"all": [in_use()]})));
    assert_eq!(
        answers[1].told(),
        "create_datagram_endpoint failed (1 sub-exception)"
    );
}

#[tokio::test]
async fn b_v11_not_for_what_fails_before_the_sockets() {
    let answer = ask_one(json!({
        "local-address": {"host": "", "service": 0}, "all-errors": true,
    }))
    .await;
    assert_eq!(answer.lookup(), Some("not-found"));
}

#[tokio::test]
async fn zeros_are_refused_by_name() {
    let names = [
        "hop-limit",
        "receive-buffer-size",
        "send-buffer-size",
        "queue-limit",
    ];
    for question in [at("127.0.0.1"), json!({"sock": "bound:127.0.0.1:0"})] {
        let questions = names.map(|name| with(&question, json!({name: 0})));
        for (answer, name) in ask(&questions).await.iter().zip(names) {
            refused_at_once(answer, &format!("{name} must not be 0"));
            assert_eq!(answer.sock_given_back, question.get("sock").is_some());
        }
    }
    // What asyncio does not have comes after what it has.
    let answer = ask_one(json!({"queue-limit": 0})).await;
    refused_at_once(&answer, V3);
    let answer = ask_one(json!({"sock": "unbound:inet", "family": "inet", "queue-limit": 0})).await;
    refused_at_once(&answer, &v2("family=2"));
}
