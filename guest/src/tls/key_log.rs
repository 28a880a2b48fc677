//! The secrets of sessions, for debugging: what `SSLKEYLOGFILE` has elsewhere.

use super::certificate::hex;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many lines are kept: a session of TLS 1.3 has five, so those of 1,000 sessions. It is lines that are counted, as a
/// peer could give all its sessions the same random number.
const LINES: usize = 5_000;

/// Keeps the newest secrets until they are taken.
#[derive(Default)]
pub struct KeyLog {
    lines: Mutex<VecDeque<String>>,
}

impl KeyLog {
    /// What was kept since the last time, in the format of NSS: a label, the client's random number and the secret in each
    /// line.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.lines()).into_iter().collect()
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut lines = self.lines();
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(format!("{label} {} {}\n", hex(client_random), hex(secret)));
    }
}

/// Without the secrets.
impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLog").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::KeyLog as _;

    #[test]
    fn the_newest_are_kept() {
        let log = KeyLog::default();
        for session in 0..=1_000_u32 {
            for label in ["A", "B", "C", "D", "E"] {
                log.log(label, &session.to_be_bytes(), &[0xab, 0xcd]);
            }
        }
        let kept = log.take();
        assert_eq!(kept.lines().count(), LINES);
        assert_eq!(kept.lines().next(), Some("A 00000001 abcd"));
        assert_eq!(kept.lines().last(), Some("E 000003e8 abcd"));
        assert_eq!(log.take(), "");
    }
}
