//! `http HOST PORT [CA.pem]`: fetches the front page of a web server by HTTP/1.1 over TLS, and prints it.
#![cfg(target_family = "wasm")]

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use switchboard_client::{Connector, Tls, TlsContext};

struct Http;
wasip3::cli::command::export!(Http);

impl wasip3::exports::cli::run::Guest for Http {
    async fn run() -> Result<(), ()> {
        fetch().await.map_err(|error| eprintln!("{error}"))
    }
}

async fn fetch() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, host, port, roots @ ..] = arguments.as_slice() else {
        return Err("http HOST PORT [CA.pem]".into());
    };
    let context = TlsContext::new();
    context.set_alpn_protocols(["http/1.1"])?;
    for path in roots {
        context.add_roots(&std::fs::read(path)?)?;
    }

    let connector = Connector::new(host, port.as_str()).tls(Tls::with(&context));
    let mut connection = connector.connect().await?;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;

    let mut page = Vec::new();
    connection.read_to_end(&mut page).await?;
    println!("{}", String::from_utf8_lossy(&page));
    connection.close().await?;
    Ok(())
}
