//! Whatever is not granted cannot be reached, by no detour.

use crate::{Home, abstract_name, steps, word};
use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use switchboard_host::posix::{PosixCtx, PosixCtxBuilder, SocketOption};
use switchboard_host::{Addresses, Network};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::posix::{expect, run};
use switchboard_tests::udp::UdpPeer;
use switchboard_tests::unix::UnixEcho;

/// Connecting, sending and binding to it are denied.
async fn denied(posix: PosixCtxBuilder, address: &str) {
    let mut steps = steps![
        "stream s unix" => "ok",
        format!("connect s {address}") => "error AccessDenied",
        "datagrams d unix" => "ok",
        format!("connect d {address}") => "error AccessDenied",
        format!("post d hello {address}") => "error AccessDenied",
        format!("bind d {address}") => "error AccessDenied",
        "stream t unix" => "ok",
        format!("bind t {address}") => "error AccessDenied",
    ]
    .to_vec();
    if address.starts_with("unix:/") {
        let step = format!("bind-replacing d {address}");
        steps.push((step, "error AccessDenied".into()));
    }
    expect(Network::any(), posix, &steps).await.unwrap();
}

#[tokio::test]
async fn paths_out() {
    let home = Home::new();
    for folder in ["granted", "granted/sub", "other"] {
        fs::create_dir(home.join(folder)).unwrap();
    }
    let outside = UnixListener::bind(home.join("other/s")).unwrap();
    outside.set_nonblocking(true).unwrap();
    let _datagrams = UnixDatagram::bind(home.join("other/d")).unwrap();
    symlink("../other", home.join("granted/folder")).unwrap();
    let whole = home.join("other");
    symlink(&whole, home.join("granted/absolute")).unwrap();
    symlink("/proc/self/cwd", home.join("granted/process")).unwrap();
    let granted = || {
        PosixCtx::builder()
            .allow_unix(home.join("granted"))
            .allow_unix_bind(home.join("granted"))
    };
    for path in [
        "other/s",
        "other/d",
        "other/new",
        "missing",
        "missing/missing",
        "granted/../other/s",
        "granted/../other/new",
        "granted/sub/../../other/s",
        "granted/folder/s",
        "granted/folder/d",
        "granted/folder/new",
        "granted/absolute/s",
        "granted/process/Cargo.toml",
        "granted/../granted/sub/../../other/s",
        "grantedly",
    ] {
        denied(granted(), &home.at(path)).await;
    }
    for path in [
        "/etc/passwd",
        "/dev/log",
        "/proc/self/fd/0",
        "/proc/1/root/run",
    ] {
        denied(granted(), &format!("unix:{path}")).await;
    }
    // A link to a file is followed to connect, and is in the way to bind.
    symlink("../other/s", home.join("granted/file")).unwrap();
    symlink("../other/new", home.join("granted/dangling")).unwrap();
    for link in ["granted/file", "granted/dangling"] {
        let to = home.at(link);
        let steps = steps![
            "stream s unix" => "ok",
            format!("connect s {to}") => "error AccessDenied",
            "datagrams d unix" => "ok",
            format!("post d hello {to}") => "error AccessDenied",
            format!("bind d {to}") => "error AddressInUse",
            format!("bind-replacing d {to}") => "error AddressInUse",
        ];
        expect(Network::any(), granted(), &steps).await.unwrap();
    }
    assert!(outside.accept().is_err());
    assert!(!home.join("other/new").exists());
}

#[tokio::test]
async fn a_file_is_not_its_directory() {
    let home = Home::new();
    let _one = UnixEcho::at(&home.join("one")).unwrap();
    let _two = UnixEcho::at(&home.join("two")).unwrap();
    let posix = || PosixCtx::builder().allow_unix(home.join("one"));
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s {}", home.at("one")) => "ok",
    ];
    expect(Network::none(), posix(), &steps).await.unwrap();
    denied(posix(), &home.at("two")).await;
    denied(posix(), &home.at("new")).await;
    // To connect is not to bind, nor the reverse.
    let steps = steps![
        "datagrams d unix" => "ok",
        format!("bind-replacing d {}", home.at("one")) => "error AccessDenied",
    ];
    expect(Network::none(), posix(), &steps).await.unwrap();
    assert!(home.join("one").exists());
    let posix = PosixCtx::builder().allow_unix_bind(home.join("one"));
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s {}", home.at("one")) => "error AccessDenied",
    ];
    expect(Network::none(), posix, &steps).await.unwrap();
}

