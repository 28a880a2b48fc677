//! Who waits for the end of a transport.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Whether it is over, for which these wait.
#[derive(Debug, Default)]
pub(super) struct Closed {
    over: Cell<bool>,
    next: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Waker>>,
}

/// One that waits, whose place is free when it goes.
struct Waiter<'a> {
    closed: &'a Closed,
    place: u64,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let waker = self.closed.waiting.borrow_mut().remove(&self.place);
        drop(waker);
    }
}

impl Closed {
    pub(super) fn is_set(&self) -> bool {
        self.over.get()
    }

    pub(super) fn set(&self) {
        self.over.set(true);
        for waker in self.waiting.take().into_values() {
            waker.wake();
        }
    }

    pub(super) async fn wait(&self) {
        let place = self.next.get();
        self.next.set(place.wrapping_add(1));
        let waiter = Waiter {
            closed: self,
            place,
        };
        poll_fn(|context| {
            if self.over.get() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            let before = self.waiting.borrow_mut().insert(waiter.place, waker);
            drop(before);
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn who_waits_has_one_place_and_gives_it_back() {
        let closed = Closed::default();
        let mut context = Context::from_waker(Waker::noop());
        {
            let (mut one, mut two) = (pin!(closed.wait()), pin!(closed.wait()));
            for _ in 0..100 {
                assert!(one.as_mut().poll(&mut context).is_pending());
                assert!(two.as_mut().poll(&mut context).is_pending());
            }
            assert_eq!(closed.waiting.borrow().len(), 2);
        }
        assert_eq!(closed.waiting.borrow().len(), 0);
        let mut three = pin!(closed.wait());
        assert!(three.as_mut().poll(&mut context).is_pending());
        closed.set();
        assert!(three.as_mut().poll(&mut context).is_ready());
    }
}
