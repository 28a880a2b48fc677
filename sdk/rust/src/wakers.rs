//! Who waits for a direction of a connection.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// The two sides that wait for what is being sent: who sends it, and who waits for the answer. Both are woken, and either
/// drives it on: an answer would not come if the end of the question was left lying.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    sender: Mutex<Option<Waker>>,
    receiver: Mutex<Option<Waker>>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Sender,
    Receiver,
}

impl Wakers {
    /// From now on this one waits.
    pub(crate) fn register(&self, side: Side, context: &Context<'_>) {
        let slot = match side {
            Side::Sender => &self.sender,
            Side::Receiver => &self.receiver,
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *slot {
            Some(waker) => waker.clone_from(context.waker()),
            None => *slot = Some(context.waker().clone()),
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for slot in [&self.sender, &self.receiver] {
            let waiting = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waiting {
                waker.wake();
            }
        }
    }
}

/// Any number that wait for the same: all are woken.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    next: AtomicU64,
    wakers: Mutex<BTreeMap<u64, Waker>>,
}

/// A place in a crowd, which is free when it is dropped.
pub(crate) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
}

impl Crowd {
    pub(crate) fn enter(self: &Arc<Self>) -> Place {
        Place {
            crowd: self.clone(),
            number: self.next.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn wakers(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// From now on it is waited for here.
    pub(crate) fn register(&self, context: &Context<'_>) {
        let waker = context.waker().clone();
        let before = self.crowd.wakers().insert(self.number, waker);
        drop(before);
    }

    /// It is not waited for here any more.
    pub(crate) fn leave(&self) {
        let waker = self.crowd.wakers().remove(&self.number);
        drop(waker);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Wake for Crowd {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let waiting = std::mem::take(&mut *self.wakers());
        for waker in waiting.into_values() {
            waker.wake();
        }
    }
}
