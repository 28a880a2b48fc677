//! A session and the TCP connection that it speaks on.

use crate::bindings::switchboard::connect::tls::TlsFailure;
use crate::bindings::switchboard::connect::tls_engine::{Session, State};
use crate::bindings::wasi::sockets::types::{ErrorCode, TcpSocket};
use crate::ends::{Sink, Source};
use crate::json::outcome;
use serde_json::{Value, json};
use std::future::Future;

/// The most that is taken from the engine at a time.
const CHUNK: u32 = 64 * 1024;

pub(super) struct Wire {
    pub(super) session: Session,
    source: Source,
    sink: Sink,
    /// What has come and the engine has not taken.
    unfed: Vec<u8>,
    /// How many bytes are fed at a time.
    piece: usize,
}

/// Why it does not go on.
pub(super) enum Broken {
    Tls(TlsFailure),
    /// TCP has ended in the middle of the handshake, or cannot be written.
    Gone,
}

impl Broken {
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Tls(failure) => json!({ "tls": outcome::tls(failure) }),
            Self::Gone => json!("gone"),
        }
    }
}

impl Wire {
    /// Also the future that tells how sending ended, which is for a background that nobody waits for.
    pub(super) fn new(
        session: Session,
        socket: &TcpSocket,
        piece: Option<usize>,
    ) -> (Self, impl Future<Output = Result<(), ErrorCode>>) {
        let (sink, outgoing) = Sink::new();
        let sent = socket.send(outgoing);
        let (incoming, _received) = socket.receive();
        let wire = Self {
            session,
            source: Source::new(incoming),
            sink,
            unfed: Vec::new(),
            piece: piece.unwrap_or(usize::MAX),
        };
        (wire, async { sent.await })
    }

    /// Until both sides may send.
    pub(super) async fn handshake(&mut self) -> Result<(), Broken> {
        loop {
            self.flush().await?;
            if self.session.status().state != State::Handshaking {
                return Ok(());
            }
            if !self.fill().await? {
                return Err(Broken::Gone);
            }
        }
    }

    /// Hands everything to TCP that the engine has for the peer.
    pub(super) async fn flush(&mut self) -> Result<(), Broken> {
        loop {
            let mut bytes = self.session.drain(CHUNK);
            if bytes.is_empty() {
                return Ok(());
            }
            if !self.sink.write(&mut bytes).await {
                return Err(Broken::Gone);
            }
        }
    }

    /// Waits for bytes and feeds them; `false` if there are no more.
    async fn fill(&mut self) -> Result<bool, Broken> {
        if self.unfed.is_empty() && !self.source.read(&mut self.unfed).await {
            return Ok(false);
        }
        let piece = self.piece.min(self.unfed.len());
        let taken = self.session.feed(&self.unfed[..piece]);
        match taken {
            Ok(taken) => {
                self.unfed.drain(..taken as usize);
                Ok(true)
            }
            Err(failure) => {
                // The peer is told why.
                let _ = self.flush().await;
                Err(Broken::Tls(failure))
            }
        }
    }

    /// Plaintext; none at the end of it.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            let bytes = self.session.read(CHUNK);
            if !bytes.is_empty() || self.session.status().peer_closed {
                return Ok(bytes);
            }
            if !self.fill().await? {
                return match self.session.feed_end() {
                    Ok(()) => Ok(Vec::new()),
                    Err(failure) => Err(Broken::Tls(failure)),
                };
            }
            // An answer to a key update, and the like.
            self.flush().await?;
        }
    }

    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        while !bytes.is_empty() {
            let taken = self.session.write(bytes).map_err(Broken::Tls)?;
            bytes = &bytes[taken as usize..];
            self.flush().await?;
        }
        Ok(())
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) -> Result<(), Broken> {
        self.session.close();
        self.flush().await
    }
}
