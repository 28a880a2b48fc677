//! `chat HOST PORT`: says what you type, and shows what others say, by asyncio's protocols.
#![cfg(target_family = "wasm")]

use futures_lite::future::or;
use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write;
use std::task::{Poll, Waker};
use switchboard_client::protocol::{Callback, Protocol, Transport, create_connection};
use switchboard_client::{Connector, Error};

struct Chat;
wasip3::cli::command::export!(Chat);

impl wasip3::exports::cli::run::Guest for Chat {
    async fn run() -> Result<(), ()> {
        talk().await.map_err(|error| eprintln!("{error}"))
    }
}

/// Shows what comes, and knows whether what is typed is to wait.
#[derive(Default)]
struct Screen {
    paused: Cell<bool>,
    waiting: Cell<Option<Waker>>,
}

impl Screen {
    /// Waits while the others do not take what was said.
    async fn may_write(&self) {
        poll_fn(|context| {
            if !self.paused.get() {
                return Poll::Ready(());
            }
            self.waiting.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

impl Protocol for Screen {
    fn connection_made(&self, transport: &Transport) -> Callback {
        println!("connected: {:?}", transport.get_extra_info("peername"));
        Ok(())
    }

    fn data_received(&self, data: &[u8]) -> Callback {
        Ok(std::io::stdout().write_all(data)?)
    }

    fn pause_writing(&self) -> Callback {
        self.paused.set(true);
        Ok(())
    }

    fn resume_writing(&self) -> Callback {
        self.paused.set(false);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
        Ok(())
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
    let (transport, screen) = create_connection(Screen::default, connector).await?;
    let (mut keyboard, _) = wasip3::cli::stdin::read_via_stream();
    let typing = async {
        while let Some(byte) = keyboard.next().await {
            screen.may_write().await;
            transport.write(&[byte])?;
        }
        // Nothing more is said; the others may go on until they have said goodbye.
        transport.write_eof()?;
        transport.wait_closed().await;
        Ok(())
    };
    // They may say it while nobody types.
    let closed = async {
        transport.wait_closed().await;
        Ok(())
    };
    or(closed, typing).await
}
