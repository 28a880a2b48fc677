//! What the server says, damaged on its way: at each byte an error, or nothing that matters; never a trap, and never
//! other bytes than were sent.

use crate::capture::records;
use crate::{leaf_with, question, with};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use switchboard_tests::ask::{Answer, Question, ask_together};
use switchboard_tests::certs::{KeyKind, Pki};
use switchboard_tests::proxy::{Damage, Passed, Proxy};
use switchboard_tests::tls::{Options, TlsServer, classical};

/// So many are on their way at a time.
const TOGETHER: usize = 40;

/// The most memory that they may take together, in bytes.
const MEMORY: usize = 24 * 1024 * 1024;

/// A server whose flight is as long each time: signatures of Ed25519 are.
fn server(pki: &Pki) -> TlsServer {
    let options = Options {
        provider: classical(),
        ..Options::default()
    };
    TlsServer::start("127.0.0.1", &leaf_with(pki, KeyKind::Ed25519), &options).unwrap()
}

/// The position is told by the address that is connected from.
fn source(position: usize) -> IpAddr {
    let [_, _, a, b] = u32::try_from(position).unwrap().to_be_bytes();
    Ipv4Addr::new(127, 77, a, b).into()
}

fn position(client: SocketAddr) -> usize {
    match client.ip() {
        IpAddr::V4(ip) => {
            let [_, _, a, b] = ip.octets();
            usize::from(a) * 256 + usize::from(b)
        }
        IpAddr::V6(_) => unreachable!("the proxy listens on IPv4"),
    }
}

fn at(proxy: &Proxy, version: &str, position: usize) -> Question {
    let settings = json!({
        "versions": [version, version], "groups": ["x25519"], "session-cache-size": 0,
    });
    with(
        &question(proxy.addr(), settings),
        json!({
            "local-addresses": [{"host": source(position), "service": 0}],
            "handshake-timeout": 1, "step-limit": 1, "shutdown-timeout": 1,
        }),
    )
}

/// What passes undamaged.
async fn undamaged(pki: &Pki, server: &TlsServer, version: &str) -> Passed {
    let proxy = Proxy::start("127.0.0.1", server.addr()).unwrap();
    let (answers, _) = ask_together(pki, &[at(&proxy, version, 1)], 1)
        .await
        .unwrap();
    assert_eq!(answers[0].echo.as_deref(), Some("ping\n"), "{answers:?}");
    proxy.passed().remove(0)
}

/// That it failed, or that all is well. Gives whether it is.
#[track_caller]
fn well(answer: &Answer, position: usize) -> bool {
    let failed = answer.failure.is_some() || answer.talk_failure.is_some();
    match &answer.echo {
        Some(echo) => assert_eq!(echo, "ping\n", "{position}: {answer:?}"),
        None => assert!(
            failed || answer.close_failure.is_some(),
            "{position}: {answer:?}"
        ),
    }
    answer.echo.is_some()
}

/// The first 300, and every seventh from there on.
#[tokio::test]
async fn every_byte_turned_over() {
    let pki = Pki::new().unwrap();
    let server = server(&pki);
    for version in ["tls12", "tls13"] {
        let reference = undamaged(&pki, &server, version).await.from_server;
        // Those of the versions in the headers of records, which nobody looks at (RFC 8446, section 5.1). What comes
        // behind the echo does not matter either: it is the goodbye.
        let records = records(&reference);
        let versions: Vec<_> = records
            .iter()
            .flat_map(|it| [it.at + 1, it.at + 2])
            .collect();
        let goodbye = records.last().unwrap().at;
        let damage = |client| Damage::Flip(position(client));
        let proxy = Proxy::damaging("127.0.0.1", server.addr(), damage).unwrap();
        let positions: Vec<_> = (0..goodbye).filter(|it| *it < 300 || it % 7 == 0).collect();
        let questions: Vec<_> = positions
            .iter()
            .map(|it| at(&proxy, version, *it))
            .collect();
        let (answers, memory) = ask_together(&pki, &questions, TOGETHER).await.unwrap();
        let mut unnoticed = Vec::new();
        for (answer, position) in answers.iter().zip(positions) {
            if well(answer, position) {
                unnoticed.push(position);
            }
        }
        println!(
            "{version}: {} places, unnoticed {unnoticed:?}, memory {memory}",
            answers.len()
        );
        let others = unnoticed.iter().filter(|it| !versions.contains(it));
        assert_eq!(others.count(), 0, "{unnoticed:?}, versions at {versions:?}");
        assert!(memory < MEMORY, "{memory}");
    }
}

#[tokio::test]
async fn cut_off_at_every_byte() {
    let pki = Pki::new().unwrap();
    let server = server(&pki);
    for version in ["tls12", "tls13"] {
        let reference = undamaged(&pki, &server, version).await.from_server;
        let goodbye = records(&reference).last().unwrap().at;
        let damage = |client| Damage::Cut(position(client));
        let proxy = Proxy::damaging("127.0.0.1", server.addr(), damage).unwrap();
        let questions: Vec<_> = (0..goodbye).map(|it| at(&proxy, version, it)).collect();
        let (answers, memory) = ask_together(&pki, &questions, TOGETHER).await.unwrap();
        println!("{version}: {} places, memory {memory}", answers.len());
        for (position, answer) in answers.iter().enumerate() {
            assert!(!well(answer, position), "{position}: {answer:?}");
            let in_time = answer.timeline.iter().all(|it| it.took() < 0.9);
            assert!(in_time, "{position}: {answer:?}");
            let truncated = json!({"tls": "truncated"});
            match &answer.talk_failure {
                None => assert_eq!(
                    answer.code(),
                    Some("connection-reset"),
                    "{position}: {answer:?}"
                ),
                Some(failure) => assert_eq!(failure, &truncated, "{position}: {answer:?}"),
            }
        }
        assert!(memory < MEMORY, "{memory}");
    }
}

#[tokio::test]
async fn a_byte_a_second() {
    let pki = Pki::new().unwrap();
    let server = server(&pki);
    let damage = |_| Damage::Drip(Duration::from_secs(1));
    let proxy = Proxy::damaging("127.0.0.1", server.addr(), damage).unwrap();
    let questions: Vec<_> = ["tls12", "tls13"]
        .iter()
        .map(|it| at(&proxy, it, 1))
        .collect();
    let (answers, _) = ask_together(&pki, &questions, 2).await.unwrap();
    for answer in answers {
        assert_eq!(answer.timed_out(), Some("handshake"), "{answer:?}");
        let took = answer.timeline.last().unwrap().took();
        assert!((1.0..2.0).contains(&took), "{took}");
        assert_eq!(answer.facts().ok(), None::<&Value>);
    }
}
