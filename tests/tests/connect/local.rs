//! A.5: one's own addresses to connect from.

use crate::{ask, ask_one, at, places, refused};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use switchboard_tests::ask::{Question, code};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::refuse::Refusing;

/// To this address, from these.
fn from(to: SocketAddr, local: &[(&str, u16)]) -> Question {
    let address = |&(ip, port): &(&str, u16)| json!({"host": ip, "service": port});
    let local: Vec<Value> = local.iter().map(address).collect();
    json!({"host": to.ip(), "service": to.port(), "local-addresses": local})
}

fn in_use(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!(
        "[Errno 98] error while attempting to bind on address ('{ip}', {port}): [errno 98] address already in use"
    )
}

fn refusal(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!("[Errno 111] Connect call failed ('{ip}', {port})")
}

#[tokio::test]
async fn a5_bound_to_an_address() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let answer = ask_one(from(server.addr(), &[("127.0.0.2", 0)])).await;
    let local = answer.connection().unwrap().local.unwrap();
    let ip: IpAddr = "127.0.0.2".parse().unwrap();
    assert_eq!(local.ip(), ip);
    assert_eq!(server.log().connections[0].peer, local);
    let binds = answer.steps("bind");
    assert_eq!(binds.len(), 1);
    assert!(binds[0].succeeded());
    assert_eq!(binds[0].address.unwrap().ip(), ip);
    assert_eq!(answer.tried(), [server.addr()]);
}

#[tokio::test]
async fn a5_bound_to_a_port() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    // Free by now, and of an address that nobody else here uses.
    let local = Place::at("127.0.0.71".parse::<IpAddr>().unwrap())
        .unwrap()
        .addr();
    let answer = ask_one(from(server.addr(), &[("127.0.0.71", local.port())])).await;
    assert_eq!(answer.connection().unwrap().local, Some(local));
    assert_eq!(server.log().connections[0].peer, local);
}

#[tokio::test]
async fn a5_no_local_host_is_loopback() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    for service in [json!(0), json!("0")] {
        let question = json!({
            "host": "127.0.0.1", "service": server.addr().port(),
            "local-addresses": [{"service": service}],
        });
        let answer = ask_one(question).await;
        let local = answer.connection().unwrap().local.unwrap();
        assert_eq!(local.ip(), server.addr().ip());
    }
}

/// The flags are for both lookups.
#[tokio::test]
async fn a5_no_local_host_and_passive_is_the_wildcard() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let question = json!({
        "host": "127.0.0.1", "service": server.addr().port(),
        "local-addresses": [{"service": 0}], "lookup-flags": ["passive"],
    });
    let answer = ask_one(question).await;
    let binds = answer.steps("bind");
    assert!(
        binds[0].address.unwrap().ip().is_unspecified(),
        "{answer:?}"
    );
    assert_eq!(server.log().accepted(), 1);
}

#[tokio::test]
async fn a5_a_local_port_in_use() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let taken = Place::at("127.0.0.2".parse::<IpAddr>().unwrap()).unwrap();
    let port = taken.addr().port();
    let answer = ask_one(from(server.addr(), &[("127.0.0.2", port)])).await;
    assert_eq!(answer.code(), Some("address-in-use"));
    assert_eq!(answer.told(), in_use(taken.addr()));
    let binds = answer.steps("bind");
    assert_eq!(binds[0].address, Some(taken.addr()));
    let os = &binds[0].failure().unwrap()["os"];
    assert_eq!(code(os), Some("address-in-use"));
    assert_eq!(answer.tried(), []);
    assert_eq!(server.log().accepted(), 0);
}

#[tokio::test]
async fn a5_an_address_that_is_not_ones_own() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let answer = ask_one(from(server.addr(), &[("192.0.2.1", 0)])).await;
    assert_eq!(answer.code(), Some("address-not-bindable"));
    assert_eq!(
        answer.told(),
        "[Errno 99] error while attempting to bind on address ('192.0.2.1', 0): [errno 99] cannot assign requested address"
    );
}

#[tokio::test]
async fn a5_none_of_the_family() {
    let (places, port) = places(["127.0.0.1", "::1"]);
    let _servers = places.map(|place| TcpServer::echo(place).unwrap());
    for (to, local, family) in [
        ("127.0.0.1", "::1", "AF_INET: 2"),
        ("::1", "127.0.0.1", "AF_INET6: 10"),
    ] {
        let answer = ask_one(from(at(port, &[to])[0], &[(local, 0)])).await;
        assert_eq!(
            answer.told(),
            format!("no matching local address with family=<AddressFamily.{family}> found")
        );
        assert!(answer.failed_as("os").is_some(), "{answer:?}");
        assert_eq!(answer.tried(), []);
    }
}

