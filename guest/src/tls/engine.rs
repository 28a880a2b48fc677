//! A TLS session with its buffers, for a program that moves the bytes itself: the `session` of the WIT's `tls-engine`.
//! Whatever the peer does, what it holds is bounded.

use super::session::{Facts, Session};
use crate::failure::TlsFailure;

/// asyncio's upper watermarks (ASYNCIO D.2).
const PLAINTEXT_LIMIT: usize = 256 * 1024;
const CIPHERTEXT_LIMIT: usize = 512 * 1024;

/// How much is encrypted or decrypted between two looks at the limits: the largest record's plaintext (RFC 8446, section
/// 5.1).
const PIECE: usize = 16 * 1024;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Both sides are still agreeing.
    Handshaking,
    /// Both may send.
    Open,
    /// One has said that it will send no more.
    Closing,
    /// Neither has more to say, or the session has failed.
    Closed,
}

/// What a session can do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Status {
    pub state: State,
    pub wants_read: bool,
    pub wants_write: bool,
    pub readable: usize,
    pub peer_closed: bool,
}

/// One side of a TLS session.
#[derive(Debug)]
pub struct Engine {
    session: Session,
    plaintext: Pending,
    ciphertext: Pending,
    plaintext_limit: usize,
    ciphertext_limit: usize,
}

impl Engine {
    /// On a session that has not begun.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            plaintext: Pending::default(),
            ciphertext: Pending::default(),
            plaintext_limit: PLAINTEXT_LIMIT,
            ciphertext_limit: CIPHERTEXT_LIMIT,
        }
    }

    /// How much may wait before no more is taken.
    pub fn set_limits(&mut self, plaintext: usize, ciphertext: usize) {
        self.plaintext_limit = plaintext.max(1);
        self.ciphertext_limit = ciphertext.max(1);
    }

    /// Takes ciphertext, which is decrypted in its place, and says how much of it.
    pub fn feed(&mut self, ciphertext: &mut [u8]) -> Result<usize, TlsFailure> {
        let mut taken = 0;
        for piece in ciphertext.chunks_mut(PIECE) {
            if self.plaintext.len() >= self.plaintext_limit {
                break;
            }
            self.session.feed(piece, self.plaintext.append())?;
            taken += piece.len();
        }
        Ok(taken)
    }

    /// The peer's bytes have ended.
    pub fn feed_end(&mut self) -> Result<(), TlsFailure> {
        self.session.feed_end()
    }

    /// Gives ciphertext for the peer.
    pub fn drain(&mut self, limit: usize) -> Vec<u8> {
        self.session.take(self.ciphertext.append());
        self.ciphertext.give(limit)
    }

    /// Gives plaintext.
    pub fn read(&mut self, limit: usize) -> Vec<u8> {
        self.plaintext.give(limit)
    }

    /// Takes plaintext, and says how much of it.
    pub fn write(&mut self, plaintext: &[u8]) -> Result<usize, TlsFailure> {
        if self.session.closed() {
            return Err(TlsFailure::Protocol(
                "no more can be written after close".into(),
            ));
        }
        let mut taken = 0;
        for piece in plaintext.chunks(PIECE) {
            if self.session.is_handshaking() || self.ciphertext.len() >= self.ciphertext_limit {
                break;
            }
            self.session.write(piece, self.ciphertext.append())?;
            taken += piece.len();
        }
        match self.session.failure() {
            Some(failure) if taken == 0 && *failure != TlsFailure::Truncated => {
                Err(failure.clone())
            }
            _ => Ok(taken),
        }
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        self.session.close();
    }

    /// What it can do next.
    pub fn status(&self) -> Status {
        let session = &self.session;
        let (closed, peer_closed) = (session.closed(), session.peer_closed());
        let state = if session.failure().is_some() || (closed && peer_closed) {
            State::Closed
        } else if closed || peer_closed {
            State::Closing
        } else if session.is_handshaking() {
            State::Handshaking
        } else {
            State::Open
        };
        let waits = session.failure().is_none() && !peer_closed;
        Status {
            state,
            wants_read: waits && self.plaintext.len() < self.plaintext_limit,
            wants_write: session.wants_write() || self.ciphertext.len() > 0,
            readable: self.plaintext.len(),
            peer_closed,
        }
    }

    /// What was agreed on.
    pub fn facts(&self) -> Option<Facts> {
        self.session.facts()
    }
}

/// Bytes that are given out from the front.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    given: usize,
}

impl Pending {
    fn len(&self) -> usize {
        self.bytes.len() - self.given
    }

    /// Where more can be appended.
    fn append(&mut self) -> &mut Vec<u8> {
        // Moved to the front only when that is less work than it saves.
        if self.given > self.bytes.len() / 2 {
            self.bytes.drain(..self.given);
            self.given = 0;
        }
        &mut self.bytes
    }

