//! The race over all addresses, on real sockets: does what [`Race`] says.

use super::attempt::{Attempts, Established, Word};
use crate::combine::combine;
use crate::eyeballs::{Next, Race};
use crate::failure::{AttemptFailure, Failure};
use futures_lite::future::{or, poll_once};
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use wit_bindgen::rt::async_support::yield_async;

type Ended = Result<Established, Vec<AttemptFailure>>;

/// An attempt in flight. Dropping it calls it off and closes its socket.
struct Flying<'a> {
    candidate: usize,
    word: Rc<Word>,
    running: Pin<Box<dyn Future<Output = Ended> + 'a>>,
}

/// Connects to the first address that answers. The others are closed when this returns.
pub(super) async fn race(
    candidates: &[SocketAddr],
    attempts: Attempts<'_>,
) -> Result<Established, Failure> {
    let mut race = Race::new(candidates.len(), attempts.options.happy_eyeballs_delay);
    let mut flying: Vec<Flying<'_>> = Vec::new();
    // Indexed by candidates, as the list itself: the race names only those that it was made for.
    let mut failures = vec![Vec::new(); candidates.len()];
    let clock = attempts.steps.clock;
    loop {
        let ended = match race.next(clock.now()) {
            Next::Start(candidate) => {
                let word = Rc::new(Word::default());
                let mut attempt = Flying {
                    candidate,
                    running: Box::pin(attempts.run(candidates[candidate], word.clone())),
                    word,
                };
                let ended = poll_once(attempt.running.as_mut()).await;
                flying.push(attempt);
                // Its time counts from now that it runs, and not from when that was decided: it gets all of it.
                race.progressed(candidate, clock.now());
                ended.map(|ended| (candidate, ended))
            }
            Next::GiveUp(candidate) => give_up(&mut flying, candidate).await,
            Next::Wait(until) => {
                let time = async {
                    clock.run_out(until).await;
                    None
                };
                let ended = or(first(&mut flying), time).await;
                for attempt in &flying {
                    if attempt.word.progressed.take() {
                        race.progressed(attempt.candidate, clock.now());
                    }
                }
                ended
            }
            Next::Exhausted => {
                let failures = failures.into_iter().flatten().collect();
                return Err(combine(failures, attempts.options.all_errors));
            }
        };
        let Some((candidate, ended)) = ended else {
            continue;
        };
        flying.retain(|attempt| attempt.candidate != candidate);
        match ended {
            Ok(established) => return Ok(established),
            Err(why) => failures[candidate] = why,
        }
        race.failed(candidate);
        // It may have failed without having waited for anything. Then it is the turn of those who could end the call, as
        // there may be many addresses. Not in the attempt, which is polled a second time within the same turn.
        yield_async().await;
    }
}

/// Waits for the first attempt that ends, and gives its candidate and result, or nothing when one has progressed.
async fn first(flying: &mut [Flying<'_>]) -> Option<(usize, Ended)> {
    poll_fn(|context| {
        for attempt in flying.iter_mut() {
            if let Poll::Ready(ended) = attempt.running.as_mut().poll(context) {
                return Poll::Ready(Some((attempt.candidate, ended)));
            }
        }
        match flying.iter().any(|attempt| attempt.word.progressed.get()) {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    })
    .await
}

/// Ends an attempt that has had its time.
async fn give_up(flying: &mut [Flying<'_>], candidate: usize) -> Option<(usize, Ended)> {
    let attempt = flying.iter_mut().find(|it| it.candidate == candidate)?;
    attempt.word.give_up.raise();
    poll_once(attempt.running.as_mut())
        .await
        .map(|ended| (candidate, ended))
}
