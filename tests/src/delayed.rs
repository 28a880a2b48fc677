//! A peer that makes Nagle's algorithm wait: it confirms what came only with its answer, or when the kernel's timer for it has
//! run out (RFC 1122, section 4.2.3.2), and it answers only whole messages.

use crate::echo::serve;
use crate::place::IntoPlace;
use crate::worker::Worker;
use anyhow::Result;
use socket2::SockRef;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An echo of messages of a size.
#[derive(Debug)]
pub struct DelayedAcks {
    addr: SocketAddr,
    _worker: Worker,
}

impl DelayedAcks {
    /// At `at`, of messages of this size.
    pub fn start(at: impl IntoPlace, size: usize) -> Result<Self> {
        let (addr, _log, worker) = serve("delayed acks", at, move |stream, _entry| async move {
            // It ends with the connection.
            let _ = answer(stream, size).await;
        })?;
        Ok(Self {
            addr,
            _worker: worker,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

async fn answer(mut stream: TcpStream, size: usize) -> std::io::Result<()> {
    let mut message = vec![0; size];
    loop {
        let mut come = 0;
        while come < size {
            // The kernel forgets it again and again (tcp(7)).
            SockRef::from(&stream).set_tcp_quickack(false)?;
            match stream.read(&mut message[come..]).await? {
                0 => return Ok(()),
                count => come += count,
            }
        }
        stream.write_all(&message).await?;
    }
}
