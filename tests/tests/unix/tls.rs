//! TLS over a Unix socket.

use crate::{CA, all, pki, posix, to, with};
use serde_json::json;
use switchboard_tests::ask::{self, Answer, Question};
use switchboard_tests::certs::Pki;
use switchboard_tests::python::PythonUnixServer;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::unix_servers::{Folder, UnixServer};

async fn ask_trusting(pki: &Pki, folder: &Folder, question: Question) -> Answer {
    let setting = posix(pki, all(folder));
    let answers = ask::ask_in(&setting, pki, &[question]).await;
    answers.unwrap().remove(0)
}

fn secure(folder: &Folder, name: &str) -> Question {
    with(
        &to(&folder.file("tls")),
        json!({"tls": CA, "server-name": name, "then": "echo"}),
    )
}

#[tokio::test]
async fn by_rustls_and_by_openssl() {
    let (pki, leaf) = pki();
    for python in [false, true] {
        let folder = Folder::new().unwrap();
        let path = folder.file("tls");
        let rustls = TlsServer::echo("127.0.0.1", &leaf).unwrap();
        let (_python, _rustls) = match python {
            true => (
                Some(PythonUnixServer::echo(&path, Some(&leaf)).unwrap()),
                None,
            ),
            false => (None, Some(UnixServer::relay(&path, rustls.addr()).unwrap())),
        };
        let answer = ask_trusting(&pki, &folder, secure(&folder, "localhost")).await;
        assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
        assert_eq!(answer.facts().unwrap()["version"], "TLSv1.3");
        let phases: Vec<_> = answer.timeline.iter().map(|it| &*it.phase).collect();
        assert_eq!(phases, ["connect", "handshake"]);
        let handshake = answer.steps("handshake")[0];
        assert_eq!(handshake.path, Some(folder.text("tls")));
    }
}

#[tokio::test]
async fn the_name_is_that_of_the_options() {
    let (pki, leaf) = pki();
    let folder = Folder::new().unwrap();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let _relay = UnixServer::relay(&folder.file("tls"), server.addr()).unwrap();
    let wrong = ask_trusting(&pki, &folder, secure(&folder, "elsewhere")).await;
    assert!(
        wrong.certificate_failure("name-mismatch").is_some(),
        "{wrong:?}"
    );
    // A-V19: a context that checks names needs one.
    let empty = ask_trusting(&pki, &folder, secure(&folder, "")).await;
    assert_eq!(
        empty.invalid_argument(),
        Some("check_hostname requires server_hostname")
    );
}

#[tokio::test]
async fn a_server_that_is_silent_in_the_handshake() {
    let (pki, _) = pki();
    let folder = Folder::new().unwrap();
    let _server = UnixServer::silent(&folder.file("tls")).unwrap();
    let question = with(
        &secure(&folder, "localhost"),
        json!({"handshake-timeout": 0.25}),
    );
    let answer = ask_trusting(&pki, &folder, question).await;
    assert_eq!(answer.timed_out(), Some("handshake"), "{answer:?}");
    assert_eq!(
        answer.told(),
        "SSL handshake is taking longer than 0.25 seconds: aborting the connection"
    );
    // A-V16 and A-V17, once the socket is connected.
    for (option, name) in [
        ("handshake-timeout", "ssl_handshake_timeout"),
        ("shutdown-timeout", "ssl_shutdown_timeout"),
    ] {
        let question = with(&secure(&folder, "localhost"), json!({option: 0}));
        let answer = ask_trusting(&pki, &folder, question).await;
        let text = format!("{name} should be a positive number, got 0");
        assert_eq!(answer.invalid_argument(), Some(&*text), "{answer:?}");
        assert!(answer.steps("connect")[0].succeeded());
    }
}
