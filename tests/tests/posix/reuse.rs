//! Addresses that are shared.

use crate::steps;
use switchboard_host::Network;
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_tests::posix::{expect, run};
use switchboard_tests::udp;

/// The two endpoints get what is sent between them, each of it once; somebody who does not share gets nothing.
#[tokio::test]
async fn two_endpoints_share_a_port() {
    for ip in ["127.0.0.1", "::1"] {
        let family = if ip == "::1" { "inet6" } else { "inet" };
        let place = udp::taken(&[ip]).unwrap();
        let own = place[0].local_addr().unwrap();
        drop(place);
        // Linux chooses by the sender.
        let senders: Vec<_> = (0..64).map(|_| udp::taken(&[ip]).unwrap()).collect();
        let steps = [
            format!("datagrams a {family}"),
            "set a reuse-port true".into(),
            format!("bind a {own}"),
            format!("datagrams b {family}"),
            "set b reuse-port true".into(),
            format!("bind b {own}"),
            format!("datagrams c {family}"),
            format!("bind c {own}"),
            // Until somebody has written to each.
            "take-size a".into(),
            "take-size b".into(),
        ];
        let posix = PosixCtx::builder().allow_option(SocketOption::ReusePort);
        let running = run(Network::any(), posix, &steps);
        let sending = async {
            for sender in senders.iter().cycle() {
                let _ = sender[0].send_to(b"hello", own);
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        let lines = tokio::select! {
            lines = running => lines.unwrap(),
            () = sending => unreachable!(),
        };
        let expected = [
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "error AddressInUse",
            "ok 5",
            "ok 5",
        ];
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn what_is_not_shared_is_taken() {
    let place = udp::taken(&["127.0.0.1"]).unwrap();
    let taken = place[0].local_addr().unwrap();
    let posix = PosixCtx::builder()
        .allow_option(SocketOption::ReusePort)
        .allow_option(SocketOption::ReuseAddress);
    let steps = steps![
        "datagrams a inet" => "ok",
        "set a reuse-port true" => "ok",
        "set a reuse-address true" => "ok",
        // Its owner shares it with nobody.
        format!("bind a {taken}") => "error AddressInUse",
        "bind a 127.0.0.1:0" => "ok",
    ];
    expect(Network::any(), posix, &steps).await.unwrap();
}

/// The last one takes what comes, and so this is granted by itself.
#[tokio::test]
async fn an_address_is_used_again() {
    let place = udp::taken(&["127.0.0.1"]).unwrap();
    let own = place[0].local_addr().unwrap();
    drop(place);
    let steps = steps![
        "datagrams a inet" => "ok",
        "set a reuse-address true" => "ok",
        format!("bind a {own}") => "ok",
        "datagrams b inet" => "ok",
        "set b reuse-address true" => "ok",
        format!("bind b {own}") => "ok",
        format!("post a hello {own}") => "ok",
        "take-size b" => "ok 5",
        "abandon-take a" => "ok true",
    ];
    let posix = PosixCtx::builder().allow_option(SocketOption::ReuseAddress);
    expect(Network::any(), posix, &steps).await.unwrap();
}
