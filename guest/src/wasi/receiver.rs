//! The receiving side of a connection: what has arrived, and how it ended.

use super::failure::StreamFailure;
use super::inbound::Inbound;
use super::sockets::StreamSocket;

/// The receiving side.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) inbound: Inbound,
    /// With TLS: what was decrypted and not yet given out.
    pub(super) plaintext: Vec<u8>,
    /// How much of the bytes to give out was given out: taking them from the front of a buffer would move the rest.
    given: usize,
    /// How it ended, if it did.
    pub(super) end: Option<Result<(), StreamFailure>>,
}

impl Receiver {
    /// Begins to receive.
    pub(super) fn new(socket: &StreamSocket) -> Self {
        Self {
            inbound: Inbound::socket(socket.receive()),
            plaintext: Vec::new(),
            given: 0,
            end: None,
        }
    }

    /// What there is to give out: with TLS what was decrypted.
    pub(super) fn bytes(&mut self, tls: bool) -> &mut Vec<u8> {
        match tls {
            true => &mut self.plaintext,
            false => self.inbound.buffer(),
        }
    }

    /// How many bytes were not given out yet.
    pub(super) fn unread(&mut self, tls: bool) -> usize {
        let given = self.given;
        self.bytes(tls).len() - given
    }

    /// Gives out at most `limit` bytes.
    pub(super) fn give(&mut self, tls: bool, limit: usize) -> Vec<u8> {
        let given = self.given;
        let bytes = self.bytes(tls);
        let until = given.saturating_add(limit).min(bytes.len());
        if given == 0 && until == bytes.len() {
            return std::mem::take(bytes);
        }
        let some = bytes.get(given..until).unwrap_or_default().to_vec();
        let all = until == bytes.len();
        if all {
            bytes.clear();
        }
        self.given = if all { 0 } else { until };
        some
    }
}