#[tokio::test]
async fn a_grant_by_another_name() {
    let home = Home::new();
    fs::create_dir(home.join("real")).unwrap();
    symlink("real", home.join("link")).unwrap();
    let _echo = UnixEcho::at(&home.join("real/echo")).unwrap();
    for granted in ["link", "link/echo", "real/../link/./echo"] {
        let posix = PosixCtx::builder().allow_unix(home.join(granted));
        let steps = steps![
            "stream s unix" => "ok",
            format!("connect s {}", home.at("real/echo")) => "ok",
            "stream t unix" => "ok",
            format!("connect t {}", home.at("link/echo")) => "ok",
            "remote t" => format!("ok {}", home.at("real/echo")),
        ];
        expect(Network::none(), posix, &steps).await.unwrap();
    }
}

/// A name that is a link out half of the time, and a server half of the time.
#[tokio::test]
async fn a_link_that_is_exchanged_all_the_time() {
    let home = Home::new();
    fs::create_dir(home.join("granted")).unwrap();
    fs::create_dir(home.join("inside")).unwrap();
    fs::create_dir(home.join("outside")).unwrap();
    let _inside = UnixEcho::at(&home.join("granted/echo")).unwrap();
    let outside = UnixListener::bind(home.join("outside/echo")).unwrap();
    outside.set_nonblocking(true).unwrap();
    symlink("echo", home.join("granted/in")).unwrap();
    symlink("../outside/echo", home.join("granted/out")).unwrap();
    symlink(".", home.join("granted/here")).unwrap();
    symlink("../outside", home.join("granted/there")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = std::thread::spawn({
        let (stop, granted) = (stop.clone(), home.join("granted"));
        move || {
            let exchange = |one: &str, other: &str| {
                let away = granted.join("away");
                fs::rename(granted.join(one), &away).unwrap();
                fs::rename(granted.join(other), granted.join(one)).unwrap();
                fs::rename(&away, granted.join(other)).unwrap();
            };
            while !stop.load(Ordering::Relaxed) {
                exchange("in", "out");
                exchange("here", "there");
            }
        }
    });
    let paths = [
        "granted/in",
        "granted/out",
        "granted/here/echo",
        "granted/there/echo",
    ];
    let steps: Vec<_> = (0..2000)
        .flat_map(|at| {
            let path = home.at(paths[at % paths.len()]);
            [
                "stream s unix".to_owned(),
                format!("connect s {path}"),
                "drop s".into(),
            ]
        })
        .collect();
    // One after the other, so nothing may be left of those before.
    let posix = PosixCtx::builder()
        .allow_unix(home.join("granted"))
        .sockets_limit(1);
    let lines = run(Network::none(), posix, &steps).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    let count = |line: &str| {
        lines
            .iter()
            .skip(1)
            .step_by(3)
            .filter(|it| *it == line)
            .count()
    };
    let (reached, denied, missing) = (
        count("ok"),
        count("error AccessDenied"),
        count("error NoSuchFile"),
    );
    assert_eq!(reached + denied + missing, 2000, "{lines:?}");
    println!("reached {reached}, denied {denied}, missing {missing}");
    assert!(reached > 0 && denied > 0);
    // Nobody came here in all that time.
    assert!(outside.accept().is_err());
}

#[tokio::test]
async fn abstract_names_one_by_one() {
    let (one, two) = (abstract_name("granted"), abstract_name("other"));
    let listen = |name: &str| {
        let address = SocketAddr::from_abstract_name(name).unwrap();
        UnixListener::bind_addr(&address).unwrap()
    };
    let (_one, _two) = (listen(&one), listen(&two));
    let posix = || PosixCtx::builder().allow_unix_name(&*one);
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s unix:%00{one}") => "ok",
    ];
    expect(Network::none(), posix(), &steps).await.unwrap();
    for name in [&two, &one[1..], &format!("{one}x"), &format!("{one}%00")] {
        denied(posix(), &format!("unix:%00{name}")).await;
    }
    denied(posix(), "unix:%00").await;
    // The path that begins with the letter by which a command line tells names from paths.
    let at = std::path::Path::new("/").join(format!("@{one}"));
    denied(posix(), &word(&at)).await;
}

