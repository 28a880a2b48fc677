//! `SO_BROADCAST`, in a network namespace: the broadcast address of loopback is that of no other machine, and here not even of
//! this one.

use crate::{SOON, ask_endpoint};
use serde_json::json;
use std::process::Command;
use std::time::Duration;
use switchboard_tests::child;
use switchboard_tests::namespace::Namespace;
use switchboard_tests::unix_servers::Folder;

/// How long the test inside may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The broadcast address of 127.0.0.0/8.
const BROADCAST: &str = "127.255.255.255";

#[test]
fn b4_a_broadcast_arrives() {
    if !Namespace::available() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "broadcast::inside", "--ignored", "--nocapture"]);
    let command = Namespace::SilentResolver.wrap(&command).unwrap();
    let done = child::run(command, b"", LIMIT).unwrap().success().unwrap();
    assert!(done.stdout.contains("1 passed"), "{}", done.stdout);
}

#[tokio::test]
#[ignore = "run in a namespace by the test above"]
async fn inside() {
    let folder = Folder::new().unwrap();
    let listener = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    listener
        .set_read_timeout(Some(Duration::from_secs_f64(SOON)))
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = std::thread::spawn(move || {
        let mut heard = [0; 64];
        let (size, from) = listener.recv_from(&mut heard).unwrap();
        // From an address that is not the one that was sent to.
        listener.send_to(b"here", from).unwrap();
        heard[..size].to_vec()
    });
    let to = json!({"host": BROADCAST, "service": port});
    let other = format!("127.0.0.1:{port}");
    let script = json!([{"send": "who is there"}, {"next": SOON}, {"send": "you", "to": other}]);
    let question = json!({"remote-address": to, "allow-broadcast": true, "script": script});
    let answer = ask_endpoint(&folder, question).await;
    // It is not connected, so anybody can answer; and it sends nowhere else.
    let endpoint = answer.endpoint().unwrap();
    assert_eq!(endpoint.remote, None);
    assert!(endpoint.local.unwrap().ip().is_unspecified());
    assert_eq!(answer.results[0], "sent", "{answer:?}");
    assert_eq!(answer.results[1]["received"]["text"], "here", "{answer:?}");
    let text = format!("Invalid address: must be None or ('{BROADCAST}', {port})");
    assert_eq!(answer.results[2]["invalid-argument"], text);
    assert_eq!(answering.join().unwrap(), b"who is there");
    // Without the option the system refuses.
    let to = json!({"host": BROADCAST, "service": port});
    let answer = ask_endpoint(&folder, json!({"remote-address": to})).await;
    assert_eq!(answer.code(), Some("access-denied"), "{answer:?}");
}
