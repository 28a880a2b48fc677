//! Time.

use crate::bindings::wasi::clocks::monotonic_clock;
use futures_lite::future::or;
use std::future::Future;
use std::time::Duration;

/// A point in time.
pub(crate) struct Instant(u64);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(monotonic_clock::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now().saturating_sub(self.0))
    }
}

pub(crate) async fn sleep(duration: Duration) {
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    monotonic_clock::wait_for(nanoseconds).await;
}

/// What the work gives, if it gives it in time.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let late = async {
        sleep(limit).await;
        Err(format!("took longer than {limit:?}"))
    };
    or(work, late).await
}
