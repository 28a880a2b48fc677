//! Time.

use crate::bindings::wasi::clocks::monotonic_clock;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// As WASI counts it; what is too long is as long as it can be.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) async fn sleep(duration: Duration) {
    monotonic_clock::wait_for(nanoseconds(duration)).await;
}

/// What the work gives, if it gives it in time.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut late = pin!(sleep(limit));
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        late.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// What the work gives, or `TimedOut` if it takes longer than this: then it is dropped, which of a `read` of a
/// [`Connection`](crate::Connection) loses nothing; of `read_exact` and its like nobody knows how far it had come. asyncio:
/// `wait_for`.
///
/// ```no_run
/// use std::time::Duration;
/// use futures_util::AsyncReadExt;
/// use switchboard_client::{Connection, timeout};
/// # async fn example(mut connection: Connection) -> std::io::Result<()> {
/// let mut answer = [0; 100];
/// let count = timeout(Duration::from_secs(5), connection.read(&mut answer)).await??;
/// # Ok(())
/// # }
/// ```
pub async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> io::Result<T> {
    within(limit, work).await.ok_or_else(|| {
        let text = format!("it took longer than {limit:?}");
        io::Error::new(io::ErrorKind::TimedOut, text)
    })
}