    fn give(&mut self, limit: usize) -> Vec<u8> {
        if self.given == 0 && limit >= self.bytes.len() {
            return std::mem::take(&mut self.bytes);
        }
        let until = self.given.saturating_add(limit).min(self.bytes.len());
        let some = self.bytes.get(self.given..until).unwrap_or_default();
        let some = some.to_vec();
        self.given = until;
        if self.len() == 0 {
            self.bytes.clear();
            self.given = 0;
        }
        some
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::context::{Context, Trust};
    use rustls::ServerConfig;
    use std::sync::Arc;

    fn pair() -> (Engine, Engine) {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(switchboard_crypto::provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let mut context = Context::new(Trust::None);
        context.load_verify_locations(made.cert.der()).unwrap();
        let client = Session::client(context.client_config().unwrap(), Some("a.example"));
        let server = Session::server(Arc::new(server));
        (Engine::new(client.unwrap()), Engine::new(server.unwrap()))
    }

    /// Moves all ciphertext, as far as the other side takes it.
    fn shuttle(one: &mut Engine, other: &mut Engine) {
        loop {
            let mut there = one.drain(usize::MAX);
            assert_eq!(other.feed(&mut there).unwrap(), there.len());
            let mut back = other.drain(usize::MAX);
            assert_eq!(one.feed(&mut back).unwrap(), back.len());
            if there.is_empty() && back.is_empty() {
                return;
            }
        }
    }

    fn open() -> (Engine, Engine) {
        let (mut client, mut server) = pair();
        shuttle(&mut client, &mut server);
        (client, server)
    }

    fn state(engine: &Engine) -> State {
        engine.status().state
    }

    #[test]
    fn from_the_hello_to_the_goodbye() {
        let (mut client, mut server) = pair();
        assert_eq!(state(&client), State::Handshaking);
        assert!(client.status().wants_write && !server.status().wants_write);
        assert_eq!(client.write(b"too early"), Ok(0));
        shuttle(&mut client, &mut server);
        assert_eq!((state(&client), state(&server)), (State::Open, State::Open));
        assert!(client.facts().is_some() && server.facts().is_some());

        assert_eq!(client.write(b"hello"), Ok(5));
        shuttle(&mut client, &mut server);
        assert_eq!(server.status().readable, 5);
        assert_eq!(server.read(2), b"he");
        assert_eq!(server.read(9), b"llo");

        client.close();
        shuttle(&mut client, &mut server);
        assert_eq!(state(&client), State::Closing);
        assert_eq!(state(&server), State::Closing);
        assert!(server.status().peer_closed && !server.status().wants_read);
        assert!(matches!(client.write(b"x"), Err(TlsFailure::Protocol(_))));
        // The other direction is open still.
        assert_eq!(server.write(b"late"), Ok(4));
        server.close();
        shuttle(&mut client, &mut server);
        assert_eq!(client.read(9), b"late");
        assert_eq!(state(&client), State::Closed);
        assert_eq!(client.feed_end(), Ok(()));
    }

    #[test]
    fn d2_what_waits_is_bounded() {
        let (mut client, mut server) = open();
        client.set_limits(1, 100_000);
        let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
        let taken = client.write(&data).unwrap();
        assert!((100_000..120_000).contains(&taken), "{taken}");
        assert_eq!(client.write(&data), Ok(0));

        server.set_limits(50_000, 1);
        let (mut rest, mut heard, mut most) = (&data[taken..], Vec::new(), 0);
        let mut wire = client.drain(usize::MAX);
        while !(wire.is_empty() && rest.is_empty()) {
            let fed = server.feed(&mut wire).unwrap();
            wire.drain(..fed);
            most = most.max(server.status().readable);
            heard.extend(server.read(30_000));
            if wire.is_empty() {
                let taken = client.write(rest).unwrap();
                rest = &rest[taken..];
                wire = client.drain(usize::MAX);
            }
        }
        heard.extend(server.read(usize::MAX));
        assert_eq!(heard, data);
        assert!(most < 50_000 + 2 * PIECE, "{most}");
    }

    #[test]
    fn a_failure_stays_and_there_is_an_alert() {
        let (mut client, mut server) = open();
        server.write(b"good").unwrap();
        let mut wire = server.drain(usize::MAX);
        wire.extend([23, 3, 3, 0, 17]);
        wire.extend([0; 17]);
        let failure = client.feed(&mut wire).unwrap_err();
        assert_eq!(client.feed(&mut b"more".to_vec()), Err(failure.clone()));
        assert_eq!(client.write(b"more"), Err(failure));
        assert_eq!(client.read(9), b"good");
        assert_eq!(state(&client), State::Closed);
        assert!(client.status().wants_write && !client.status().wants_read);
        let mut alert = client.drain(usize::MAX);
        assert!(server.feed(&mut alert).is_err());
    }

    #[test]
    fn a_peer_that_is_gone_can_still_be_told() {
        let (mut client, mut server) = open();
        assert_eq!(client.feed_end(), Err(TlsFailure::Truncated));
        assert_eq!(client.write(b"still heard"), Ok(11));
        server.feed(&mut client.drain(usize::MAX)).unwrap();
        assert_eq!(server.read(99), b"still heard");
    }

    #[test]
    fn ciphertext_in_any_pieces() {
        for piece in [1, 3, 1000] {
            let (mut client, mut server) = open();
            client.write(&[7; 40_000]).unwrap();
            let mut heard = Vec::new();
            loop {
                let mut wire = client.drain(piece);
                if wire.is_empty() {
                    break;
                }
                server.feed(&mut wire).unwrap();
                heard.extend(server.read(usize::MAX));
            }
            assert_eq!(heard, [7; 40_000]);
        }
    }
}
