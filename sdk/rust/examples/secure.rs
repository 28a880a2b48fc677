//! The second example of the README, word for word: the tests compare them, and run it.
#![cfg(target_family = "wasm")]

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use std::time::Duration;
use switchboard_client::{Connector, Tls, TlsContext, Trust, timeout};

struct Hello;
wasip3::cli::command::export!(Hello);

impl wasip3::exports::cli::run::Guest for Hello {
    async fn run() -> Result<(), ()> {
        hello().await.map_err(|error| eprintln!("{error}"))
    }
}

async fn hello() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, host, port, ca] = arguments.as_slice() else {
        return Err("hello HOST PORT CA.pem".into());
    };

    // Of one's own, and no other; `TlsContext::new()` would trust Mozilla's too.
    let context = TlsContext::trusting(Trust::None);
    context.add_roots(&std::fs::read(ca)?)?;
    let limit = Duration::from_secs(5);
    let connector = Connector::new(host, port.as_str())
        .tls(Tls::with(&context))
        .timeout(limit);

    let mut connection = connector.connect().await?;
    connection.write_all(b"hello\n").await?;
    let mut answer = [0; 6];
    timeout(limit, connection.read_exact(&mut answer)).await??;
    print!("{}", String::from_utf8_lossy(&answer));
    connection.close().await?;
    Ok(())
}
