//! `chat HOST PORT`: says what you type, and shows what others say, by asyncio's protocols.
#![cfg(target_family = "wasm")]

use std::io::Write;
use switchboard_client::protocol::{Callback, Protocol, Transport, create_connection};
use switchboard_client::{Connector, Error};

struct Chat;
wasip3::cli::command::export!(Chat);

impl wasip3::exports::cli::run::Guest for Chat {
    async fn run() -> Result<(), ()> {
        talk().await.map_err(|error| eprintln!("{error}"))
    }
}

/// Shows what comes.
struct Screen;

impl Protocol for Screen {
    fn connection_made(&self, transport: &Transport) -> Callback {
        println!("connected: {:?}", transport.get_extra_info("peername"));
        Ok(())
    }

    fn data_received(&self, data: &[u8]) -> Callback {
        Ok(std::io::stdout().write_all(data)?)
    }

    fn connection_lost(&self, reason: Option<&Error>) {
        match reason {
            Some(error) => println!("lost: {error}"),
            None => println!("goodbye"),
        }
    }
}

async fn talk() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, host, port] = arguments.as_slice() else {
        return Err("chat HOST PORT".into());
    };
    let connector = Connector::new(host, port.as_str());
    let (transport, _screen) = create_connection(|| Screen, connector).await?;
    let (mut keyboard, _) = wasip3::cli::stdin::read_via_stream();
    while let Some(byte) = keyboard.next().await {
        transport.write(&[byte])?;
    }
    // Nothing more is said; the others may go on until they have said goodbye.
    transport.write_eof()?;
    transport.wait_closed().await;
    Ok(())
}
