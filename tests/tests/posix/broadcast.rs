//! Datagrams to everybody, in a network of the test's own.

use crate::steps;
use std::net::UdpSocket;
use std::process::Command;
use switchboard_host::Network;
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_tests::child;
use switchboard_tests::composed::LIMIT;
use switchboard_tests::namespace::Namespace;
use switchboard_tests::posix::expect;

/// Loopback's own broadcast address.
const EVERYBODY: &str = "127.255.255.255";

#[test]
fn needs_the_option_and_the_grants() {
    if !Namespace::available() {
        return;
    }
    let mut inside = Command::new(std::env::current_exe().unwrap());
    inside.args(["--ignored", "--exact", "broadcast::inside", "--nocapture"]);
    let inside = Namespace::SilentResolver.wrap(&inside).unwrap();
    let done = child::run(inside, b"", LIMIT).unwrap().success().unwrap();
    assert!(done.stdout.contains("1 passed"), "{}", done.stdout);
}

#[test]
#[ignore = "the test above runs it, in a network of its own"]
fn inside() {
    let listeners = [(); 2].map(|()| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None);
        let socket = socket.unwrap();
        socket.set_reuse_address(true).unwrap();
        socket
    });
    let any: std::net::SocketAddr = "0.0.0.0:0".parse().unwrap();
    listeners[0].bind(&any.into()).unwrap();
    let at = listeners[0].local_addr().unwrap();
    listeners[1].bind(&at).unwrap();
    let port = at.as_socket().unwrap().port();
    let to = format!("{EVERYBODY}:{port}");

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let posix = || PosixCtx::builder().allow_option(SocketOption::Broadcast);
    let steps = steps![
        "datagrams d inet" => "ok",
        format!("post d hello {to}") => "error PermissionDenied",
        format!("connect d {to}") => "error PermissionDenied",
        "set d broadcast true" => "ok",
        format!("post d hello {to}") => "ok",
        "set d broadcast false" => "ok",
        format!("post d hello {to}") => "error PermissionDenied",
    ];
    let ran = runtime.block_on(expect(Network::any(), posix(), &steps));
    ran.unwrap();
    for listener in listeners {
        let listener = UdpSocket::from(listener);
        listener.set_read_timeout(Some(crate::SEEN)).unwrap();
        let mut data = [0; 20];
        let (size, _) = listener.recv_from(&mut data).unwrap();
        assert_eq!(&data[..size], b"hello");
    }
    // The option is one thing, the address another.
    let one = Network::none().udp("127.0.0.1".parse().unwrap());
    let steps = steps![
        "datagrams d inet" => "ok",
        "set d broadcast true" => "ok",
        format!("post d hello {to}") => "error AccessDenied",
    ];
    runtime.block_on(expect(one, posix(), &steps)).unwrap();
}
