//! Unix sockets: with `switchboard-posix.wasm` and what this repository's host grants, and without.

use crate::{pki, run};
use switchboard_host::Permissions;
use switchboard_tests::certs::Pki;
use switchboard_tests::client;
use switchboard_tests::composed::{Plug, Setting};
use switchboard_tests::python::PythonUnixServer;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::unix_servers::{Folder, UnixReflector, UnixServer};

/// Runs the application with all that can be granted of this folder.
async fn granted(folder: &Folder, pki: &Pki, arguments: &str) -> String {
    let permissions = Permissions::none().connect().look_up();
    let setting = Setting {
        plug: Plug::Posix,
        permissions: permissions.posix(folder.grants()),
        ..Setting::usual(pki.folder())
    };
    client::run_in(&setting, arguments).await.unwrap().output
}

/// CPython's asyncio answers; both sides know where the other one is, and the client who.
#[tokio::test]
async fn there_and_back() {
    let (pki, _) = pki();
    let folder = Folder::new().unwrap();
    let path = folder.text("echo");
    let server = PythonUnixServer::echo(&folder.file("echo"), None).unwrap();
    let said = granted(&folder, &pki, &format!("unix path={path}")).await;
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let them = (Some(server.id()), user.as_raw(), group.as_raw());
    assert_eq!(
        said,
        format!("from nowhere: true, to {path}\nNone None\nSome({them:?})\nNone\nhello\n")
    );
}

#[tokio::test]
async fn abstract_names() {
    let (pki, _) = pki();
    let folder = Folder::new().unwrap();
    let name = folder.file("name");
    let _server = UnixServer::echo_named(&name).unwrap();
    let grants = folder.grants().allow_unix_name(folder.text("name"));
    let setting = Setting {
        plug: Plug::Posix,
        permissions: Permissions::none().posix(grants),
        ..Setting::usual(pki.folder())
    };
    let arguments = format!("unix unix-name={}", name.display());
    let said = client::run_in(&setting, &arguments).await.unwrap().output;
    let first = format!("from nowhere: true, to @{}\n", name.display());
    assert!(said.starts_with(&first), "{said}");
    assert!(said.ends_with("None\nhello\n"), "{said}");
}

#[tokio::test]
async fn tls_with_the_name_that_is_given() {
    let (pki, leaf) = pki();
    let folder = Folder::new().unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let _relay = UnixServer::relay(&folder.file("tls"), server.addr()).unwrap();
    let arguments = format!("unix path={} ca=/pki/ca.pem", folder.text("tls"));
    let said = granted(&folder, &pki, &arguments).await;
    assert!(said.ends_with("Some(Tls13)\nhello\n"), "{said}");
}

#[tokio::test]
async fn datagrams() {
    let (pki, _) = pki();
    let folder = Folder::new().unwrap();
    let (echo, own) = (folder.text("echo"), folder.text("own"));
    let _reflector = UnixReflector::start(&folder.file("echo")).unwrap();
    let arguments = format!("unix-datagrams echo={echo} own={own}");
    let said = granted(&folder, &pki, &arguments).await;
    let lines: Vec<_> = said.lines().collect();
    let shown = |path: &str| format!("Some(Unix(UnixAddress({:?})))", path.as_bytes());
    assert_eq!(lines[0], format!("{} {}", shown(&own), shown(&echo)));
    assert_eq!(lines[1], format!("hello from {echo}"));
    assert!(lines[2].starts_with("Failed("), "{said}");
}

#[tokio::test]
async fn errors_keep_their_kind() {
    let (pki, _) = pki();
    let folder = Folder::new().unwrap();
    let missing = folder.text("missing");
    let _silent = UnixServer::silent(&folder.file("silent")).unwrap();
    let silent = folder.text("silent");
    let arguments = format!("unix-errors missing={missing} silent={silent} ca=/pki/ca.pem");
    let said = granted(&folder, &pki, &arguments).await;
    let expected =
        "NotFound [Errno 2] No such file or directory\nTimedOut TimedOut(Some(Handshake))\n";
    assert_eq!(said, expected);
    // The component that needs only WASI says what it would take.
    let arguments = format!("unix-errors missing={missing} without=yes");
    let said = run(&arguments, &pki).await.output;
    assert!(
        said.lines().all(|line| line.starts_with("Unsupported ")),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
}
