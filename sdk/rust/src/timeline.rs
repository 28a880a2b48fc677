//! What was done to connect.

use crate::Phase;
use crate::address::Address;
use crate::bindings::switchboard::connect::types as wit;
use crate::error::Failure;
use std::fmt;
use std::time::Duration;

/// One thing that was done to connect, with its time: a lookup, an attempt at an address, a handshake.
///
/// ```no_run
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let connection = switchboard_client::Connector::new("example.com", 443).connect().await?;
/// for step in connection.timeline() {
///     println!("{step}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// What was done.
    pub phase: Phase,
    /// Which address, if it was about one.
    pub address: Option<Address>,
    /// When it started, counted from the start of the call.
    pub started: Duration,
    /// When it ended.
    pub ended: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a [`Step`] ended.
///
/// ```
/// # fn example(step: &switchboard_client::Step) {
/// use switchboard_client::Outcome;
///
/// if let Outcome::Failed(failure) = &step.outcome {
///     println!("{:?}: {failure}", step.address);
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It did what it was for.
    Succeeded,
    /// It failed, and others were tried.
    Failed(Failure),
    /// It was called off: another attempt won, or the call ended.
    Abandoned,
}

impl From<wit::Step> for Step {
    fn from(step: wit::Step) -> Self {
        Self {
            phase: step.phase.into(),
            address: step.address.map(Address::from_wit),
            started: Duration::from_nanos(step.started),
            ended: Duration::from_nanos(step.ended),
            outcome: match step.outcome {
                wit::Outcome::Succeeded => Outcome::Succeeded,
                wit::Outcome::Failed(failure) => Outcome::Failed(failure.into()),
                wit::Outcome::Abandoned => Outcome::Abandoned,
            },
        }
    }
}

pub(crate) fn steps(timeline: Vec<wit::Step>) -> Vec<Step> {
    timeline.into_iter().map(Step::from).collect()
}

/// A line for a person.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let (started, ended) = (milliseconds(self.started), milliseconds(self.ended));
        write!(f, "{started:.1}–{ended:.1} ms {}", self.phase)?;
        if let Some(address) = &self.address {
            write!(f, " {address}")?;
        }
        match &self.outcome {
            Outcome::Succeeded => Ok(()),
            Outcome::Failed(failure) => write!(f, ": {failure}"),
            Outcome::Abandoned => f.write_str(": called off"),
        }
    }
}
