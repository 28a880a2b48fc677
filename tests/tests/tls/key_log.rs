//! The secrets of sessions, in the format of NSS.

use crate::capture::{client_random, read};
use crate::{VERSIONS, ask, ask_one, echoed, pki, question};
use serde_json::json;
use switchboard_tests::composed::SEEN;
use switchboard_tests::proxy::Proxy;
use switchboard_tests::python::PythonServer;

/// What was captured can be read with them, and with nothing else.
#[tokio::test]
async fn opens_what_was_captured() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &[]).unwrap();
    let proxy = Proxy::start("127.0.0.1", server.addr()).unwrap();
    let suites = [
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
    ];
    let questions = suites.map(|suite| {
        question(
            proxy.addr(),
            json!({"cipher-suites": [suite], "key-log": true}),
        )
    });
    let answers = ask(&pki, &questions).await;
    let passed = proxy.passed();
    for ((answer, passed), suite) in answers.iter().zip(&passed).zip(suites) {
        assert_eq!(echoed(answer)["cipher-suite"], suite);
        let key_log = answer.key_log.as_deref().unwrap();
        let [asked, told] = read(passed, key_log).unwrap();
        assert_eq!((&asked[..], &told[..]), (&b"ping\n"[..], &b"ping\n"[..]));
        assert!(!contains(&passed.from_client, b"ping"));
        assert!(!contains(&passed.from_server, b"ping"));
    }
    // The secrets of one session are none of another.
    assert!(read(&passed[0], answers[1].key_log.as_deref().unwrap()).is_none());
    let (random, other) = (client_random(&passed[0]), client_random(&passed[1]));
    let wrong = answers[1]
        .key_log
        .as_deref()
        .unwrap()
        .replace(&other, &random);
    assert!(read(&passed[0], &wrong).is_none());
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|it| it == wanted)
}

/// The server's own log, which OpenSSL writes, has the same lines.
#[tokio::test]
async fn is_that_of_the_server_too() {
    let (pki, leaf) = pki();
    for [setting, version, _] in VERSIONS {
        let file = pki.folder().join(format!("server-{version}.log"));
        let arguments = ["--keylog", file.to_str().unwrap(), "--max", version];
        let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &arguments).unwrap();
        let answer = ask_one(&pki, question(server.addr(), json!({"key-log": true}))).await;
        echoed(&answer);
        server.sessions(1, SEEN).await.unwrap();
        let theirs = std::fs::read_to_string(file).unwrap();
        let lines = |text: &str| {
            let lines = text.lines().filter(|it| !it.starts_with('#'));
            // A secret that is derived and not used: of exporters.
            let lines = lines.filter(|it| !it.starts_with("EXPORTER_SECRET"));
            let mut lines: Vec<_> = lines.map(str::to_lowercase).collect();
            lines.sort();
            lines
        };
        let ours = lines(answer.key_log.as_deref().unwrap());
        assert_eq!(ours, lines(&theirs));
        assert_eq!(ours.len(), if setting == "tls12" { 1 } else { 4 });
    }
}

/// Off from the beginning; what was taken is gone; and what was kept when it is turned off is not kept for later.
#[tokio::test]
async fn on_off_and_taken() {
    let (pki, leaf) = pki();
    let server = PythonServer::ssl_echo("127.0.0.1", &leaf, &["--max", "1.2"]).unwrap();
    let of = |keep| {
        question(
            server.addr(),
            json!({
                "name": "shared", "key-log": keep, "session-cache-size": 0,
            }),
        )
    };
    let off = question(server.addr(), json!({"name": "shared"}));
    let questions = [off, of(true), of(true), of(false), of(true)];
    let answers = ask(&pki, &questions).await;
    let lines = |at: usize| answers[at].key_log.as_deref().map(|it| it.lines().count());
    assert_eq!(
        [0, 1, 2, 3, 4].map(lines),
        [None, Some(1), Some(1), None, Some(1)]
    );
    let logs: std::collections::HashSet<_> = answers
        .iter()
        .filter_map(|it| it.key_log.as_ref())
        .collect();
    assert_eq!(logs.len(), 3);
    assert!(
        logs.iter().all(|it| it.starts_with("CLIENT_RANDOM ")),
        "{logs:?}"
    );
}
