//! `refuse-networks`: where not to connect to, whoever gave the address.

use crate::{ask, ask_one, at, places, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::echo::TcpServer;

fn refusing(to: SocketAddr, networks: &[&str]) -> Question {
    json!({"host": to.ip(), "service": to.port(), "refuse-networks": networks})
}

/// That it was refused because of this address, which the timeline tells, and that nothing was tried.
#[track_caller]
fn refused(answer: &Answer, address: &str, network: &str) {
    let told = answer.failed_as("refused-network").and_then(Value::as_str);
    let told = told.unwrap_or_else(|| panic!("{answer:?}"));
    assert!(told.contains(address), "{told}");
    assert!(told.contains(network), "{told}");
    assert_eq!(answer.tried(), []);
    let failed = answer
        .timeline
        .iter()
        .filter(|step| step.failure().is_some());
    let addresses: Vec<_> = failed.filter_map(|step| step.address).collect();
    assert!(
        addresses.iter().any(|it| it.ip().to_string() == address),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_literal() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    for network in [
        "127.0.0.0/8",
        "127.0.0.1",
        "127.0.0.1/32",
        "0.0.0.0/0",
        "private",
        "::ffff:127.0.0.0/104",
    ] {
        let answer = ask_one(refusing(server.addr(), &["10.0.0.0/8", network])).await;
        refused(&answer, "127.0.0.1", network);
    }
    assert_eq!(server.log().accepted(), 0);
    let others = [
        "10.0.0.0/8",
        "127.0.0.2",
        "127.0.0.2/31",
        "::1",
        "::/0",
        "2001:db8::/32",
    ];
    let answer = ask_one(refusing(server.addr(), &others)).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

#[tokio::test]
async fn a_literal_of_ipv6() {
    let server = TcpServer::echo("::1").unwrap();
    for network in ["::1", "::1/128", "::/0", "private"] {
        let answer = ask_one(refusing(server.addr(), &[network])).await;
        refused(&answer, "::1", network);
    }
    assert_eq!(server.log().accepted(), 0);
    let answer = ask_one(refusing(server.addr(), &["127.0.0.0/8", "fe80::/10"])).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

#[tokio::test]
async fn a_name_is_checked_by_what_it_leads_to() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = json!({
        "host": "localhost", "service": server.addr().port(), "family": "inet",
        "refuse-networks": ["private"],
    });
    for host in [
        json!("localhost"),
        Value::Null,
        json!("127.1"),
        json!("2130706433"),
    ] {
        let answer = ask_one(with(&question, json!({"host": host}))).await;
        refused(&answer, "127.0.0.1", "private");
    }
    assert_eq!(server.log().accepted(), 0);
}

/// Both are ways to 127.0.0.1, so neither may lead there.
#[tokio::test]
async fn an_ipv4_address_in_ipv6_clothes() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let port = server.addr().port();
    for host in [
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ] {
        for network in ["127.0.0.0/8", "private"] {
            let question = json!({"host": host, "service": port, "refuse-networks": [network]});
            let answer = ask_one(question).await;
            let address = answer.timeline.iter().find_map(|step| step.address);
            refused(&answer, &address.unwrap().ip().to_string(), network);
        }
    }
    let mapped = json!({
        "host": "127.0.0.1", "service": port, "family": "inet6", "lookup-flags": ["v4-mapped"],
        "refuse-networks": ["127.0.0.0/8"],
    });
    refused(&ask_one(mapped).await, "::ffff:127.0.0.1", "127.0.0.0/8");
    assert_eq!(server.log().accepted(), 0);
}

/// To connect to the wildcard address is to connect to this machine.
#[tokio::test]
async fn the_wildcard_address() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = json!({
        "service": server.addr().port(), "lookup-flags": ["passive"], "family": "inet",
    });
    for network in ["127.0.0.0/8", "0.0.0.0", "private"] {
        let answer = ask_one(with(&question, json!({"refuse-networks": [network]}))).await;
        assert!(answer.failed_as("refused-network").is_some(), "{answer:?}");
        assert_eq!(answer.tried(), []);
    }
    assert_eq!(server.log().accepted(), 0);
}

#[tokio::test]
async fn those_that_are_left_are_tried() {
    let ips = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    let (places, port) = places(ips);
    let servers = places.map(|place| TcpServer::echo(place).unwrap());
    let refused = ["127.0.0.1", "127.0.0.2/32"];
    for delay in [Value::Null, json!(0.25)] {
        let question = json!({
            "addresses": ips, "service": port, "refuse-networks": refused,
            "happy-eyeballs-delay": delay,
        });
        let answer = ask_one(question).await;
        assert_eq!(answer.tried(), at(port, &ips[2..]));
        let failed = answer.timeline.iter().filter(|step| {
            let failure = step.failure();
            failure.is_some_and(|it| it.get("refused-network").is_some())
        });
        let told: Vec<_> = failed.filter_map(|step| step.address).collect();
        assert_eq!(told, at(port, &ips[..2]));
    }
    let accepted = servers.each_ref().map(|server| server.log().accepted());
    assert_eq!(accepted, [0, 0, 2]);
}

#[tokio::test]
async fn all_of_several() {
    let ips = ["127.0.0.1", "127.0.0.2"];
    let question = json!({
        "addresses": ips, "service": 9, "refuse-networks": ["private"], "all-errors": true,
    });
    let answer = ask_one(question).await;
    for ip in ips {
        refused(&answer, ip, "private");
    }
}

/// Also if nothing would be refused by them.
#[tokio::test]
async fn entries_that_are_none_are_named() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let entries = [
        "",
        "10.0.0.0/33",
        "10.0.0/8",
        "::1/129",
        "localhost",
        "Private",
        "10.0.0.0/8 ",
        "1",
    ];
    let question = |entry: &str| refusing(server.addr(), &["10.0.0.0/8", entry]);
    for (entry, answer) in entries.iter().zip(ask(&entries.map(question)).await) {
        let told = answer.invalid_argument().unwrap();
        assert!(told.contains("refuse-networks"), "{told}");
        assert!(told.contains(&format!("'{entry}'")), "{told}");
        assert!(answer.timeline.is_empty());
    }
    assert_eq!(server.log().accepted(), 0);
}

/// The peer of a socket that the caller connected is checked too; the socket comes back unused.
#[tokio::test]
async fn the_peer_of_a_socket() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = json!({"sock": server.addr(), "then": "echo"});
    for network in ["127.0.0.1", "private"] {
        let answer = ask_one(with(&question, json!({"refuse-networks": [network]}))).await;
        let told = answer.failed_as("refused-network").unwrap();
        assert!(told.as_str().unwrap().contains("127.0.0.1"), "{told}");
        assert!(answer.sock_given_back, "{answer:?}");
    }
    let others = json!({"refuse-networks": ["10.0.0.0/8", "::1"]});
    let answer = ask_one(with(&question, others)).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"));
}

/// One's own address is none that is connected to.
#[tokio::test]
async fn a_local_address_is_not_checked() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let mut question = refusing(server.addr(), &["127.0.0.2"]);
    question["local-addresses"] = json!([{"host": "127.0.0.2", "service": 0}]);
    let answer = ask_one(question).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}
