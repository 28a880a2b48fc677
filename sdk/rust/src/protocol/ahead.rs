//! What is read of a peer while its protocol does not want it: asyncio's flow control of TLS (`_control_ssl_reading`).

use super::flow::Limits;

#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    given: usize,
    /// The higher limit was reached, and the lower one not yet.
    full: bool,
    /// No more will come; the protocol is told when it reads again.
    pub(super) ended: bool,
}

impl Ahead {
    /// What the protocol was not given yet.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.given..).unwrap_or_default()
    }

    /// Whether more should be read.
    pub(super) fn wants(&mut self, limits: Limits) -> bool {
        let size = self.unread().len();
        if size >= limits.high {
            self.full = true;
        } else if size <= limits.low {
            self.full = false;
        }
        !self.full && !self.ended
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        // A protocol that never takes all would otherwise have everything kept that it was ever given.
        if self.given > self.bytes.len() / 2 {
            self.bytes.drain(..self.given);
            self.given = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// That much was given to the protocol.
    pub(super) fn consume(&mut self, count: usize) {
        self.given += count;
        if self.unread().is_empty() {
            self.bytes.clear();
            self.given = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_2_reading_stops_at_the_higher_limit_and_goes_on_at_the_lower() {
        let limits = Limits { high: 8, low: 2 };
        let mut ahead = Ahead::default();
        for _ in 0..4 {
            assert!(ahead.wants(limits));
            ahead.push(b"ab");
        }
        assert!(!ahead.wants(limits));
        ahead.consume(5);
        assert_eq!(ahead.unread(), b"bab");
        assert!(!ahead.wants(limits));
        ahead.consume(1);
        assert!(ahead.wants(limits));
        ahead.consume(2);
        assert_eq!(ahead.unread(), b"");
    }

    #[test]
    fn what_was_given_is_not_kept() {
        let mut ahead = Ahead::default();
        ahead.push(&[1; 1000]);
        for _ in 0..10_000 {
            ahead.push(&[1; 100]);
            ahead.consume(100);
            assert_eq!(ahead.unread().len(), 1000);
        }
        assert!(ahead.bytes.capacity() < 8192, "{}", ahead.bytes.capacity());
    }

    #[test]
    fn d_2_no_room_is_nothing_ahead() {
        let mut ahead = Ahead::default();
        assert!(!ahead.wants(Limits { high: 0, low: 0 }));
        assert!(ahead.wants(Limits::READ));
        ahead.ended = true;
        assert!(!ahead.wants(Limits::READ));
    }
}
