//! A.3: what a host and a service lead to.

use crate::{ask, ask_one, at, places, refused};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::refuse::Refusing;

const NOT_FOUND: &str = "[Errno -2] Name or service not known";

/// Asks for each of these hosts at a port where nobody has to listen.
async fn hosts(hosts: &[&str]) -> Vec<Answer> {
    let question = |host: &&str| json!({"host": host, "service": 9, "timeout": 5});
    let questions: Vec<Question> = hosts.iter().map(question).collect();
    ask(&questions).await
}

#[track_caller]
fn lookup_failed(answer: &Answer, case: &str, text: &str) {
    assert_eq!(answer.lookup(), Some(case), "{answer:?}");
    assert_eq!(answer.told(), text);
    let lookups = answer.steps("lookup");
    assert!(lookups[0].failure().is_some(), "{answer:?}");
    assert_eq!(answer.tried(), []);
}

#[tokio::test]
async fn a3_no_host_is_loopback_ipv6_first() {
    let ([v6, v4], port) = places(["::1", "127.0.0.1"]);
    let refusing = Refusing::start(v6).unwrap();
    let v4 = TcpServer::echo(v4).unwrap();
    let answer = ask_one(json!({"service": port})).await;
    assert_eq!(answer.tried(), at(port, &["::1", "127.0.0.1"]));
    assert_eq!(answer.remote().unwrap(), v4.addr());

    let v6 = TcpServer::echo(refusing.into_place()).unwrap();
    let answer = ask_one(json!({"service": port})).await;
    assert_eq!(answer.tried(), at(port, &["::1"]));
    assert_eq!((v6.log().accepted(), v4.log().accepted()), (1, 1));

    let answer = ask_one(json!({"service": port, "family": "inet"})).await;
    assert_eq!(answer.tried(), at(port, &["127.0.0.1"]));
}

#[tokio::test]
async fn a3_the_empty_host_is_not_the_same_as_none() {
    let answer = ask_one(json!({"host": "", "service": 80})).await;
    lookup_failed(&answer, "not-found", NOT_FOUND);
}

/// Also IPv4 addresses in the forms of `inet_aton`, and in IPv6 clothes.
#[tokio::test]
async fn a3_literals() {
    let ([v4, v6], port) = places(["127.0.0.1", "::1"]);
    let (v4, v6) = (TcpServer::echo(v4).unwrap(), TcpServer::echo(v6).unwrap());
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
    ];
    let question = |host: &str| json!({"host": host, "service": port, "then": "echo"});
    for (host, answer) in hosts.iter().zip(ask(&hosts.map(question)).await) {
        let remote = answer.remote().unwrap();
        assert_eq!(remote.ip().to_canonical(), Ipv4Addr::LOCALHOST, "{host}");
        assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{host}");
    }
    assert_eq!(v4.log().accepted(), hosts.len());

    // A zone is a number; on loopback any will do.
    let hosts = ["::1", "0:0:0:0:0:0:0:1", "::1%1"];
    for (host, answer) in hosts.iter().zip(ask(&hosts.map(question)).await) {
        let remote = answer.remote().unwrap();
        assert_eq!(
            (remote.ip(), remote.port()),
            (v6.addr().ip(), port),
            "{host}"
        );
    }
    assert_eq!(v6.log().accepted(), hosts.len());
}

#[tokio::test]
async fn a3_no_literals() {
    let names = [
        " localhost",
        "127.0.0.1 ",
        "::1%lo",
        "::1%",
        "::1%4294967296",
        "127.0.0.1%1",
        "256.0.0.1",
        "127.0.0.0.1",
        "08.0.0.1",
        "0x100000000",
    ];
    for (name, answer) in names.iter().zip(hosts(&names).await) {
        println!("{name}: {answer:?}");
        lookup_failed(&answer, "not-found", NOT_FOUND);
    }
}

/// A resolver that takes hosts of URLs must not be asked for them.
#[tokio::test]
async fn a3_forms_that_only_urls_have() {
    let names = [
        "[::1]",
        "[127.0.0.1]",
        "127.0.0.1.",
        "127.1.",
        "0x",
        "0x7f.0x",
    ];
    for (name, answer) in names.iter().zip(hosts(&names).await) {
        println!("{name}: {answer:?}");
        lookup_failed(&answer, "not-found", NOT_FOUND);
    }
}

#[tokio::test]
async fn a3_a_zone_becomes_the_scope() {
    let answer = &hosts(&["fe80::1%1"]).await[0];
    let tried: Vec<_> = answer.tried().iter().map(ToString::to_string).collect();
    assert_eq!(tried, ["[fe80::1%1]:9"], "{answer:?}");
}

/// asyncio knows the names of interfaces, WASI does not.
#[tokio::test]
async fn a3_a_zone_by_name_is_not_supported() {
    let answer = &hosts(&["fe80::1%lo"]).await[0];
    let told = answer.failed_as("not-supported").unwrap();
    assert!(told.as_str().unwrap().contains("fe80::1%lo"), "{told}");
    assert_eq!(answer.tried(), []);
}

#[tokio::test]
async fn a3_idna() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    // Fullwidth letters and digits, which UTS #46 maps.
    for host in ["ｌｏｃａｌｈｏｓｔ", "LOCALHOST", "１２７.０.０.１"] {
        let question = json!({"host": host, "service": port, "family": "inet"});
        let answer = ask_one(question).await;
        assert_eq!(answer.remote().unwrap(), server.addr(), "{host}");
    }
}

