//! Calls that a socket is not in the state for, or that are called off, or outlive it.

use crate::{Home, SEEN, steps};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use switchboard_host::Network;
use switchboard_host::posix::PosixCtx;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::posix::expect;
use switchboard_tests::unix::UnixEcho;

#[tokio::test]
async fn each_once_and_in_its_order() {
    let home = Home::new();
    let echo = UnixEcho::at(&home.join("echo"));
    let to = home.at("echo");
    let steps = steps![
        "stream s unix" => "ok",
        "local s" => "error InvalidState",
        "remote s" => "error InvalidState",
        "credentials s" => "error InvalidState",
        "send s" => "ok",
        "say s x" => "error unwanted",
        "sent s" => "error InvalidState",
        "receive s" => "ok",
        "rest s" => "error InvalidState",
        format!("connect s {to}") => "ok",
        format!("connect s {to}") => "error InvalidState",
        format!("bind s {}", home.at("own")) => "error InvalidState",
        "send s" => "ok",
        "say s hello" => "ok",
        "receive s" => "ok",
        "hear s 5" => "ok hello",
        "end s" => "ok",
        "send s" => "ok",
        "sent s" => "error InvalidState",
        "receive s" => "ok",
        "rest s" => "error InvalidState",
        "stream t unix" => "ok",
        format!("bind t {}", home.at("own")) => "ok",
        format!("bind t {}", home.at("two")) => "error InvalidState",
        "local t" => format!("ok {}", home.at("own")),
        format!("connect t {to}") => "ok",
        "local t" => format!("ok {}", home.at("own")),
        "stream u unix" => "ok",
        format!("connect u {}", home.at("missing")) => "error NoSuchFile",
        "local u" => "error InvalidState",
        "get u receive-buffer-size" => "error InvalidState",
        format!("bind u {}", home.at("three")) => "error InvalidState",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    drop(echo);
}

#[tokio::test]
async fn streams_outlive_their_socket() {
    let home = Home::new();
    let _echo = UnixEcho::at(&home.join("echo")).unwrap();
    let tcp = TcpServer::echo("127.0.0.1").unwrap();
    for (family, to) in [("unix", home.at("echo")), ("inet", tcp.addr().to_string())] {
        let steps = steps![
            format!("stream s {family}") => "ok",
            format!("connect s {to}") => "ok",
            "send s" => "ok",
            "receive s" => "ok",
            "let-go s" => "ok",
            "say s hello" => "ok",
            "hear s 5" => "ok hello",
            "end s" => "ok",
            "rest s" => "ok",
            // With all in the middle of something.
            format!("stream t {family}") => "ok",
            format!("connect t {to}") => "ok",
            "send t" => "ok",
            "receive t" => "ok",
            "say t hello" => "ok",
            "drop t" => "ok",
        ];
        expect(Network::any(), home.grant(), &steps).await.unwrap();
    }
    tcp.until(SEEN, |log| log.all_ended(2)).await.unwrap();
}

#[tokio::test]
async fn a_read_that_is_called_off_loses_nothing() {
    let home = Home::new();
    let listener = UnixListener::bind(home.join("peer")).unwrap();
    let serving = tokio::task::spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0]).unwrap();
        stream.write_all(b"hello").unwrap();
    });
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s {}", home.at("peer")) => "ok",
        "send s" => "ok",
        "receive s" => "ok",
        "abandon-hear s" => "ok true",
        "say s x" => "ok",
        "rest s" => "ok hello",
        "abandon-hear s" => "ok false",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn a_connect_that_is_called_off_closes() {
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let home = Home::new();
    let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    let address = SockAddr::unix(home.join("busy")).unwrap();
    busy.bind(&address).unwrap();
    busy.listen(0).unwrap();
    let waiting = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    waiting.connect(&address).unwrap();
    for (family, to) in [("inet", hole.addr().to_string()), ("unix", home.at("busy"))] {
        let steps = steps![
            format!("stream s {family}") => "ok",
            format!("abandon-connect s {to}") => "ok true",
            format!("connect s {to}") => "error InvalidState",
            "local s" => "error InvalidState",
            "get s send-buffer-size" => "error InvalidState",
            "send s" => "ok",
            "sent s" => "error InvalidState",
            "drop s" => "ok",
        ];
        // The place among sockets is free again.
        let posix = home.grant().sockets_limit(1);
        let steps = [steps.to_vec(), steps.to_vec()].concat();
        expect(Network::any(), posix, &steps).await.unwrap();
    }
}

#[tokio::test]
async fn datagrams_that_are_waited_for_do_not_keep_it() {
    let steps = steps![
        "datagrams d inet" => "ok",
        "bind d 127.0.0.1:0" => "ok",
        "abandon-take d" => "ok true",
        "drop d" => "ok",
        "datagrams d inet" => "ok",
    ];
    let posix = PosixCtx::builder().sockets_limit(1);
    expect(Network::any(), posix, &steps).await.unwrap();
}
