//! How much a component can have.

use crate::{Home, steps};
use switchboard_host::Network;
use switchboard_tests::posix::{expect, run};
use switchboard_tests::unix::UnixEcho;

#[tokio::test]
async fn so_many_sockets() {
    let home = Home::new();
    let _echo = UnixEcho::at(&home.join("echo")).unwrap();
    let steps = steps![
        "many unix" => "error TooManySockets after 5",
        "many inet" => "error TooManySockets after 5",
        "stream s unix" => "ok",
        "datagrams d inet6" => "ok",
        "many unix" => "error TooManySockets after 3",
        format!("connect s {}", home.at("echo")) => "ok",
        "receive s" => "ok",
        // The stream still has it.
        "let-go s" => "ok",
        "many unix" => "error TooManySockets after 3",
        "deafen s" => "ok",
        "many unix" => "error TooManySockets after 4",
        "drop d" => "ok",
        "many unix" => "error TooManySockets after 5",
    ];
    let posix = home.grant().sockets_limit(5);
    expect(Network::any(), posix, &steps).await.unwrap();
}

#[tokio::test]
async fn none_if_it_is_said() {
    let home = Home::new();
    let posix = home.grant().sockets_limit(0);
    let lines = run(Network::any(), posix, &["many unix"]).await.unwrap();
    assert_eq!(lines, ["error TooManySockets after 0"]);
}
