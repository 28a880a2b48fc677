//! Who waits for a direction of a connection.

use std::sync::{Arc, Mutex, PoisonError};
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
