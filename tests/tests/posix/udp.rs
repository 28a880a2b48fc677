//! Datagrams over UDP.

use crate::steps;
use switchboard_host::posix::PosixCtx;
use switchboard_host::{Addresses, Network};
use switchboard_tests::posix::{expect, run};
use switchboard_tests::udp::{self, UdpPeer};

#[tokio::test]
async fn there_and_back() {
    for (ip, family, any, other) in [
        ("127.0.0.1", "inet", "127.0.0.1:0", "[::1]:9"),
        ("::1", "inet6", "[::1]:0", "127.0.0.1:9"),
    ] {
        let echo = UdpPeer::echo(ip).unwrap();
        let to = echo.addr();
        let steps = steps![
            format!("datagrams d {family}") => "ok",
            format!("family d") => format!("ok {family}"),
            "take d" => "error InvalidState",
            "local d" => "error InvalidState",
            format!("bind d {any}") => "ok",
            format!("bind d {any}") => "error InvalidState",
            format!("post d hello {to}") => "ok",
            "take d" => format!("ok hello from {to}"),
            format!("connect d {to}") => "ok",
            "remote d" => format!("ok {to}"),
            "post d again" => "ok",
            format!("post d more {to}") => "ok",
            format!("post d else {other}") => "error InvalidArgument",
            "take d" => format!("ok again from {to}"),
            "take d" => format!("ok more from {to}"),
            "disconnect d" => "ok",
            "post d nobody" => "error InvalidArgument",
            format!("post d hello {to}") => "ok",
            "take d" => format!("ok hello from {to}"),
            format!("connect d {other}") => "error InvalidArgument",
            format!("post-bytes d 65508 {to}") => match ip {
                "::1" => "ok",
                _ => "error DatagramTooLarge",
            },
            format!("post-bytes d 65528 {to}") => "error DatagramTooLarge",
            format!("post-bytes d 1000000 {to}") => "error DatagramTooLarge",
        ];
        expect(Network::any(), PosixCtx::builder(), &steps)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_system_binds_what_sends() {
    let echo = UdpPeer::echo("127.0.0.1").unwrap();
    let steps = [
        "datagrams d inet".to_owned(),
        format!("post d hello {}", echo.addr()),
        "local d".into(),
        "take d".into(),
        "bind d 127.0.0.1:0".into(),
        "datagrams e inet".into(),
        format!("connect e {}", echo.addr()),
        "local e".into(),
        "post e hello".into(),
        "take e".into(),
    ];
    let lines = run(Network::any(), PosixCtx::builder(), &steps)
        .await
        .unwrap();
    assert!(lines[2].starts_with("ok 0.0.0.0:"), "{lines:?}");
    let back = format!("ok hello from {}", echo.addr());
    assert_eq!(lines[3], back);
    assert_eq!(lines[4], "error InvalidState");
    assert!(lines[7].starts_with("ok 127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[9], back);
}

/// A peer can be exchanged for one that another interface leads to.
#[tokio::test]
async fn another_peer() {
    let echoes = UdpPeer::echo_at_each(&["127.0.0.1", "127.0.0.2"]).unwrap();
    let mut steps = steps!["datagrams d inet" => "ok"].to_vec();
    for echo in [&echoes[0], &echoes[1], &echoes[0]] {
        let to = echo.addr();
        steps.extend(steps![
            format!("connect d {to}") => "ok",
            "post d hello" => "ok",
            "take d" => format!("ok hello from {to}"),
        ]);
    }
    expect(Network::any(), PosixCtx::builder(), &steps)
        .await
        .unwrap();
}

#[tokio::test]
async fn refusals_are_told() {
    let refusing = udp::refusing(&["127.0.0.1"]).unwrap();
    let to = refusing[0].local_addr().unwrap();
    let steps = steps![
        "datagrams d inet" => "ok",
        format!("connect d {to}") => "ok",
        "post d hello" => "ok",
        "take d" => "error ConnectionRefused",
        "post d hello" => "ok",
        "post d hello" => "error ConnectionRefused",
        "post d hello 127.0.0.1:0" => "error InvalidArgument",
        "datagrams e inet" => "ok",
        "post e hello 127.0.0.1:0" => "error InvalidArgument",
        "post e hello 0.0.0.0:9" => "error InvalidArgument",
        "connect e 127.0.0.1:0" => "error InvalidArgument",
    ];
    expect(Network::any(), PosixCtx::builder(), &steps)
        .await
        .unwrap();
}

#[tokio::test]
async fn only_who_is_granted() {
    let echoes = UdpPeer::echo_at_each(&["127.0.0.1", "127.0.0.2"]).unwrap();
    let (friend, stranger) = (&echoes[0], &echoes[1]);
    let granted = Addresses::from(friend.addr());
    let network = Network::none().udp(granted);
    let steps = steps![
        "datagrams d inet" => "ok",
        "bind d 127.0.0.1:0" => "error AccessDenied",
        "bind d 0.0.0.0:0" => "ok",
        format!("post d hello {}", stranger.addr()) => "error AccessDenied",
        format!("connect d {}", stranger.addr()) => "error AccessDenied",
        format!("post d hello {}", friend.addr()) => "ok",
        "take d" => format!("ok hello from {}", friend.addr()),
        "stream s inet" => "error AccessDenied",
        "stream s unix" => "error AccessDenied",
        "datagrams u unix" => "error AccessDenied",
    ];
    expect(network.clone(), PosixCtx::builder(), &steps)
        .await
        .unwrap();

    // Whoever else writes is not heard, however much.
    let place = udp::taken(&["127.0.0.1"]).unwrap();
    let own = place[0].local_addr().unwrap();
    drop(place);
    let network = network.udp_bind(own.into());
    let steps = [
        "datagrams d inet".to_owned(),
        format!("bind d {own}"),
        format!("post d hello {}", friend.addr()),
        "take d".into(),
        "take d".into(),
    ];
    let running = run(network, PosixCtx::builder(), &steps);
    let writing = async {
        // The echo has heard from it again, so it is bound.
        friend
            .until(crate::SEEN, |all| all.len() == 2)
            .await
            .unwrap();
        for _ in 0..100 {
            stranger.send(b"psst", own).unwrap();
        }
        friend.send(b"at last", own).unwrap();
    };
    let (lines, ()) = tokio::join!(running, writing);
    let from = friend.addr();
    let heard = [
        format!("ok hello from {from}"),
        format!("ok at%20last from {from}"),
    ];
    assert_eq!(lines.unwrap()[3..], heard);
}
