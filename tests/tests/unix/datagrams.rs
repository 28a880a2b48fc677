//! Datagrams over Unix sockets.

use crate::{SOON, WHILE, ask_endpoint, ask_endpoints, posix_code, with};
use serde_json::json;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;
use switchboard_tests::unix_servers::{Folder, UnixReflector};

#[tokio::test]
async fn b4_there_and_back() {
    let folder = Folder::new().unwrap();
    let _echo = UnixReflector::start(&folder.file("echo")).unwrap();
    let (here, echo) = (folder.text("here"), folder.text("echo"));
    let large = json!({"size": 100_000});
    let question = json!({
        "family": "unix", "unix-local": here, "unix-remote": echo,
        "script": [
            {"send": "one"}, {"next": SOON},
            {"send": "", "to": echo}, {"next": SOON},
            {"send": large}, {"next": SOON},
            {"send": "no", "to": here}, "local-address", "remote-address",
        ],
    });
    let answer = ask_endpoint(&folder, question).await;
    let endpoint = answer.endpoint().unwrap();
    assert_eq!(endpoint.local_path.as_deref(), Some(&*here));
    assert_eq!(endpoint.remote_path.as_deref(), Some(&*echo));
    let results = &answer.results;
    assert_eq!(
        results[1],
        json!({"received": {"size": 3, "text": "one", "from": echo}})
    );
    assert_eq!(results[3]["received"]["size"], 0);
    assert_eq!(
        results[5]["received"],
        json!({"size": 100_000, "whole": true, "from": echo})
    );
    let text = format!("Invalid address: must be None or {echo}");
    assert_eq!(results[6], json!({"invalid-argument": text}));
    assert_eq!((&results[7], &results[8]), (&json!(here), &json!(echo)));
    let phases: Vec<_> = answer.timeline.iter().map(|it| &*it.phase).collect();
    assert_eq!(phases, ["bind", "connect"]);
    // The file remains, as asyncio leaves it.
    assert!(folder.file("here").exists());
}

#[tokio::test]
async fn b4_a_stale_socket_is_replaced_and_a_file_is_not() {
    let folder = Folder::new().unwrap();
    drop(UnixDatagram::bind(folder.file("stale")).unwrap());
    drop(std::os::unix::net::UnixListener::bind(folder.file("dead")).unwrap());
    std::fs::write(folder.file("file"), "precious").unwrap();
    let at = |name: &str| json!({"family": "unix", "unix-local": folder.text(name)});
    let questions = ["stale", "dead", "file", "missing/here"].map(at);
    let answers = ask_endpoints(&folder, &questions).await;
    for (answer, name) in answers.iter().zip(["stale", "dead"]) {
        let endpoint = answer.endpoint().unwrap();
        assert_eq!(endpoint.local_path, Some(folder.text(name)));
    }
    assert_eq!(answers[2].code(), Some("address-in-use"));
    assert_eq!(answers[2].told(), "[Errno 98] Address already in use");
    let content = std::fs::read(folder.file("file")).unwrap();
    assert_eq!(content, b"precious");
    assert_eq!(posix_code(&answers[3]), Some("ENOENT"));
}

/// Nobody can answer who does not know where to.
#[tokio::test]
async fn b_v4_an_endpoint_without_a_name() {
    let folder = Folder::new().unwrap();
    let listener = UnixDatagram::bind(folder.file("listener")).unwrap();
    let listener_path = folder.text("listener");
    let question = json!({
        "family": "unix",
        "script": [
            {"send": "hello", "to": listener_path},
            {"send": "hello", "to": folder.text("nobody")}, {"next": SOON},
            {"send": "hello"}, {"send": "hello", "to": "127.0.0.1:7"},
            {"next": WHILE}, "close",
        ],
    });
    let answer = ask_endpoint(&folder, question).await;
    let endpoint = answer.endpoint().unwrap();
    assert_eq!(endpoint.local_path.as_deref(), Some(""));
    assert_eq!(endpoint.remote_path, None);
    let results = &answer.results;
    assert_eq!(results[0], "sent");
    let missing = json!({
        "code": {"other": "ENOENT"},
        "message": "[Errno 2] No such file or directory",
    });
    assert_eq!(results[2], json!({"failed": missing}));
    assert!(results[3]["invalid-argument"].is_string());
    assert!(results[4]["invalid-argument"].is_string());
    assert_eq!(results[5], "nothing");
    let mut heard = [0; 16];
    listener
        .set_read_timeout(Some(Duration::from_secs_f64(SOON)))
        .unwrap();
    let (size, from) = listener.recv_from(&mut heard).unwrap();
    assert_eq!(&heard[..size], b"hello");
    assert!(from.is_unnamed());
}

/// Two endpoints of one component; what does not fit waits until there is room.
#[tokio::test]
async fn a_receiver_that_is_slow_loses_nothing() {
    let folder = Folder::new().unwrap();
    const COUNT: usize = 2000;
    let (one, two) = (folder.text("one"), folder.text("two"));
    let sender = json!({
        "family": "unix", "unix-local": two, "unix-remote": one,
        "script": [{"send-numbers": COUNT, "size": 1000}],
    });
    let receiver = json!({
        "family": "unix", "unix-local": one, "queue-limit": 100_000_000,
        "script": [{"at-once": [[{"endpoint": sender}], [{"until": COUNT, "within": SOON}]]}],
    });
    let answer = ask_endpoint(&folder, receiver).await;
    let [sent, received] = &answer.results[0].as_array().unwrap()[..] else {
        panic!("{answer:?}");
    };
    assert_eq!(sent[0]["results"][0]["sent"], COUNT, "{sent}");
    let received = received[0].as_array().unwrap();
    assert_eq!(received.len(), COUNT);
    for event in received {
        assert_eq!(event["received"]["from"], two);
    }
}

#[tokio::test]
async fn b_v10_and_b_v11_what_the_system_refuses() {
    let folder = Folder::new().unwrap();
    let nobody = json!({"family": "unix", "unix-remote": folder.text("nobody")});
    let questions = [
        with(&nobody, json!({"reuse-port": true})),
        with(&nobody, json!({"reuse-address": true})),
        with(&nobody, json!({"protocol": 17})),
        with(&nobody, json!({"all-errors": true})),
        nobody.clone(),
    ];
    let answers = ask_endpoints(&folder, &questions).await;
    assert_eq!(
        answers[0].failed_as("not-supported").unwrap(),
        "reuse_port not supported by socket module, SO_REUSEPORT defined but not implemented."
    );
    assert!(answers[1].told().starts_with("reuse-address: "));
    assert_eq!(answers[2].told(), "[Errno 93] Protocol not supported");
    let all = answers[3].failed_as("all").unwrap();
    assert_eq!(all[0]["os"]["code"]["other"], "ENOENT");
    assert_eq!(posix_code(&answers[4]), Some("ENOENT"));
}
