//! Peers in CPython's asyncio.

use crate::{Home, SEEN, steps};
use switchboard_host::Network;
use switchboard_tests::posix::expect;
use switchboard_tests::unix::PythonUnix;

#[tokio::test]
async fn an_asyncio_server() {
    let home = Home::new();
    let server = PythonUnix::streams(&home.join("asyncio")).unwrap();
    let to = home.at("asyncio");
    let steps = steps![
        "stream s unix" => "ok",
        format!("connect s {to}") => "ok",
        "remote s" => format!("ok {to}"),
        "send s" => "ok",
        "receive s" => "ok",
        "say s hello" => "ok",
        "end s" => "ok",
        "rest s" => "ok hello",
        "stream t unix" => "ok",
        format!("bind t {}", home.at("own")) => "ok",
        format!("connect t {to}") => "ok",
        "send t" => "ok",
        "receive t" => "ok",
        "say t hello" => "ok",
        "hear t 5" => "ok hello",
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    let senders = server.senders(2, SEEN).await.unwrap();
    let own = format!("'{}'", home.join("own").display());
    assert_eq!(senders, ["''", &own]);
}

#[tokio::test]
async fn an_asyncio_endpoint() {
    let home = Home::new();
    let endpoint = PythonUnix::datagrams(&home.join("asyncio")).unwrap();
    let to = home.at("asyncio");
    let steps = steps![
        "datagrams a unix" => "ok",
        format!("post a unnamed {to}") => "ok",
        "datagrams b unix" => "ok",
        format!("bind b {}", home.at("own")) => "ok",
        format!("connect b {to}") => "ok",
        "post b hello" => "ok",
        "take b" => format!("ok hello from {to}"),
    ];
    expect(Network::none(), home.grant(), &steps).await.unwrap();
    let senders = endpoint.senders(2, SEEN).await.unwrap();
    let own = format!("'{}'", home.join("own").display());
    assert_eq!(senders, ["None", &own]);
}
