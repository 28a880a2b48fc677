//! `create-unix-connection` against real servers, and what is wrong with a path.

use crate::{all, ask, ask_one, network, posix, posix_code, to, with};
use serde_json::json;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::time::Duration;
use switchboard_tests::ask as asking;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::Setting;
use switchboard_tests::python::PythonUnixServer;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::unix_servers::{Folder, UnixServer};

/// CPython's asyncio answers, and both sides know who the other one is.
#[tokio::test]
async fn d4_the_ends_of_a_connection_and_who_they_are() {
    let folder = Folder::new().unwrap();
    let path = folder.file("server.sock");
    let server = PythonUnixServer::echo(&path, None).unwrap();
    let answer = ask_one(&folder, with(&to(&path), json!({"then": "echo"}))).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    let connected = answer.connection().unwrap();
    assert_eq!((connected.local, connected.remote), (None, None));
    assert_eq!(connected.local_path.as_deref(), Some(""));
    assert_eq!(connected.remote_path, Some(folder.text("server.sock")));
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let (user, group) = (user.as_raw(), group.as_raw());
    assert_eq!(
        connected.credentials,
        Some((Some(server.id()), user, group))
    );
    // This process is the one that the component runs in.
    assert_eq!(server.peers(), [[std::process::id(), user, group]]);
    let [step] = &*answer.timeline else {
        panic!("{:?}", answer.timeline);
    };
    assert_eq!(step.phase, "connect");
    assert_eq!(step.path, Some(folder.text("server.sock")));
    assert!(step.succeeded());
}

/// Redis's protocol (RESP 2), as `redis-cli` speaks it over its socket.
#[tokio::test]
async fn redis_over_its_socket() {
    let folder = Folder::new().unwrap();
    let path = folder.file("redis.sock");
    let ping = "*1\r\n$4\r\nPING\r\n";
    let get = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
    let script = [
        Step::ReadUntil(ping.into()),
        Step::Write(b"+PONG\r\n".to_vec()),
        Step::ReadUntil(get.into()),
        Step::Write(b"$5\r\nvalue\r\n".to_vec()),
        Step::ReadToEnd,
    ];
    let redis = Scripted::start("127.0.0.1", script).unwrap();
    let _relay = UnixServer::relay(&path, redis.addr()).unwrap();
    let dialogue = json!([
        {"write": ping}, {"read-until": "+PONG\r\n"}, {"write": get}, {"read-until": "value\r\n"},
    ]);
    let answer = ask_one(&folder, with(&to(&path), json!({"then": dialogue}))).await;
    let read = answer.read.as_deref();
    assert_eq!(read, Some("+PONG\r\n$5\r\nvalue\r\n"), "{answer:?}");
}

#[tokio::test]
async fn the_end_is_told_and_what_still_comes_is_read() {
    let folder = Folder::new().unwrap();
    let path = folder.file("echo");
    let _server = UnixServer::echo(&path).unwrap();
    let then = json!([{"write": "all of it"}, "write-eof", "read"]);
    let answer = ask_one(&folder, with(&to(&path), json!({"then": then}))).await;
    assert_eq!(answer.read.as_deref(), Some("all of it"), "{answer:?}");
    assert_eq!(answer.talk_failure, None);
}

#[tokio::test]
async fn c_what_is_wrong_with_a_path() {
    let folder = Folder::new().unwrap();
    std::fs::write(folder.file("file"), "").unwrap();
    drop(UnixListener::bind(folder.file("dead")).unwrap());
    let _datagrams = UnixDatagram::bind(folder.file("datagrams")).unwrap();
    std::os::unix::fs::symlink("loop", folder.file("loop")).unwrap();
    let long = folder.file(&"x".repeat(107));
    let table = [
        (
            "missing",
            Some("ENOENT"),
            "[Errno 2] No such file or directory",
        ),
        ("file/a", Some("ENOTDIR"), "[Errno 20] Not a directory"),
        (
            "loop",
            Some("ELOOP"),
            "[Errno 40] Too many levels of symbolic links",
        ),
        (
            "datagrams",
            Some("EPROTOTYPE"),
            "[Errno 91] Protocol wrong type for socket",
        ),
        (
            long.file_name().unwrap().to_str().unwrap(),
            Some("ENAMETOOLONG"),
            "AF_UNIX path too long",
        ),
        ("file", None, "[Errno 111] Connection refused"),
        ("dead", None, "[Errno 111] Connection refused"),
    ];
    let questions = table.map(|(name, _, _)| to(&folder.file(name)));
    for ((name, code, text), answer) in table.iter().zip(ask(&folder, &questions).await) {
        assert_eq!(answer.told(), *text, "{name}");
        match code {
            Some(_) => assert_eq!(posix_code(&answer), *code, "{answer:?}"),
            None => assert_eq!(answer.code(), Some("connection-refused"), "{answer:?}"),
        }
        let [step] = &*answer.timeline else {
            panic!("{:?}", answer.timeline);
        };
        assert_eq!((&*step.phase, step.succeeded()), ("connect", false));
    }
    let empty = ask_one(&folder, json!({"unix": true, "path": ""})).await;
    assert_eq!(empty.told(), "[Errno 22] Invalid argument");
    assert_eq!(empty.code(), Some("invalid-argument"));
}

