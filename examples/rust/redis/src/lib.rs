//! `redis HOST PORT`: asks a Redis server whether it is there.
#![cfg(target_family = "wasm")]

use futures_lite::{AsyncBufReadExt, AsyncWriteExt};
use std::time::Duration;
use switchboard_client::Connector;

struct Redis;
wasip3::cli::command::export!(Redis);

impl wasip3::exports::cli::run::Guest for Redis {
    async fn run() -> Result<(), ()> {
        ping().await.map_err(|error| eprintln!("{error}"))
    }
}

async fn ping() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, host, port] = arguments.as_slice() else {
        return Err("redis HOST PORT".into());
    };
    let connector = Connector::new(host, port.as_str()).timeout(Duration::from_secs(5));
    let mut connection = connector.connect().await?;
    connection.write_all(b"*1\r\n$4\r\nPING\r\n").await?;

    let mut answer = String::new();
    connection.read_line(&mut answer).await?;
    match answer.trim_end().strip_prefix('+') {
        Some(pong) => println!("{pong}"),
        None => return Err(format!("not a simple string: {answer:?}").into()),
    }
    connection.close().await?;
    Ok(())
}
