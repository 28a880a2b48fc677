//! What was done to connect, and when: recorded while it happens, for the caller of a call that succeeded or failed.

use crate::address::Address;
use crate::failure::{Failure, Phase};
use std::time::Duration;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was for.
    Succeeded,
    /// It failed.
    Failed(Failure),
    /// It was called off.
    Abandoned,
}

/// One thing that was done. Times count from the start of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Step {
    pub phase: Phase,
    /// One's own for binding, the peer's for connecting and the handshake, absent for the lookup unless it is an answer
    /// that was refused.
    pub address: Option<Address>,
    pub started: Duration,
    pub ended: Duration,
    pub outcome: Outcome,
}

/// A step that is going on.
#[derive(Debug, Clone, Copy)]
pub struct StepId(usize);

/// The steps of one call, in the order of their start.
#[derive(Debug, Default)]
pub struct Timeline {
    steps: Vec<(Step, bool)>,
}

impl Timeline {
    /// One that goes on after these steps.
    pub fn after(steps: Vec<Step>) -> Self {
        let steps = steps.into_iter().map(|step| (step, false)).collect();
        Self { steps }
    }

    /// A step starts.
    pub fn start(&mut self, phase: Phase, address: Option<Address>, now: Duration) -> StepId {
        let step = Step {
            phase,
            address,
            started: now,
            ended: now,
            outcome: Outcome::Abandoned,
        };
        self.steps.push((step, true));
        StepId(self.steps.len() - 1)
    }

    /// A step ends.
    pub fn end(&mut self, step: StepId, now: Duration, outcome: Outcome) {
        if let Some((step, going_on)) = self.steps.get_mut(step.0) {
            step.ended = now;
            step.outcome = outcome;
            *going_on = false;
        }
    }

    /// How far the call is: the furthest phase of what is going on.
    pub fn phase(&self) -> Phase {
        let going_on = self.steps.iter().filter(|(_, going_on)| *going_on);
        let furthest = going_on.map(|(step, _)| step.phase).max();
        let latest = || self.steps.last().map(|(step, _)| step.phase);
        furthest.or_else(latest).unwrap_or(Phase::Lookup)
    }

    /// The call ends: what is still going on is called off.
    pub fn finish(&mut self, now: Duration) -> Vec<Step> {
        let finished = |(mut step, going_on): (Step, bool)| {
            if going_on {
                step.ended = now;
            }
            step
        };
        std::mem::take(&mut self.steps)
            .into_iter()
            .map(finished)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_at_the_end_was_abandoned_then() {
        let ms = Duration::from_millis;
        let mut timeline = Timeline::default();
        assert_eq!(timeline.phase(), Phase::Lookup);
        let lookup = timeline.start(Phase::Lookup, None, ms(0));
        timeline.end(lookup, ms(3), Outcome::Succeeded);
        let address = Some(Address::Unix(b"/a".to_vec()));
        timeline.start(Phase::Connect, address.clone(), ms(3));
        assert_eq!(timeline.phase(), Phase::Connect);
        let handshake = timeline.start(Phase::Handshake, address.clone(), ms(4));
        timeline.start(Phase::Connect, address.clone(), ms(5));
        assert_eq!(timeline.phase(), Phase::Handshake);
        timeline.end(handshake, ms(6), Outcome::Succeeded);
        assert_eq!(timeline.phase(), Phase::Connect);
        let steps = timeline.finish(ms(9));
        assert_eq!(
            (steps[0].ended, &steps[0].outcome),
            (ms(3), &Outcome::Succeeded)
        );
        assert_eq!(
            (steps[1].ended, &steps[1].outcome),
            (ms(9), &Outcome::Abandoned)
        );
        assert_eq!(steps[1].address, address);
    }
}
