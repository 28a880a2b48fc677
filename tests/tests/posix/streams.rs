//! Connections over Unix sockets and TCP.

use crate::{Home, SEEN, abstract_name, steps};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use switchboard_host::Network;
use switchboard_host::posix::PosixCtx;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::posix::{expect, run};
use switchboard_tests::refuse::Refusing;
use switchboard_tests::unix::UnixEcho;

#[tokio::test]
async fn echoes() {
    let home = Home::new();
    let _echo = UnixEcho::at(&home.join("echo")).unwrap();
    let me = std::process::id();
    // Of a process that is root, as of any other.
    let credentials = format!(
        "ok {me} {} {}",
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw()
    );
    let steps = steps![
        "stream s unix" => "ok",
        "family s" => "ok unix",
        format!("connect s {}", home.at("echo")) => "ok",
        "local s" => "ok unix:",
        "remote s" => format!("ok {}", home.at("echo")),
        "credentials s" => credentials,
        "send s" => "ok",
        "receive s" => "ok",
        "say s hello" => "ok",
        "hear s 5" => "ok hello",
        "say s %00%ff" => "ok",
        "hear s 2" => "ok %00%ff",
        "end s" => "ok",
        "rest s" => "ok",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
}

#[tokio::test]
async fn abstract_names() {
    let name = abstract_name("stream");
    let listener = SocketAddr::from_abstract_name(&name).unwrap();
    let _echo = UnixEcho::on(UnixListener::bind_addr(&listener).unwrap()).unwrap();
    let own = abstract_name("own");
    let posix = PosixCtx::builder()
        .allow_unix_name(&*name)
        .allow_unix_bind_name(&*own);
    let steps = steps![
        "stream s unix" => "ok",
        format!("bind s unix:%00{own}") => "ok",
        format!("connect s unix:%00{name}") => "ok",
        "local s" => format!("ok unix:%00{own}"),
        "remote s" => format!("ok unix:%00{name}"),
        "send s" => "ok",
        "receive s" => "ok",
        "say s hello" => "ok",
        "hear s 5" => "ok hello",
    ];
    expect(Network::none(), posix, &steps).await.unwrap();
}

#[tokio::test]
async fn over_tcp() {
    for (ip, family, any) in [
        ("127.0.0.1", "inet", "127.0.0.1:0"),
        ("::1", "inet6", "[::1]:0"),
    ] {
        let echo = TcpServer::echo(ip).unwrap();
        let steps = steps![
            format!("stream s {family}") => "ok",
            format!("bind s {any}") => "ok",
            format!("connect s {}", echo.addr()) => "ok",
            "remote s" => format!("ok {}", echo.addr()),
            "credentials s" => "error NotSupported",
            "send s" => "ok",
            "receive s" => "ok",
            "say s hello" => "ok",
            "end s" => "ok",
            "rest s" => "ok hello",
        ];
        expect(Network::any(), PosixCtx::builder(), &steps)
            .await
            .unwrap();
        let log = echo.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        assert_eq!((log.read(), log.written()), (5, 5));
    }
}

#[tokio::test]
async fn what_cannot_be_connected_to() {
    let home = Home::new();
    std::fs::write(home.join("file"), "").unwrap();
    std::fs::create_dir(home.join("folder")).unwrap();
    std::os::unix::fs::symlink("loop", home.join("loop")).unwrap();
    drop(UnixListener::bind(home.join("dead")).unwrap());
    let _datagrams = UnixDatagram::bind(home.join("datagrams")).unwrap();
    for (address, failure) in [
        (home.at("missing"), "NoSuchFile"),
        (home.at("file"), "ConnectionRefused"),
        (home.at("folder"), "ConnectionRefused"),
        (home.at("dead"), "ConnectionRefused"),
        (home.at("datagrams"), "WrongSocketType"),
        (home.at("loop"), "TooManySymbolicLinks"),
        (home.at("file/x"), "NotADirectory"),
        // Longer than the system takes: it is looked up by the host.
        (
            home.at(&format!("{}dead", "./".repeat(60))),
            "ConnectionRefused",
        ),
        (home.at(&"/".repeat(4096)), "PathTooLong"),
        ("unix:".into(), "InvalidArgument"),
        ("unix:relative".into(), "InvalidArgument"),
        (format!("{}%00x", home.at("echo")), "InvalidArgument"),
        ("127.0.0.1:80".into(), "InvalidArgument"),
    ] {
        // What could be no address leaves the socket as it was; what failed has closed it.
        let again = match failure {
            "InvalidArgument" | "PathTooLong" => "error NoSuchFile",
            _ => "error InvalidState",
        };
        let steps = steps![
            "stream s unix" => "ok",
            format!("connect s {address}") => format!("error {failure}"),
            format!("connect s {}", home.at("missing")) => again,
        ];
        expect(Network::none(), home.grant(), &steps).await.unwrap();
    }

    let refusing = Refusing::start("127.0.0.1").unwrap();
    let dead = refusing.addr();
    for (address, failure) in [
        (dead.to_string(), "ConnectionRefused"),
        ("127.0.0.1:0".into(), "InvalidArgument"),
        ("0.0.0.0:80".into(), "InvalidArgument"),
        ("224.0.0.1:80".into(), "InvalidArgument"),
        ("255.255.255.255:80".into(), "InvalidArgument"),
        ("[::1]:80".into(), "InvalidArgument"),
        (home.at("echo"), "InvalidArgument"),
    ] {
        let steps = steps![
            "stream s inet" => "ok",
            format!("connect s {address}") => format!("error {failure}"),
        ];
        let granted = home.grant();
        expect(Network::any(), granted, &steps).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_with_enough_waiting_is_waited_for() {
    let home = Home::new();
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener
        .bind(&SockAddr::unix(home.join("busy")).unwrap())
        .unwrap();
    listener.listen(0).unwrap();
    // One waits, and that is one more than is wanted.
    let waiting = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    waiting
        .connect(&SockAddr::unix(home.join("busy")).unwrap())
        .unwrap();
    let listener = UnixListener::from(std::os::fd::OwnedFd::from(listener));
    let serving = tokio::task::spawn_blocking(move || {
        // Only the second of them is spoken to.
        let (first, _) = listener.accept().unwrap();
        let (mut second, _) = listener.accept().unwrap();
        second.write_all(b"at last").unwrap();
        drop(first);
    });
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s {}", home.at("busy")) => "ok",
        "receive s" => "ok",
        "rest s" => "ok at%20last",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn ends_are_told() {
    let home = Home::new();
    let listener = UnixListener::bind(home.join("peer")).unwrap();
    let serving = tokio::task::spawn_blocking(move || {
        // Closes with something unread, which resets the connection.
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0]).unwrap();
        stream.write_all(b"ab").unwrap();
        drop(stream);
        // Hears to the end, and answers then.
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        stream.write_all(&heard).unwrap();
        drop(stream);
        // Is not heard any more.
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0]).unwrap();
        let mut sent = Ok(());
        while sent.is_ok() {
            sent = stream.write_all(&[0; 4096]);
        }
        assert_eq!(sent.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "still");
    });
    let peer = home.at("peer");
    let steps = steps![
        "stream a unix" => "ok",
        format!("connect a {peer}") => "ok",
        "send a" => "ok",
        "receive a" => "ok",
        "say a xy" => "ok",
        "rest a" => "error ConnectionReset ab",
        "say a z" => "error unwanted",
        "sent a" => "error ConnectionBroken",
        "stream b unix" => "ok",
        format!("connect b {peer}") => "ok",
        "send b" => "ok",
        "receive b" => "ok",
        "say b hello" => "ok",
        "end b" => "ok",
        "rest b" => "ok hello",
        "stream c unix" => "ok",
        format!("connect c {peer}") => "ok",
        "send c" => "ok",
        "receive c" => "ok",
        "deafen c" => "ok",
        "say c x" => "ok",
        "say c still" => "ok",
        "end c" => "ok",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    serving.await.unwrap();

    let server = TcpServer::start("127.0.0.1", Behaviour::SendThenReset(3)).unwrap();
    let steps = [
        "stream s inet".to_owned(),
        format!("connect s {}", server.addr()),
        "receive s".into(),
        "rest s".into(),
    ];
    let lines = run(Network::any(), PosixCtx::builder(), &steps);
    let lines = lines.await.unwrap();
    assert!(lines[3].starts_with("error ConnectionReset"), "{lines:?}");
}
