//! How a connection ends.

use crate::{ask_one, to, with};
use serde_json::json;
use std::time::Duration;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::unix_servers::{Folder, UnixServer};

/// What the peer has said to its end is all there.
#[tokio::test]
async fn a_peer_that_ends() {
    let folder = Folder::new().unwrap();
    let path = folder.file("short");
    let script = [Step::Write(b"bye".to_vec()), Step::Fin, Step::ReadToEnd];
    let server = Scripted::start("127.0.0.1", script).unwrap();
    let _relay = UnixServer::relay(&path, server.addr()).unwrap();
    let answer = ask_one(&folder, with(&to(&path), json!({"then": "read"}))).await;
    assert_eq!(answer.read.as_deref(), Some("bye"));
    assert_eq!(answer.talk_failure, None);
}

/// When the answer is there the server has seen the end.
#[tokio::test]
async fn nothing_is_left_open() {
    let folder = Folder::new().unwrap();
    let path = folder.file("watched");
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let _relay = UnixServer::relay(&path, server.addr()).unwrap();
    let answer = ask_one(&folder, with(&to(&path), json!({"then": "echo"}))).await;
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    let limit = Duration::from_secs(10);
    server.until(limit, |log| log.all_ended(1)).await.unwrap();
}
