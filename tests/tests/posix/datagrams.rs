//! Datagrams over Unix sockets.

use crate::{Home, SEEN, abstract_name, steps};
use rustix::net::SocketAddrUnix;
use socket2::{Domain, Socket, Type};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;
use switchboard_host::Network;
use switchboard_tests::posix::{expect, run};

/// A peer at this path that does not wait forever.
fn peer(path: &Path) -> UnixDatagram {
    let peer = UnixDatagram::bind(path).unwrap();
    peer.set_read_timeout(Some(SEEN)).unwrap();
    peer
}

fn heard(peer: &UnixDatagram) -> (Vec<u8>, SocketAddr) {
    let mut data = vec![0; 300_000];
    let (size, from) = peer.recv_from(&mut data).unwrap();
    data.truncate(size);
    (data, from)
}

#[tokio::test]
async fn there_and_back() {
    let home = Home::new();
    let peer = peer(&home.join("peer"));
    let name = home.join("own");
    let serving = tokio::task::spawn_blocking(move || {
        for _ in 0..3 {
            let (data, from) = heard(&peer);
            assert_eq!(from.as_pathname(), Some(&*name));
            peer.send_to_addr(&data, &from).unwrap();
        }
    });
    let (own, to) = (home.at("own"), home.at("peer"));
    let steps = steps![
        "datagrams d unix" => "ok",
        "local d" => "error InvalidState",
        "take d" => "error InvalidState",
        format!("bind d {own}") => "ok",
        format!("bind d {own}") => "error InvalidState",
        "local d" => format!("ok {own}"),
        "post d hello" => "error InvalidArgument",
        format!("post d hello {to}") => "ok",
        "take d" => format!("ok hello from {to}"),
        format!("connect d {to}") => "ok",
        "remote d" => format!("ok {to}"),
        "post d again" => "ok",
        "take d" => format!("ok again from {to}"),
        format!("post d empty {own}") => "error InvalidArgument",
        format!("post-bytes d 0 {to}") => "ok",
        "take d" => format!("ok  from {to}"),
        "disconnect d" => "ok",
        "disconnect d" => "error InvalidState",
        "remote d" => "error InvalidState",
        "post d nobody" => "error InvalidArgument",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    serving.await.unwrap();
    // As asyncio leaves it.
    assert!(home.join("own").exists());
}

#[tokio::test]
async fn without_a_name_and_with_an_abstract_one() {
    let home = Home::new();
    let named = abstract_name("datagrams");
    let address = SocketAddr::from_abstract_name(&named).unwrap();
    let peer = UnixDatagram::bind_addr(&address).unwrap();
    peer.set_read_timeout(Some(SEEN)).unwrap();
    let own = abstract_name("datagrams-own");
    let posix = home
        .grant()
        .allow_unix_name(&*named)
        .allow_unix_bind_name(&*own);
    let from = own.clone();
    let serving = tokio::task::spawn_blocking(move || {
        let (data, unnamed) = heard(&peer);
        assert!(unnamed.is_unnamed() && data == b"from nobody");
        let (data, named) = heard(&peer);
        assert_eq!(named.as_abstract_name(), Some(from.as_bytes()));
        peer.send_to_addr(&data, &named).unwrap();
        let unnamed = UnixDatagram::unbound().unwrap();
        unnamed.send_to_addr(b"unnamed", &named).unwrap();
    });
    let to = format!("unix:%00{named}");
    let steps = steps![
        "datagrams a unix" => "ok",
        format!("connect a {to}") => "ok",
        "local a" => "ok unix:",
        "post a from%20nobody" => "ok",
        // Nobody can answer it, so it waits.
        "abandon-take a" => "ok true",
        "datagrams b unix" => "ok",
        format!("bind b unix:%00{own}") => "ok",
        "local b" => format!("ok unix:%00{own}"),
        format!("post b named {to}") => "ok",
        "take b" => format!("ok named from {to}"),
        "take b" => "ok unnamed from unix:",
        "datagrams c unix" => "ok",
        format!("bind c unix:%00{own}") => "error AddressInUse",
        "bind c unix:" => "error InvalidArgument",
        format!("bind-replacing c unix:%00{own}") => "error InvalidArgument",
    ];
    expect(Network::none(), posix, &steps).await.unwrap();
    serving.await.unwrap();
}

/// Linux tells of a name that fills its room with a length of more than there is room for.
#[tokio::test]
async fn from_the_longest_name() {
    let home = Home::new();
    let room = 108 - home.join("").as_os_str().len();
    let long = home.join(&"x".repeat(room));
    let address = SocketAddrUnix::new(long.as_os_str().as_bytes()).unwrap();
    let peer = Socket::new(Domain::UNIX, Type::DGRAM, None).unwrap();
    rustix::net::bind(&peer, &address).unwrap();
    let own = home.join("own");
    let sending = tokio::task::spawn_blocking(move || {
        let own = socket2::SockAddr::unix(own).unwrap();
        while peer.send_to(b"hello", &own).is_err() {
            std::thread::yield_now();
        }
        // It is there as long as nobody has asked what came of this.
        peer
    });
    let steps = steps![
        "datagrams d unix" => "ok",
        format!("bind d {}", home.at("own")) => "ok",
        "take d" => format!("ok hello from unix:{}", long.display()),
        // What no other program could say to the system, the host finds.
        format!("post d back unix:{}", long.display()) => "ok",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn what_is_left_behind_is_replaced() {
    let home = Home::new();
    drop(UnixDatagram::bind(home.join("stale")).unwrap());
    let live = UnixDatagram::bind(home.join("live")).unwrap();
    std::fs::write(home.join("file"), "kept").unwrap();
    std::fs::create_dir(home.join("folder")).unwrap();
    std::os::unix::fs::symlink("live", home.join("link")).unwrap();
    let bind = |name: &str| format!("bind-replacing d {}", home.at(name));
    let steps = steps![
        "datagrams d unix" => "ok",
        format!("bind d {}", home.at("stale")) => "error AddressInUse",
        bind("file") => "error AddressInUse",
        bind("folder") => "error AddressInUse",
        bind("link") => "error AddressInUse",
        bind("missing/new") => "error NoSuchFile",
        bind("file/new") => "error AccessDenied",
        bind("stale") => "ok",
        "local d" => format!("ok {}", home.at("stale")),
        bind("new") => "error InvalidState",
        "drop d" => "ok",
        "datagrams d unix" => "ok",
        bind("live") => "ok",
        "drop d" => "ok",
        "datagrams d unix" => "ok",
        bind("new") => "ok",
        "datagrams i inet" => "ok",
        "bind-replacing i 127.0.0.1:0" => "error InvalidArgument",
    ];
    expect(Network::any(), home.grant(), &steps).await.unwrap();
    assert_eq!(std::fs::read(home.join("file")).unwrap(), b"kept");
    assert!(home.join("link").is_symlink());
    let sender = UnixDatagram::unbound().unwrap();
    // It was another's, who still has it, but not its name.
    let refused = sender.send_to(b"hello", home.join("live")).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    drop(live);
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let home = Home::new();
    std::fs::write(home.join("file"), "").unwrap();
    drop(UnixDatagram::bind(home.join("dead")).unwrap());
    let _listener = std::os::unix::net::UnixListener::bind(home.join("streams")).unwrap();
    let gone = UnixDatagram::bind(home.join("gone")).unwrap();
    let closing = home.join("gone");
    for (address, failure) in [
        (home.at("missing"), "NoSuchFile"),
        (home.at("file"), "ConnectionRefused"),
        (home.at("dead"), "ConnectionRefused"),
        (home.at("streams"), "WrongSocketType"),
        (home.at("file/x"), "NotADirectory"),
        ("unix:".into(), "InvalidArgument"),
        ("unix:relative".into(), "InvalidArgument"),
        (format!("{}%00", home.at("peer")), "InvalidArgument"),
        ("127.0.0.1:80".into(), "InvalidArgument"),
    ] {
        let steps = steps![
            "datagrams d unix" => "ok",
            format!("post d hello {address}") => format!("error {failure}"),
            format!("connect d {address}") => format!("error {failure}"),
            "remote d" => "error InvalidState",
            // It goes on.
            format!("connect d {}", home.at("gone")) => "ok",
            "post d hello" => "ok",
            // A peer that cannot be had leaves the one before.
            format!("connect d {}", home.at("missing")) => "error NoSuchFile",
            "remote d" => format!("ok {}", home.at("gone")),
        ];
        let granted = home.grant();
        expect(Network::none(), granted, &steps).await.unwrap();
    }
    drop(gone);
    std::fs::remove_file(closing).unwrap();
}

#[tokio::test]
async fn a_receiver_without_room_is_waited_for() {
    let home = Home::new();
    for connected in [true, false] {
        let name = if connected {
            "connected"
        } else {
            "unconnected"
        };
        let slow = peer(&home.join(name));
        let to = home.at(name);
        // More than Linux keeps for a receiver (net.unix.max_dgram_qlen).
        let count = 2000;
        let reading = tokio::task::spawn_blocking(move || {
            // The first is there before anybody reads on.
            for at in 0..count {
                let (data, _) = heard(&slow);
                assert_eq!(data, at.to_string().as_bytes());
                if at == 0 {
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        });
        let steps = match connected {
            true => steps![
                "datagrams d unix" => "ok",
                format!("connect d {to}") => "ok",
                format!("post-many d {count}") => "ok",
            ],
            false => steps![
                "datagrams d unix" => "ok",
                format!("post-many d {count} {to}") => "ok",
                "drop d" => "ok",
            ],
        };
        expect(Network::none(), home.grant(), &steps).await.unwrap();
        reading.await.unwrap();
    }
}

/// A socket that once had an error is ready for ever, as epoll tells it: its host goes on with everything else all the same
/// while the socket waits for room. Everything runs on one thread here.
#[tokio::test]
async fn a_socket_that_had_an_error_waits_as_others_do() {
    let home = Home::new();
    let slow = peer(&home.join("slow"));
    let (go_on, told) = std::sync::mpsc::channel();
    let reading = tokio::task::spawn_blocking(move || {
        // The first is there before anybody reads on, and then it is the host's turn to say so.
        heard(&slow);
        let in_time = told.recv_timeout(SEEN).is_ok();
        for _ in 1..2000 {
            heard(&slow);
        }
        in_time
    });
    let [a, b, c] = ["a", "b", "c"].map(|name| home.at(name));
    let steps = steps![
        "datagrams a unix" => "ok",
        "datagrams b unix" => "ok",
        "datagrams c unix" => "ok",
        format!("bind a {a}") => "ok",
        format!("bind b {b}") => "ok",
        format!("bind c {c}") => "ok",
        format!("connect a {b}") => "ok",
        format!("connect b {a}") => "ok",
        "post a x" => "ok",
        // What lies there for it is thrown away, and the sender told of an error.
        format!("connect b {c}") => "ok",
        format!("connect a {}", home.at("slow")) => "ok",
        "post a x" => "error ConnectionReset",
        "post-many a 2000" => "ok",
    ];
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        go_on.send(()).unwrap();
    };
    let (done, ()) = tokio::join!(expect(Network::none(), home.grant(), &steps), others);
    done.unwrap();
    assert!(reading.await.unwrap(), "its host did nothing else");
}

#[tokio::test]
async fn sizes() {
    let home = Home::new();
    let own = home.join("own");
    let large = tokio::task::spawn_blocking(move || {
        let peer = Socket::new(Domain::UNIX, Type::DGRAM, None).unwrap();
        let own = socket2::SockAddr::unix(own).unwrap();
        peer.set_send_buffer_size(1 << 20).unwrap();
        let mut sent = 0;
        // All that the system lets this user send, up to more than the component can receive.
        for size in [1, 65_536, 200_000, 262_144, 262_145] {
            let data = vec![7; size];
            let took = loop {
                match peer.send_to(&data, &own) {
                    Ok(_) => break true,
                    Err(e)
                        if e.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) =>
                    {
                        break false;
                    }
                    Err(_) => std::thread::yield_now(),
                }
            };
            sent += usize::from(took);
        }
        sent
    });
    let steps = [
        "datagrams d unix".to_owned(),
        format!("bind d {}", home.at("own")),
        "take-size d".into(),
        "take-size d".into(),
        "take-size d".into(),
        format!("post-bytes d 10000000 {}", home.at("own")),
        format!("post-bytes d 100000 {}", home.at("own")),
        "take-size d".into(),
    ];
    let lines = run(Network::none(), home.grant(), &steps).await.unwrap();
    assert_eq!(
        lines[2..6],
        ["ok 1", "ok 65536", "ok 200000", "error DatagramTooLarge"]
    );
    let sent = large.await.unwrap();
    // What it sent itself, unless something else that was sent came before.
    let next = match sent {
        3 => &["ok 100000"][..],
        _ => &["ok 262144", "ok 100000"],
    };
    assert!(
        next.contains(&lines[7].as_str()),
        "{sent} were sent: {lines:?}"
    );
}

#[tokio::test]
async fn several_wait_at_a_time_and_some_give_up() {
    let home = Home::new();
    let (own, path) = (home.at("own"), home.join("own"));
    let sending = tokio::task::spawn_blocking(move || {
        let peer = UnixDatagram::unbound().unwrap();
        for text in ["one", "two", "three", "four"] {
            while peer.send_to(text.as_bytes(), &path).is_err() {
                std::thread::yield_now();
            }
        }
    });
    let steps = [
        "datagrams d unix".to_owned(),
        format!("bind d {own}"),
        "abandon-take d".into(),
        "take-two d".into(),
        "take d".into(),
    ];
    let lines = run(Network::none(), home.grant(), &steps).await.unwrap();
    sending.await.unwrap();
    // It may have been there at once, and then it is one's own fault to give it up.
    match lines[2].as_str() {
        "ok true" => {
            // Which of two gets which is nobody's promise.
            let two = ["ok one two", "ok two one"];
            assert!(two.contains(&lines[3].as_str()), "{lines:?}");
            assert_eq!(lines[4], "ok three from unix:");
        }
        other => assert_eq!(
            (other, lines[4].as_str()),
            ("ok false", "ok four from unix:")
        ),
    }
}