#[tokio::test]
async fn a5_the_first_that_can_be_bound() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let taken = Place::at("127.0.0.2".parse::<IpAddr>().unwrap()).unwrap();
    let local = [
        ("127.0.0.2", taken.addr().port()),
        ("::1", 0),
        ("127.0.0.3", 0),
        ("127.0.0.4", 0),
    ];
    let answer = ask_one(from(server.addr(), &local)).await;
    let peer = server.log().connections[0].peer.ip();
    assert_eq!(peer.to_string(), "127.0.0.3");
    let binds: Vec<_> = answer
        .steps("bind")
        .iter()
        .map(|it| it.succeeded())
        .collect();
    assert_eq!(binds, [false, true]);
}

/// What could not be bound is told along with what could not be reached then.
#[tokio::test]
async fn a5_and_a7_4_a_bind_and_a_connect_that_failed() {
    let refusing = Refusing::start("127.0.0.1").unwrap();
    let taken = Place::at("127.0.0.2".parse::<IpAddr>().unwrap()).unwrap();
    let local = [("127.0.0.2", taken.addr().port()), ("127.0.0.3", 0)];
    let mut question = from(refusing.addr(), &local);
    let answer = ask_one(question.clone()).await;
    let (bind, connect) = (in_use(taken.addr()), refusal(refusing.addr()));
    assert_eq!(
        answer.told(),
        format!("Multiple exceptions: {bind}, {connect}")
    );

    question["all-errors"] = json!(true);
    let answer = ask_one(question).await;
    let all = json!({"all": [
        {"os": {"code": "address-in-use", "message": bind}},
        {"os": {"code": "connection-refused", "message": connect}},
    ]});
    assert_eq!(answer.failure, Some(all));
}

/// asyncio would not come to the second one.
#[tokio::test]
async fn a5_the_next_one_if_that_which_was_bound_does_not_connect() {
    let refusing = Refusing::start("127.0.0.1").unwrap();
    let answer = ask_one(from(refusing.addr(), &[("127.0.0.2", 0), ("127.0.0.3", 0)])).await;
    let bound: Vec<_> = answer
        .steps("bind")
        .iter()
        .map(|it| it.address.unwrap().ip())
        .collect();
    assert_eq!(
        bound,
        ["127.0.0.2", "127.0.0.3"].map(|ip| ip.parse::<IpAddr>().unwrap())
    );
    assert_eq!(answer.tried(), [refusing.addr(); 2]);
    // Twice the same text is told once (A.7, case 3).
    assert_eq!(answer.told(), refusal(refusing.addr()));
}

#[tokio::test]
async fn a5_one_of_each_family() {
    let ([v6, v4], port) = places(["::1", "127.0.0.1"]);
    let _refusing = Refusing::start(v6).unwrap();
    let server = TcpServer::echo(v4).unwrap();
    for delay in [Value::Null, json!(0.25)] {
        let question = json!({
            "service": port, "happy-eyeballs-delay": delay,
            "local-addresses": [{"host": "127.0.0.2", "service": 0}, {"host": "::1", "service": 0}],
        });
        let answer = ask_one(question).await;
        assert_eq!(answer.tried(), at(port, &["::1", "127.0.0.1"]));
        let local = answer.connection().unwrap().local.unwrap();
        assert_eq!(local.ip().to_string(), "127.0.0.2");
    }
    assert_eq!(server.log().accepted(), 2);
}

/// The options of the lookup are for both.
#[tokio::test]
async fn a5_the_family_is_for_local_addresses_too() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let mut question = from(server.addr(), &[("::1", 0)]);
    question["family"] = json!("inet");
    let answer = ask_one(question).await;
    assert_eq!(answer.lookup(), Some("family-not-supported"));
    assert_eq!(server.log().accepted(), 0);
}

#[tokio::test]
async fn a5_local_hosts_and_services_that_are_none() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let with_local = |local: Value| {
        let mut question = from(server.addr(), &[]);
        question["local-addresses"] = json!([local]);
        question
    };
    let answers = ask(&[
        with_local(json!({"host": "", "service": 0})),
        with_local(json!({"host": "127.0.0.1", "service": "nonsense"})),
        with_local(json!({"host": "127.0.0.1\0", "service": 0})),
        with_local(json!({"host": "127.0.0.1", "service": "65536"})),
    ])
    .await;
    assert_eq!(answers[0].lookup(), Some("not-found"));
    assert_eq!(answers[1].lookup(), Some("service-not-supported"));
    refused(&answers[2], "embedded null character");
    refused(&answers[3], "bind(): port must be 0-65535.");
    assert_eq!(server.log().accepted(), 0);
}