#[tokio::test]
async fn a_relative_path_starts_where_the_component_does() {
    let folder = Folder::new().unwrap();
    let _server = UnixServer::echo(&folder.file("echo")).unwrap();
    let pki = Pki::new().unwrap();
    let setting = Setting {
        directory: Some(folder.path().display().to_string()),
        ..posix(&pki, all(&folder))
    };
    let question = json!({"unix": true, "path": "echo", "then": "echo"});
    let answers = asking::ask_in(&setting, &pki, &[question]).await;
    let answer = answers.unwrap().remove(0);
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
}

/// However deep that is: what counts is the length of what was given.
#[tokio::test]
async fn a_relative_path_in_a_deep_directory() {
    let folder = Folder::new().unwrap();
    let deep = folder.file(&"deep/".repeat(40));
    std::fs::create_dir_all(&deep).unwrap();
    std::os::unix::fs::symlink(&deep, folder.file("short")).unwrap();
    let _server = UnixServer::echo(&folder.file("short/echo")).unwrap();
    let pki = Pki::new().unwrap();
    let setting = Setting {
        directory: Some(deep.display().to_string()),
        ..posix(&pki, all(&folder))
    };
    let questions = ["echo".to_owned(), format!("{}echo", "./".repeat(60))]
        .map(|path| json!({"unix": true, "path": path, "then": "echo"}));
    let answers = asking::ask_in(&setting, &pki, &questions).await.unwrap();
    assert_eq!(answers[0].echo.as_deref(), Some("ping\n"), "{answers:?}");
    assert_eq!(answers[1].told(), "AF_UNIX path too long");
}

#[tokio::test]
async fn abstract_names() {
    let folder = Folder::new().unwrap();
    let name = folder.file("name");
    let _server = UnixServer::echo_named(&name).unwrap();
    let named = name.display().to_string();
    let grants = folder.grants().allow_unix_name(named.clone());
    let permissions = network().posix(grants);
    let path = format!("\0{named}");
    let question = json!({"unix": true, "path": path, "then": "echo"});
    let answer = crate::ask_permitted(permissions, question).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    let remote = answer.connection().unwrap().remote_path.clone();
    assert_eq!(remote, Some(path));
}

/// A server that has enough connections waiting is waited for: as long as `timeout` says, or until the call is ended.
#[tokio::test]
async fn a_full_queue_is_waited_for() {
    let folder = Folder::new().unwrap();
    let path = folder.file("busy");
    let server = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    server
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    server.listen(0).unwrap();
    let _first = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let questions = [
        with(&to(&path), json!({"timeout": 0.3})),
        with(&to(&path), json!({"end": {"cancel": 0.2}})),
        with(&to(&path), json!({"end": {"cancel": 0}})),
        with(&to(&path), json!({"end": {"drop": 0.2}})),
    ];
    let answers = ask(&folder, &questions).await;
    assert_eq!(answers[0].timed_out(), Some("connect"), "{:?}", answers[0]);
    assert_eq!(
        answers[0].told(),
        "create_unix_connection timed out (connect)"
    );
    for answer in &answers[1..3] {
        assert_eq!(answer.failure, Some(json!("cancelled")), "{answer:?}");
        assert_eq!(answer.told(), "create_unix_connection was cancelled");
    }
    assert!(answers[3].dropped);
    // Nobody of them is left in the queue.
    let (_second, _) = server.accept().unwrap();
    server.set_nonblocking(true).unwrap();
    let patience = Duration::from_millis(200);
    tokio::time::sleep(patience).await;
    assert!(server.accept().is_err());
}
