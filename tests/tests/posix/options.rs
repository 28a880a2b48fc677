//! Options take effect in the system, and read back as what they are.

use crate::{Home, steps};
use socket2::SockRef;
use std::time::Duration;
use switchboard_host::Network;
use switchboard_host::posix::{PosixCtx, PosixCtxBuilder, SocketOption};
use switchboard_tests::own_sockets;
use switchboard_tests::posix::expect;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::{composed, udp};

fn all() -> PosixCtxBuilder {
    let options = SocketOption::ALL.into_iter();
    options.fold(PosixCtx::builder(), PosixCtxBuilder::allow_option)
}

#[tokio::test]
async fn of_tcp() {
    for (ip, family) in [("127.0.0.1", "inet"), ("::1", "inet6")] {
        // It answers nothing, until the socket was looked at.
        let server = Scripted::silent(ip).unwrap();
        let second = 1_000_000_000_u64;
        let steps = steps![
            format!("stream s {family}") => "ok",
            "get s no-delay" => "ok false",
            "get s keep-alive-enabled" => "ok false",
            "get s reuse-address" => "ok false",
            "get s reuse-port" => "ok false",
            "set s reuse-address true" => "ok",
            "set s reuse-port true" => "ok",
            "set s keep-alive-enabled true" => "ok",
            format!("set s keep-alive-idle-time {}", 7 * second) => "ok",
            // In whole seconds, rounded up.
            format!("set s keep-alive-interval {}", 2 * second + 1) => "ok",
            "set s keep-alive-count 4" => "ok",
            "set s hop-limit 33" => "ok",
            "set s receive-buffer-size 30000" => "ok",
            "set s send-buffer-size 40000" => "ok",
            format!("connect s {}", server.addr()) => "ok",
            "set s no-delay true" => "ok",
            "get s no-delay" => "ok true",
            "get s keep-alive-enabled" => "ok true",
            "get s keep-alive-idle-time" => format!("ok {}", 7 * second),
            "get s keep-alive-interval" => format!("ok {}", 3 * second),
            "get s keep-alive-count" => "ok 4",
            "get s hop-limit" => "ok 33",
            "get s receive-buffer-size" => "ok 30000",
            "get s send-buffer-size" => "ok 40000",
            "get s reuse-address" => "ok true",
            "get s reuse-port" => "ok true",
            "receive s" => "ok",
            // Here it waits.
            "rest s" => "ok",
            "set s no-delay false" => "ok",
            "get s no-delay" => "ok false",
        ];
        let addr = server.addr();
        let looking = async {
            let wait = server.until(composed::LIMIT, |log| log.accepted() == 1);
            wait.await.unwrap();
            // It may have connected, and not have set the last one.
            let own = loop {
                let own = own_sockets::connected_to(addr).unwrap();
                if own.iter().any(|it| it.tcp_nodelay().unwrap()) {
                    break own;
                }
                drop(own);
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            let [socket] = own.as_slice() else {
                panic!("{own:?}")
            };
            assert!(socket.keepalive().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(7));
            let interval = socket.tcp_keepalive_interval().unwrap();
            assert_eq!(interval, Duration::from_secs(3));
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), 4);
            assert!(socket.reuse_address().unwrap() && socket.reuse_port().unwrap());
            // Linux tells twice of what it was asked for.
            assert_eq!(socket.recv_buffer_size().unwrap(), 60_000);
            assert_eq!(socket.send_buffer_size().unwrap(), 80_000);
            let hops = match family {
                "inet" => socket.ttl_v4().unwrap(),
                _ => socket.unicast_hops_v6().unwrap(),
            };
            assert_eq!(hops, 33);
            drop(own);
            drop(server);
        };
        let (ran, ()) = tokio::join!(expect(Network::any(), all(), &steps), looking);
        ran.unwrap();
    }
}

