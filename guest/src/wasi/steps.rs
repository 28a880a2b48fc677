//! The timeline of a call, kept while its futures run.

use super::clock::Clock;
use super::signal::Signal;
use crate::address::Address;
use crate::failure::{Failure, Phase};
use crate::timeline::{Outcome, Step, StepId, Timeline};
use futures_lite::future::or;
use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

/// Why a call failed, and what was tried. `S` is the kind of a socket that the caller may have given.
#[derive(Debug)]
pub(super) struct CallError<S> {
    pub(super) failure: Failure,
    pub(super) timeline: Vec<Step>,
    /// The caller's, which was not touched.
    pub(super) sock: Option<S>,
}

impl<S> CallError<S> {
    /// The options were refused before anything was done.
    pub(super) fn refused(failure: Failure, sock: Option<S>) -> Self {
        Self {
            failure,
            timeline: Vec::new(),
            sock,
        }
    }

    /// It failed on the way: whatever there was is closed.
    pub(super) fn failed(failure: Failure, timeline: Vec<Step>) -> Self {
        Self {
            failure,
            timeline,
            sock: None,
        }
    }
}

/// What a call does, and since when.
pub(super) struct Steps {
    pub(super) clock: Clock,
    timeline: RefCell<Timeline>,
}

impl Steps {
    /// The call starts.
    pub(super) fn start() -> Self {
        Self {
            clock: Clock::start(),
            timeline: RefCell::default(),
        }
    }

    /// A call that goes on where another one has ended.
    pub(super) fn go_on(clock: Clock, steps: Vec<Step>) -> Self {
        Self {
            clock,
            timeline: RefCell::new(Timeline::after(steps)),
        }
    }

    /// Does something as a step of the timeline. Dropping the future abandons the step.
    pub(super) async fn step<T, E>(
        &self,
        phase: Phase,
        address: Option<Address>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        E: Clone + Into<Failure>,
    {
        let mut step = GoingOn::new(self, phase, address);
        let result = work.await;
        step.outcome = match &result {
            Ok(_) => Outcome::Succeeded,
            Err(failure) => Outcome::Failed(failure.clone().into()),
        };
        result
    }

    /// Does the work of the call, unless its timeout or its caller ends it before.
    pub(super) async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
        timeout: Option<Duration>,
        cancelled: &Signal,
    ) -> Result<T, Failure> {
        let timeout = async {
            self.clock.run_out(timeout).await;
            Err(Failure::TimedOut(self.phase()))
        };
        let cancel = async {
            cancelled.wait().await;
            Err(Failure::Cancelled)
        };
        // The first of them that is ready wins: what is done is never lost to a timeout of the same moment.
        or(cancel, or(work, timeout)).await
    }

    /// Something that failed at once.
    pub(super) fn failed(&self, phase: Phase, address: impl Into<Address>, failure: Failure) {
        GoingOn::new(self, phase, Some(address.into())).outcome = Outcome::Failed(failure);
    }

    /// How far the call is.
    pub(super) fn phase(&self) -> Phase {
        self.timeline.borrow().phase()
    }

    /// The call is over.
    pub(super) fn finish(&self) -> Vec<Step> {
        self.timeline.take().finish(self.clock.now())
    }
}

/// A step, which ends when this is dropped.
struct GoingOn<'a> {
    steps: &'a Steps,
    id: StepId,
    outcome: Outcome,
}

impl<'a> GoingOn<'a> {
    fn new(steps: &'a Steps, phase: Phase, address: Option<Address>) -> Self {
        let now = steps.clock.now();
        Self {
            steps,
            id: steps.timeline.borrow_mut().start(phase, address, now),
            outcome: Outcome::Abandoned,
        }
    }
}

impl Drop for GoingOn<'_> {
    fn drop(&mut self) {
        let now = self.steps.clock.now();
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Abandoned);
        self.steps.timeline.borrow_mut().end(self.id, now, outcome);
    }
}
