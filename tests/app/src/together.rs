//! Many futures at once in one task.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Work that may fail.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// Does all of it at once, until all is done or something has failed.
pub(crate) async fn all(mut works: Vec<Work<'_>>) -> Result<(), String> {
    poll_fn(|context| {
        let mut failed = None;
        works.retain_mut(|work| match work.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(why)) => {
                failed.get_or_insert(why);
                false
            }
        });
        match failed {
            Some(why) => Poll::Ready(Err(why)),
            None if works.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}
