//! Time.

use crate::Outcome;
use futures_lite::future::or;
use std::future::Future;
use std::time::Duration;

pub(crate) async fn sleep(time: Duration) {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    wasip3::clocks::monotonic_clock::wait_for(nanoseconds).await;
}

/// What the work gives, if it gives it in ten seconds.
pub(crate) async fn promptly<T>(work: impl Future<Output = T>) -> Outcome<T> {
    let late = async {
        sleep(Duration::from_secs(10)).await;
        Err("it took too long".into())
    };
    or(async { Ok(work.await) }, late).await
}
