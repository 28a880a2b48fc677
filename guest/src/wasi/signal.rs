//! Something that happens once, which any number of tasks can wait for.

use event_listener::Event;
use std::cell::Cell;

/// Not raised at first, raised for good then.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Cell<bool>,
    event: Event,
}

impl Signal {
    pub(super) fn raise(&self) {
        self.raised.set(true);
        self.event.notify(usize::MAX);
    }

    pub(super) fn is_raised(&self) -> bool {
        self.raised.get()
    }

    /// Waits until it is raised.
    pub(super) async fn wait(&self) {
        while !self.raised.get() {
            self.event.listen().await;
        }
    }
}
