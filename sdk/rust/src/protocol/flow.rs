//! When writing is paused and resumed: asyncio's `_FlowControlMixin`.

use crate::Error;

/// Above this much unsent writing is paused, and resumed at that much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) high: usize,
    pub(super) low: usize,
}

impl Limits {
    /// Of plain streams and datagrams.
    pub(super) const PLAIN: usize = 64 * 1024;
    /// Of TLS.
    pub(super) const TLS: usize = 512 * 1024;
    /// Of what TLS reads ahead.
    pub(super) const READ: Self = Self {
        high: 256 * 1024,
        low: 64 * 1024,
    };

    /// What is left out is a quarter, or four times, of what is given.
    pub(super) fn new(
        high: Option<usize>,
        low: Option<usize>,
        default: usize,
    ) -> Result<Self, Error> {
        let high = high.unwrap_or_else(|| low.map_or(default, |low| low.saturating_mul(4)));
        let low = low.unwrap_or(high / 4);
        match high >= low {
            true => Ok(Self { high, low }),
            false => Err(Error::invalid(format!(
                "high ({high}) must be >= low ({low}) must be >= 0"
            ))),
        }
    }
}

/// What to tell the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Pause,
    Resume,
}

/// Whether writing is paused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    pub(super) limits: Limits,
    /// TLS pauses at the limit, everything else above it.
    inclusive: bool,
    paused: bool,
}

impl Flow {
    pub(super) fn new(tls: bool) -> Self {
        let high = if tls { Limits::TLS } else { Limits::PLAIN };
        Self {
            limits: Limits {
                high,
                low: high / 4,
            },
            inclusive: tls,
            paused: false,
        }
    }

    /// The same with other limits.
    pub(super) fn with(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub(super) fn paused(&self) -> bool {
        self.paused
    }

    /// As paused as it was, with the limits of TLS.
    pub(super) fn secured(self) -> Self {
        Self {
            paused: self.paused,
            ..Self::new(true)
        }
    }

    /// After something was added, or the limits were set.
    pub(super) fn added(&mut self, size: usize) -> Option<Turn> {
        let over = size > self.limits.high || (self.inclusive && size == self.limits.high);
        let begins = over && !self.paused;
        self.paused |= over;
        begins.then_some(Turn::Pause)
    }

    /// After something was sent.
    pub(super) fn sent(&mut self, size: usize) -> Option<Turn> {
        let done = self.paused && size <= self.limits.low;
        self.paused &= !done;
        done.then_some(Turn::Resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(high: Option<usize>, low: Option<usize>) -> Option<(usize, usize)> {
        let limits = Limits::new(high, low, Limits::PLAIN).ok()?;
        Some((limits.high, limits.low))
    }

    #[test]
    fn d_1_limits() {
        assert_eq!(limits(None, None), Some((65536, 16384)));
        assert_eq!(limits(Some(400), None), Some((400, 100)));
        assert_eq!(limits(None, Some(100)), Some((400, 100)));
        assert_eq!(limits(Some(0), None), Some((0, 0)));
        assert_eq!(limits(Some(100), Some(100)), Some((100, 100)));
        assert_eq!(limits(Some(99), Some(100)), None);
        let error = Limits::new(Some(99), Some(100), Limits::PLAIN).unwrap_err();
        let text = "high (99) must be >= low (100) must be >= 0";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn d_1_pauses_strictly_above_and_d_2_at_the_limit() {
        for (tls, first) in [(false, 101), (true, 100)] {
            let mut flow = Flow::new(tls);
            flow.limits = Limits { high: 100, low: 25 };
            assert_eq!(flow.added(first - 1), None);
            assert_eq!(flow.added(first), Some(Turn::Pause));
            assert_eq!(flow.added(first + 1), None);
            assert_eq!(flow.sent(26), None);
            assert_eq!(flow.sent(25), Some(Turn::Resume));
            assert_eq!(flow.sent(0), None);
        }
    }

    #[test]
    fn d_2_high_zero_pauses_an_empty_buffer() {
        for (tls, told) in [(false, None), (true, Some(Turn::Pause))] {
            let mut flow = Flow::new(tls);
            flow.limits = Limits { high: 0, low: 0 };
            assert_eq!(flow.added(0), told);
        }
    }
}