/// Python's codec refuses these before any resolver is asked: a `ValueError`.
#[tokio::test]
async fn a3_names_that_cannot_be_encoded() {
    let long = "a".repeat(64);
    let names = [&long, "a..b", ".localhost", "xn--\u{fc}.example"];
    for (name, answer) in names.iter().zip(hosts(&names).await) {
        let told = answer.invalid_argument();
        assert!(told.is_some_and(|told| told.contains(name)), "{answer:?}");
        assert_eq!(answer.tried(), []);
    }
}

#[tokio::test]
async fn a3_nul() {
    for answer in hosts(&["local\0host", "\0", "127.0.0.1\0"]).await {
        refused(&answer, "embedded null character");
    }
}

/// A name that does not exist is told as itself, whatever `all-errors` says.
#[tokio::test]
async fn a3_an_unknown_name() {
    let name = "switchboard.invalid";
    for all_errors in [false, true] {
        let question = json!({"host": name, "service": 80, "all-errors": all_errors});
        let answer = ask_one(question).await;
        // Without a name server nobody knows.
        let told = [
            ("not-found", NOT_FOUND),
            (
                "temporary",
                "[Errno -3] Temporary failure in name resolution",
            ),
        ];
        let (case, text) = told[usize::from(answer.lookup() == Some("temporary"))];
        lookup_failed(&answer, case, text);
    }
}

#[tokio::test]
async fn a3_a_literal_of_another_family() {
    for (host, family) in [("127.0.0.1", "inet6"), ("127.1", "inet6"), ("::1", "inet")] {
        let answer = ask_one(json!({"host": host, "service": 80, "family": family})).await;
        let text = "[Errno -9] Address family for hostname not supported";
        lookup_failed(&answer, "family-not-supported", text);
    }
}

#[tokio::test]
async fn a3_ports() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost"] {
        let services: [Value; 2] = [json!(port), json!(port.to_string())];
        for service in services {
            let question = json!({"host": host, "service": service, "family": "inet"});
            let answer = ask_one(question).await;
            assert_eq!(answer.remote().unwrap(), server.addr());
        }
    }
    // Python's `int()` takes blanks around a number.
    let answer = ask_one(json!({"host": "127.0.0.1", "service": format!(" {port} ")})).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

/// Nobody can listen there.
#[tokio::test]
async fn a3_port_zero() {
    let answers = ask(&[
        json!({"host": "127.0.0.1"}),
        json!({"host": "127.0.0.1", "service": ""}),
        json!({"host": "127.0.0.1", "service": 0}),
        json!({"host": "127.0.0.1", "service": "0"}),
    ])
    .await;
    for answer in answers {
        assert_eq!(answer.code(), Some("connection-refused"), "{answer:?}");
        assert_eq!(
            answer.told(),
            "[Errno 111] Connect call failed ('127.0.0.1', 0)"
        );
    }
}

#[tokio::test]
async fn a3_services_by_name() {
    // A refusal instead of an attempt: somebody may listen there.
    for (name, port) in [("http", 80), ("https", 443), ("domain", 53)] {
        for ip in ["127.0.0.1", "::1"] {
            let question = json!({"host": ip, "service": name, "refuse-networks": [ip]});
            let answer = ask_one(question).await;
            let refused = answer.timeline.iter().find_map(|step| step.address);
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!(refused, Some((ip, port).into()), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a3_unknown_services() {
    for service in ["nonsense", "80.9", "http\0"] {
        for host in ["127.0.0.1", "localhost"] {
            let answer = ask_one(json!({"host": host, "service": service})).await;
            let text = "[Errno -8] Servname not supported for ai_socktype";
            lookup_failed(&answer, "service-not-supported", text);
        }
    }
}

#[tokio::test]
async fn a3_ports_out_of_range() {
    for service in ["65536", "-1", "99999999999999999999"] {
        let answer = ask_one(json!({"host": "127.0.0.1", "service": service})).await;
        refused(&answer, "connect(): port must be 0-65535.");
        assert_eq!(answer.tried(), []);
    }
    // With a name, glibc lets 65536 be 0; that is not for imitation, and any failure will do.
    let answer = ask_one(json!({"host": "localhost", "service": "65536"})).await;
    assert!(answer.failure.is_some());
    assert_eq!(answer.tried(), []);
}

#[tokio::test]
async fn a3_protocols() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    let question = |host: &str, protocol: u32| json!({"host": host, "service": port, "protocol": protocol, "family": "inet"});
    // UDP is taken for TCP, with a literal.
    for (host, protocol) in [
        ("127.0.0.1", 0),
        ("127.0.0.1", 6),
        ("127.0.0.1", 17),
        ("localhost", 0),
        ("localhost", 6),
    ] {
        let answer = ask_one(question(host, protocol)).await;
        assert_eq!(answer.remote().unwrap(), server.addr(), "{host} {protocol}");
    }
    for (host, protocol) in [
        ("localhost", 17),
        ("127.1", 17),
        ("127.0.0.1", 99),
        ("localhost", 99),
    ] {
        let answer = ask_one(question(host, protocol)).await;
        let text = "[Errno -7] ai_socktype not supported";
        lookup_failed(&answer, "protocol-not-supported", text);
    }
}