#[tokio::test]
async fn addresses_one_by_one() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let other = TcpServer::echo("127.0.0.1").unwrap();
    let udp = UdpPeer::echo("127.0.0.1").unwrap();
    let network = Network::none().tcp(server.addr().into());
    let steps = steps![
        "stream a inet" => "ok",
        format!("connect a {}", server.addr()) => "ok",
        "stream b inet" => "ok",
        format!("connect b {}", other.addr()) => "error AccessDenied",
        "stream c inet" => "ok",
        "bind c 127.0.0.1:0" => "error AccessDenied",
        "bind c 0.0.0.0:0" => "ok",
        format!("connect c {}", server.addr()) => "ok",
        "datagrams d inet" => "error AccessDenied",
        "stream e unix" => "error AccessDenied",
    ];
    expect(network, PosixCtx::builder(), &steps).await.unwrap();
    assert_eq!(other.log().accepted(), 0);

    let network = Network::none()
        .udp(udp.addr().into())
        .tcp_bind("127.0.0.2".parse().unwrap());
    let steps = steps![
        "stream a inet" => "ok",
        format!("connect a {}", server.addr()) => "error AccessDenied",
        "stream b inet" => "ok",
        "bind b 127.0.0.1:0" => "error AccessDenied",
        "bind b 127.0.0.2:0" => "ok",
        format!("connect b {}", server.addr()) => "error AccessDenied",
        "datagrams d inet" => "ok",
        format!("connect d {}", udp.addr()) => "ok",
    ];
    expect(network, PosixCtx::builder(), &steps).await.unwrap();

    let asked = Network::decided_by({
        let allowed = server.addr();
        move |address, _| address == allowed || address.port() == 0
    });
    let steps = steps![
        "stream a inet" => "ok",
        format!("connect a {}", server.addr()) => "ok",
        "stream b inet" => "ok",
        format!("connect b {}", other.addr()) => "error AccessDenied",
    ];
    expect(asked, PosixCtx::builder(), &steps).await.unwrap();

    let steps = steps![
        "stream a inet" => "error AccessDenied",
        "stream a inet6" => "error AccessDenied",
        "stream a unix" => "error AccessDenied",
        "datagrams a inet" => "error AccessDenied",
        "datagrams a inet6" => "error AccessDenied",
        "datagrams a unix" => "error AccessDenied",
    ];
    expect(Network::none(), PosixCtx::builder(), &steps)
        .await
        .unwrap();
}

#[tokio::test]
async fn options_one_by_one() {
    for granted in SocketOption::ALL.map(Some).into_iter().chain([None]) {
        let mut posix = PosixCtx::builder();
        if let Some(option) = granted {
            posix = posix.allow_option(option);
        }
        let mut steps = steps!["stream s inet" => "ok", "datagrams d inet6" => "ok"].to_vec();
        for option in SocketOption::ALL {
            let result = match granted == Some(option) {
                true => "ok",
                false => "error AccessDenied",
            };
            if option != SocketOption::Broadcast {
                steps.push((format!("set s {} true", option.name()), result.into()));
                let now = format!("ok {}", granted == Some(option));
                steps.push((format!("get s {}", option.name()), now));
            }
            if option != SocketOption::NoDelay {
                steps.push((format!("set d {} true", option.name()), result.into()));
                let now = format!("ok {}", granted == Some(option));
                steps.push((format!("get d {}", option.name()), now));
            }
        }
        let network = Network::none().tcp(Addresses::all()).udp(Addresses::all());
        expect(network, posix, &steps).await.unwrap();
    }
}
