//! A server that speaks TLS only after a dialogue without.

use crate::behaviour::{Behaviour, play};
use crate::certs::Leaf;
use crate::echo::serve;
use crate::log::{End, Entry, Log, Recorder};
use crate::place::IntoPlace;
use crate::scripted::{Step, play_on};
use crate::tls::{Options, describe, server_config};
use crate::worker::Worker;
use anyhow::Result;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What is asked for inside of TLS, where there is to be more of it, and the answer.
pub const MORE: &[u8] = b"STARTTLS\n";
/// The answer to [`MORE`].
pub const GO: &[u8] = b"GO\n";

/// How a server of this kind is to be.
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    /// What comes before TLS.
    pub script: Vec<Step>,
    /// TLS is spoken inside of TLS, after [`MORE`] and [`GO`].
    pub twice: bool,
}

/// A server on loopback; stops, with all its connections, when dropped. Behind its dialogue it is an echo.
#[derive(Debug)]
pub struct StartTlsServer {
    addr: SocketAddr,
    log: Recorder,
    _worker: Worker,
}

impl StartTlsServer {
    /// Serves at `at` with the certificate of `leaf`. The log has what was read before TLS, and the innermost session.
    pub fn start(at: impl IntoPlace, leaf: &Leaf, dialogue: Dialogue) -> Result<Self> {
        let acceptor = TlsAcceptor::from(server_config(leaf, &Options::default())?);
        let dialogue = Arc::new(dialogue);
        let (addr, log, worker) = serve("starttls server", at, move |stream, entry| {
            let (acceptor, dialogue) = (acceptor.clone(), dialogue.clone());
            async move {
                if let Err(error) = talk(stream, &acceptor, &dialogue, &entry).await {
                    entry.end(End::Handshake(error.to_string()));
                }
            }
        })?;
        Ok(Self {
            addr,
            log,
            _worker: worker,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it saw so far.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log.get()
    }

    /// Waits until `seen` is true of what it saw, at most for `limit`.
    pub async fn until(&self, limit: Duration, seen: impl FnMut(&Log) -> bool) -> Result<Log> {
        self.log.until(limit, seen).await
    }
}

async fn talk(
    mut stream: TcpStream,
    acceptor: &TlsAcceptor,
    dialogue: &Dialogue,
    entry: &Entry,
) -> io::Result<()> {
    let end = play_on(&mut stream, &dialogue.script, entry).await?;
    if end != End::Ours {
        entry.end(end);
        return Ok(());
    }
    let mut stream = acceptor.accept(stream).await?;
    if !dialogue.twice {
        let session = describe(stream.get_ref().1);
        entry.change(|c| c.session = Some(session));
        play(stream, Behaviour::Echo, entry).await;
        return Ok(());
    }
    let mut asked = [0; MORE.len()];
    stream.read_exact(&mut asked).await?;
    if asked != MORE {
        return Err(io::Error::other("something else than more TLS is wanted"));
    }
    stream.write_all(GO).await?;
    stream.flush().await?;
    let stream = acceptor.accept(stream).await?;
    let session = describe(stream.get_ref().1);
    entry.change(|c| c.session = Some(session));
    play(stream, Behaviour::Echo, entry).await;
    Ok(())
}
