//! Time, counted from the start of a call.

use super::bindings::wasi::clocks::monotonic_clock;
use std::time::Duration;

/// A clock that starts at 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: u64,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: monotonic_clock::now(),
        }
    }

    /// The time since the start.
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now().saturating_sub(self.started))
    }

    /// Waits until that long after the start.
    pub(super) async fn wait_until(&self, time: Duration) {
        let when = self.started.saturating_add(nanoseconds(time));
        monotonic_clock::wait_until(when).await;
    }

    /// Waits until a limit, if there is one, has run out; without one, for ever.
    pub(super) async fn run_out(&self, limit: Option<Duration>) {
        match limit {
            Some(limit) => self.wait_until(limit).await,
            None => std::future::pending().await,
        }
    }
}

/// As WASI counts: 584 years are enough.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Waits that long.
pub(super) async fn sleep(duration: Duration) {
    monotonic_clock::wait_for(nanoseconds(duration)).await;
}