#[tokio::test]
async fn of_udp() {
    for (ip, family) in [("127.0.0.1", "inet"), ("::1", "inet6")] {
        let place = udp::taken(&[ip]).unwrap();
        let own = place[0].local_addr().unwrap();
        drop(place);
        let steps = steps![
            format!("datagrams d {family}") => "ok",
            "get d broadcast" => "ok false",
            "get d reuse-address" => "ok false",
            "get d reuse-port" => "ok false",
            "set d broadcast true" => "ok",
            "set d reuse-address true" => "ok",
            "set d reuse-port true" => "ok",
            "set d unicast-hop-limit 9" => "ok",
            "set d receive-buffer-size 30000" => "ok",
            "set d send-buffer-size 40000" => "ok",
            format!("bind d {own}") => "ok",
            "get d broadcast" => "ok true",
            "get d reuse-address" => "ok true",
            "get d reuse-port" => "ok true",
            "get d unicast-hop-limit" => "ok 9",
            "get d receive-buffer-size" => "ok 30000",
            "get d send-buffer-size" => "ok 40000",
            // Here it waits.
            "take-size d" => "ok 5",
        ];
        let looking = async {
            let found = loop {
                let found = own_sockets::datagrams_at(own).unwrap();
                if !found.is_empty() {
                    break found;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            let socket = &found[0];
            assert!(socket.broadcast().unwrap());
            assert!(socket.reuse_address().unwrap() && socket.reuse_port().unwrap());
            assert_eq!(socket.recv_buffer_size().unwrap(), 60_000);
            let hops = match family {
                "inet" => socket.ttl_v4().unwrap(),
                _ => socket.unicast_hops_v6().unwrap(),
            };
            assert_eq!(hops, 9);
            let peer = std::net::UdpSocket::bind((own.ip(), 0)).unwrap();
            assert!(!SockRef::from(&peer).broadcast().unwrap());
            peer.send_to(b"hello", own).unwrap();
        };
        let (ran, ()) = tokio::join!(expect(Network::any(), all(), &steps), looking);
        ran.unwrap();
    }
}

#[tokio::test]
async fn wrong_values_and_large_ones() {
    let steps = steps![
        "stream s inet" => "ok",
        "set s keep-alive-idle-time 0" => "error InvalidArgument",
        "set s keep-alive-interval 0" => "error InvalidArgument",
        "set s keep-alive-count 0" => "error InvalidArgument",
        "set s hop-limit 0" => "error InvalidArgument",
        "set s receive-buffer-size 0" => "error InvalidArgument",
        "set s send-buffer-size 0" => "error InvalidArgument",
        "set s keep-alive-idle-time 1" => "ok",
        "get s keep-alive-idle-time" => "ok 1000000000",
        format!("set s keep-alive-idle-time {}", u64::MAX) => "ok",
        "get s keep-alive-idle-time" => "ok 32767000000000",
        format!("set s keep-alive-interval {}", u64::MAX) => "ok",
        format!("set s keep-alive-count {}", u32::MAX) => "ok",
        "get s keep-alive-count" => "ok 127",
        "set s hop-limit 255" => "ok",
        format!("set s receive-buffer-size {}", u64::MAX) => "ok",
        format!("set s send-buffer-size {}", u64::MAX) => "ok",
        "set s send-buffer-size 1" => "ok",
        "datagrams d inet6" => "ok",
        "set d unicast-hop-limit 0" => "error InvalidArgument",
        format!("set d receive-buffer-size {}", u64::MAX) => "ok",
    ];
    expect(Network::any(), all(), &steps).await.unwrap();
}

#[tokio::test]
async fn unix_sockets_have_none_but_buffers() {
    let home = Home::new();
    let posix = SocketOption::ALL
        .into_iter()
        .fold(home.grant(), PosixCtxBuilder::allow_option);
    let mut steps = steps!["stream s unix" => "ok", "datagrams d unix" => "ok"].to_vec();
    for option in [
        "no-delay",
        "reuse-address",
        "reuse-port",
        "keep-alive-enabled",
    ] {
        let unsupported = "error NotSupported".to_owned();
        steps.push((format!("get s {option}"), unsupported.clone()));
        steps.push((format!("set s {option} true"), unsupported));
    }
    for option in [
        "keep-alive-idle-time",
        "keep-alive-interval",
        "keep-alive-count",
        "hop-limit",
    ] {
        let unsupported = "error NotSupported".to_owned();
        steps.push((format!("get s {option}"), unsupported.clone()));
        steps.push((format!("set s {option} 9"), unsupported));
    }
    for option in ["reuse-address", "reuse-port", "broadcast"] {
        let unsupported = "error NotSupported".to_owned();
        steps.push((format!("get d {option}"), unsupported.clone()));
        steps.push((format!("set d {option} true"), unsupported));
    }
    for socket in ["s", "d"] {
        for option in ["receive-buffer-size", "send-buffer-size"] {
            steps.push((format!("set {socket} {option} 50000"), "ok".into()));
            steps.push((format!("get {socket} {option}"), "ok 50000".into()));
        }
    }
    expect(Network::none(), posix, &steps).await.unwrap();
}
