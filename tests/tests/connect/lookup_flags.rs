//! A.3: the flags of `getaddrinfo`.

use crate::{ask_one, at, places};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use switchboard_tests::ask::Answer;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::refuse::Refusing;

async fn flagged(host: Value, service: Value, flags: &[&str], family: Value) -> Answer {
    ask_one(json!({
        "host": host, "service": service, "lookup-flags": flags, "family": family, "timeout": 5,
    }))
    .await
}

fn server() -> (TcpServer, u16) {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    (server, port)
}

/// To connect to the wildcard address is to connect to this machine.
#[tokio::test]
async fn passive() {
    let (server, port) = server();
    let answer = flagged(Value::Null, json!(port), &["passive"], json!("inet")).await;
    assert_eq!(answer.tried(), at(port, &["0.0.0.0"]));
    answer.connection().unwrap();
    assert_eq!(server.log().accepted(), 1);
    // With a host it changes nothing.
    let answer = flagged(json!("127.0.0.1"), json!(port), &["passive"], Value::Null).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

#[tokio::test]
async fn passive_over_ipv6() {
    let server = TcpServer::echo("::1").unwrap();
    let port = server.addr().port();
    let answer = flagged(Value::Null, json!(port), &["passive"], json!("inet6")).await;
    assert_eq!(answer.tried(), at(port, &["::"]));
    assert_eq!(server.log().accepted(), 1);
}

#[tokio::test]
async fn canon_name() {
    let (server, port) = server();
    let answer = flagged(Value::Null, json!(port), &["canon-name"], Value::Null).await;
    assert_eq!(answer.lookup(), Some("bad-flags"));
    assert_eq!(answer.told(), "[Errno -1] Bad value for ai_flags");
    assert_eq!(server.log().accepted(), 0);
    let answer = flagged(
        json!("localhost"),
        json!(port),
        &["canon-name"],
        json!("inet"),
    )
    .await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

#[tokio::test]
async fn numeric_host() {
    let (server, port) = server();
    let answer = flagged(
        json!("localhost"),
        json!(port),
        &["numeric-host"],
        Value::Null,
    )
    .await;
    assert_eq!(answer.lookup(), Some("not-found"));
    assert_eq!(server.log().accepted(), 0);
    for host in ["127.0.0.1", "127.1"] {
        let answer = flagged(json!(host), json!(port), &["numeric-host"], Value::Null).await;
        assert_eq!(answer.remote().unwrap(), server.addr());
    }
}

#[tokio::test]
async fn numeric_service() {
    let (server, port) = server();
    let flags = &["numeric-service"];
    for host in ["localhost", "127.0.0.1"] {
        let answer = flagged(json!(host), json!("http"), flags, Value::Null).await;
        assert_eq!(answer.lookup(), Some("not-found"));
        let service = json!(port.to_string());
        let answer = flagged(json!(host), service, flags, json!("inet")).await;
        assert_eq!(answer.remote().unwrap(), server.addr());
    }
}

#[tokio::test]
async fn v4_mapped() {
    let (server, port) = server();
    let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    let flags = &["v4-mapped"];
    let answer = flagged(json!("127.0.0.1"), json!(port), flags, json!("inet6")).await;
    assert_eq!(answer.tried(), [(IpAddr::from(mapped), port).into()]);
    answer.connection().unwrap();
    assert_eq!(server.log().accepted(), 1);
    // Only with that family.
    let answer = flagged(json!("127.0.0.1"), json!(port), flags, Value::Null).await;
    assert_eq!(answer.tried(), [server.addr()]);
}

/// No host has addresses of both families, whatever the machine's resolver says.
#[tokio::test]
async fn v4_mapped_and_all() {
    let ([v6, v4], port) = places(["::1", "127.0.0.1"]);
    let _refusing = (Refusing::start(v6).unwrap(), Refusing::start(v4).unwrap());
    let mapped = "::ffff:127.0.0.1";
    for (flags, tried) in [
        (&["v4-mapped"][..], &["::1"][..]),
        (&["v4-mapped", "all"], &["::1", mapped]),
        // By itself it says nothing.
        (&["all"], &["::1"]),
    ] {
        let answer = flagged(Value::Null, json!(port), flags, json!("inet6")).await;
        assert_eq!(answer.tried(), at(port, tried), "{flags:?}");
    }
}

/// WASI does not tell which addresses this machine has.
#[tokio::test]
async fn addr_config_is_not_supported_unless_no_lookup_is_needed() {
    let (server, port) = server();
    for host in [json!("localhost"), Value::Null] {
        let answer = flagged(host, json!(port), &["addr-config"], Value::Null).await;
        let told = answer.failed_as("not-supported").unwrap();
        assert!(told.as_str().unwrap().contains("addr-config"), "{told}");
    }
    assert_eq!(server.log().accepted(), 0);
    let answer = flagged(
        json!("127.0.0.1"),
        json!(port),
        &["addr-config"],
        Value::Null,
    )
    .await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}
