//! The first example of the README, word for word: the tests compare them, and run it.
#![cfg(target_family = "wasm")]

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use switchboard_client::Connector;

struct Hello;
wasip3::cli::command::export!(Hello);

impl wasip3::exports::cli::run::Guest for Hello {
    async fn run() -> Result<(), ()> {
        hello().await.map_err(|error| eprintln!("{error}"))
    }
}

async fn hello() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, host, port] = arguments.as_slice() else {
        return Err("hello HOST PORT".into());
    };

    let mut connection = Connector::new(host, port.as_str()).connect().await?;
    connection.write_all(b"hello\n").await?;
    let mut answer = [0; 6];
    connection.read_exact(&mut answer).await?;
    print!("{}", String::from_utf8_lossy(&answer));
    connection.close().await?;
    Ok(())
}
