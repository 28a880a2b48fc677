//! Chance that can be repeated: the same seed, the same numbers.

use crate::clock::sleep;
use futures_lite::future::yield_now;
use std::time::Duration;

/// SplitMix64.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to less than this.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// As likely between 1 and 2 as between 100 and 200.
    fn by_magnitude(&mut self, bits: usize) -> u64 {
        self.next() & ((1 << self.below(bits + 1)) - 1)
    }

    /// A moment to come. Timers are not finer than a millisecond, so half of them are counted in turns.
    pub(crate) fn moment(&mut self) -> Moment {
        match self.below(2) {
            0 => Moment::Turns(self.by_magnitude(9)),
            _ => Moment::After(Duration::from_millis(self.by_magnitude(6))),
        }
    }
}

/// A moment to come.
pub(crate) enum Moment {
    /// When the host had its turn this often.
    Turns(u64),
    /// After this time.
    After(Duration),
}

impl Moment {
    pub(crate) async fn pass(self) {
        match self {
            Moment::Turns(turns) => {
                for _ in 0..turns {
                    yield_now().await;
                }
            }
            Moment::After(time) => sleep(time).await,
        }
    }
}
