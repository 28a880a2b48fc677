//! What is refused before anything is done, with the capability and without.

use crate::{CA, all, refused_at_once, with};
use serde_json::json;
use switchboard_tests::ask;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::{Plug, Setting};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::unix_servers::Folder;

#[tokio::test]
async fn c_v2_to_c_v9_in_their_order() {
    let folder = Folder::new().unwrap();
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let sock = json!(server.addr());
    let unix = json!({"unix": true});
    let path = with(&unix, json!({"path": folder.file("nobody")}));
    let table = [
        (
            with(&path, json!({"tls": CA, "sock": sock})),
            "you have to pass server_hostname when using ssl",
        ),
        (
            with(&path, json!({"server-name": "", "handshake-timeout": 1})),
            "server_hostname is only meaningful with ssl",
        ),
        (
            with(&path, json!({"handshake-timeout": 0, "sock": sock})),
            "ssl_handshake_timeout is only meaningful with ssl",
        ),
        (
            with(&path, json!({"sock": sock})),
            "path and sock can not be specified at the same time",
        ),
        (unix.clone(), "no path and sock were specified"),
        (
            with(&unix, json!({"sock": sock})),
            "A UNIX Domain Stream Socket was expected, got a TCP socket",
        ),
        (
            with(&unix, json!({"sock": "unconnected:inet6"})),
            "A UNIX Domain Stream Socket was expected, got a TCP socket",
        ),
        (
            with(&path, json!({"receive-buffer-size": 0})),
            "receive-buffer-size must not be 0",
        ),
        (with(&unix, json!({"path": "/a\0b"})), "embedded null byte"),
    ];
    let questions: Vec<_> = table.iter().map(|(question, _)| question.clone()).collect();
    for plug in [Plug::Wasi, Plug::Posix] {
        let pki = Pki::new().unwrap();
        let setting = Setting {
            plug,
            permissions: all(&folder),
            ..Setting::usual(pki.folder())
        };
        let answers = ask::ask_in(&setting, &pki, &questions).await.unwrap();
        for ((question, text), answer) in table.iter().zip(&answers) {
            refused_at_once(answer, text);
            let given = question.get("sock").is_some();
            assert_eq!(answer.sock_given_back, given, "{question}");
        }
    }
}

/// B-V2 to B-V6, which need no Unix sockets either.
#[tokio::test]
async fn b_v2_to_b_v6_of_paths() {
    let folder = Folder::new().unwrap();
    let here = json!({"host": "127.0.0.1", "service": 0});
    let table = [
        (
            json!({"sock": "unbound:inet", "family": "unix", "unix-remote": "/a"}),
            "socket modifier keyword arguments can not be used when sock is specified. \
             (remote_addr=/a, family=1)",
        ),
        (json!({"unix-local": ""}), "unexpected address family"),
        (
            json!({"family": "unix", "local-address": here}),
            "string is expected",
        ),
        (json!({"unix-local": "/a"}), "2-tuple is expected"),
        (
            json!({"unix-remote": "/a", "family": "inet"}),
            "2-tuple is expected",
        ),
    ];
    let questions: Vec<_> = table.iter().map(|(question, _)| question.clone()).collect();
    for plug in [Plug::Wasi, Plug::Posix] {
        let pki = Pki::new().unwrap();
        let setting = Setting {
            plug,
            permissions: all(&folder),
            ..Setting::usual(pki.folder())
        };
        let answers = crate::endpoints::ask_in(&setting, &pki, &questions).await;
        for ((_, text), answer) in table.iter().zip(&answers.unwrap()) {
            refused_at_once(answer, text);
        }
    }
}
