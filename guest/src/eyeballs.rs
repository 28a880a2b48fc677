//! When to try which address: the scheduling of RFC 8305 (Happy Eyeballs v2), section 5, as a state machine without I/O.
//!
//! The driver asks [`Race::next`] what to do, does it, and reports how attempts ended with [`Race::failed`]. Time is the
//! driver's: every call that depends on it is given the time since the start of the call.

use std::time::Duration;

/// RFC 8305, section 8: the Connection Attempt Delay must not be under 10 ms.
pub const MINIMUM_DELAY: Duration = Duration::from_millis(10);

/// How many attempts may be in flight. A host name with many addresses must not become a flood.
pub const MAXIMUM_IN_FLIGHT: usize = 6;

/// How long the oldest attempt is safe from being given up for a new one when [`MAXIMUM_IN_FLIGHT`] is reached:
/// RFC 8305's Maximum Connection Attempt Delay. No attempt is ever given up for less, so that a long round trip is
/// no reason to fail.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What the driver does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Start the attempt at this candidate, counted from 0, and ask again.
    Start(usize),
    /// Call this attempt off, close its socket, and ask again.
    GiveUp(usize),
    /// Wait until an attempt ends or, if given, until this time; then ask again.
    Wait(Option<Duration>),
    /// Every candidate was tried and none is in flight.
    Exhausted,
}

/// The race over a list of candidates.
#[derive(Debug)]
pub struct Race {
    candidates: usize,
    delay: Option<Duration>,
    /// The candidate to be started next.
    upcoming: usize,
    /// What is in flight, oldest first, with the time of its start or of its last progress.
    in_flight: Vec<(usize, Duration)>,
    /// From when on the candidate before `upcoming` has its delay; `None` when there is nothing to wait for, because it
    /// has failed already or there is none.
    previous: Option<Duration>,
}

impl Race {
    /// A race over `candidates` addresses. Without a `delay` they are tried one after another; a delay under
    /// [`MINIMUM_DELAY`] is raised to it.
    pub fn new(candidates: usize, delay: Option<Duration>) -> Self {
        Self {
            candidates,
            delay: delay.map(|delay| delay.max(MINIMUM_DELAY)),
            upcoming: 0,
            in_flight: Vec::new(),
            previous: None,
        }
    }

    /// What to do at this time.
    pub fn next(&mut self, now: Duration) -> Next {
        if self.upcoming == self.candidates {
            return match self.in_flight.is_empty() {
                true => Next::Exhausted,
                false => Next::Wait(None),
            };
        }
        // "the delay between attempts": counted from the start of the previous one (section 5), and cut short by its
        // failure (ASYNCIO A.6).
        if let Some(started) = self.previous {
            let Some(delay) = self.delay else {
                return Next::Wait(None);
            };
            let due = started.saturating_add(delay);
            if now < due {
                return Next::Wait(Some(due));
            }
        }
        if let (true, Some(&(oldest, started))) = (
            self.in_flight.len() >= MAXIMUM_IN_FLIGHT,
            self.in_flight.first(),
        ) {
            let due = started.saturating_add(PATIENCE);
            if now < due {
                return Next::Wait(Some(due));
            }
            self.in_flight.remove(0);
            return Next::GiveUp(oldest);
        }
        let candidate = self.upcoming;
        self.upcoming += 1;
        self.in_flight.push((candidate, now));
        self.previous = Some(now);
        Next::Start(candidate)
    }

    /// An attempt has got a step further: TCP is connected, and the handshake, which is part of this race, begins. Its
    /// time counts anew, or the next attempt would start in the midst of every handshake
    /// (draft-ietf-happy-happyeyeballs-v3, section 6).
    pub fn progressed(&mut self, candidate: usize, now: Duration) {
        let Some(at) = self.in_flight.iter().position(|&(it, _)| it == candidate) else {
            return;
        };
        self.in_flight.remove(at);
        self.in_flight.push((candidate, now));
        if candidate + 1 == self.upcoming {
            self.previous = Some(now);
        }
    }

    /// An attempt failed. If it was the latest one, the next starts at once.
    pub fn failed(&mut self, candidate: usize) {
        self.in_flight.retain(|&(flying, _)| flying != candidate);
        if candidate + 1 == self.upcoming {
            self.previous = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What happens to a candidate, this long after its start.
    #[derive(Clone, Copy)]
    enum Fate {
        Hangs,
        Fails(u64),
        Wins(u64),
    }
    use Fate::{Fails, Hangs, Wins};

    #[derive(Debug, Default, PartialEq)]
    struct Trace {
        /// When each candidate was started.
        starts: Vec<Duration>,
        given_up: Vec<usize>,
        /// Who won and when.
        winner: Option<(usize, Duration)>,
        most_in_flight: usize,
    }

    /// Runs a race on a virtual clock.
    fn run(delay: Option<u64>, fates: &[Fate]) -> Trace {
        let mut race = Race::new(fates.len(), delay.map(ms));
        let mut trace = Trace::default();
        let mut now = ms(0);
        // In flight: candidate and the time of its end.
        let mut flying: Vec<(usize, Option<Duration>)> = Vec::new();
        loop {
            let until = match race.next(now) {
                Next::Start(candidate) => {
                    trace.starts.push(now);
                    let end = match fates[candidate] {
                        Hangs => None,
                        Fails(after) | Wins(after) => Some(now + ms(after)),
                    };
                    flying.push((candidate, end));
                    trace.most_in_flight = trace.most_in_flight.max(flying.len());
                    continue;
                }
                Next::GiveUp(candidate) => {
                    trace.given_up.push(candidate);
                    flying.retain(|&(flyer, _)| flyer != candidate);
                    continue;
                }
                Next::Exhausted => return trace,
                Next::Wait(until) => until,
            };
            let ends = flying
                .iter()
                .filter_map(|&(flyer, end)| Some((end?, flyer)));
            let first = ends.min();
            match (first, until) {
                (Some((end, flyer)), until) if until.is_none_or(|until| end <= until) => {
                    now = end;
                    flying.retain(|&(other, _)| other != flyer);
                    match fates[flyer] {
                        Wins(_) => {
                            trace.winner = Some((flyer, now));
                            return trace;
                        }
                        _ => race.failed(flyer),
                    }
                }
                (_, Some(until)) => {
                    assert!(until > now, "a wait that has no end");
                    now = until;
                }
                (_, None) => return trace,
            }
        }
    }

    #[test]
    fn a6_the_trace_of_asyncio() {
        let trace = run(Some(250), &[Hangs, Fails(150), Hangs, Wins(500)]);
        assert_eq!(trace.starts, [ms(0), ms(250), ms(400), ms(650)]);
        assert_eq!(trace.winner, Some((3, ms(1150))));
    }

    #[test]
    fn a6_sequential_waits_for_each_failure() {
        let trace = run(None, &[Fails(900), Fails(5), Wins(30), Wins(1)]);
        assert_eq!(trace.starts, [ms(0), ms(900), ms(905)]);
        assert_eq!(trace.winner, Some((2, ms(935))));
        assert_eq!(trace.most_in_flight, 1);
    }

    #[test]
    fn a6_sequential_stays_with_an_address_that_hangs() {
        let trace = run(None, &[Hangs, Wins(1)]);
        assert_eq!(trace.starts, [ms(0)]);
        assert_eq!(trace.winner, None);
    }

    #[test]
    fn a6_only_the_latest_failure_hastens_the_next() {
        // The first fails while the second is in flight: the third still waits for the second's delay.
        let trace = run(Some(250), &[Fails(300), Hangs, Wins(10)]);
        assert_eq!(trace.starts, [ms(0), ms(250), ms(500)]);
    }

    #[test]
    fn a6_earlier_attempts_go_on_and_can_win() {
        let trace = run(Some(100), &[Wins(350), Hangs, Hangs, Hangs]);
        assert_eq!(trace.winner, Some((0, ms(350))));
        assert_eq!(trace.starts, [ms(0), ms(100), ms(200), ms(300)]);
    }

    #[test]
    fn a_dead_first_address_costs_one_delay() {
        let trace = run(Some(100), &[Hangs, Wins(1)]);
        assert_eq!(trace.winner, Some((1, ms(101))));
    }

    #[test]
    fn all_fail() {
        let trace = run(Some(250), &[Fails(1), Fails(1), Fails(400)]);
        assert_eq!(trace.starts, [ms(0), ms(1), ms(2)]);
        assert_eq!(trace.winner, None);
    }

    #[test]
    fn no_candidates() {
        assert_eq!(Race::new(0, None).next(ms(0)), Next::Exhausted);
    }

    #[test]
    fn rfc8305_the_delay_has_a_floor() {
        let trace = run(Some(0), &[Hangs, Hangs, Wins(1)]);
        assert_eq!(trace.starts, [ms(0), ms(10), ms(20)]);
    }

    #[test]
    fn a_delay_without_end_is_sequential() {
        let mut race = Race::new(2, Some(Duration::MAX));
        assert_eq!(race.next(ms(1)), Next::Start(0));
        assert_eq!(race.next(ms(2)), Next::Wait(Some(Duration::MAX)));
    }

    #[test]
    fn twenty_addresses_of_which_the_last_answers() {
        let mut fates = [Hangs; 20];
        fates[19] = Wins(40);
        let trace = run(Some(100), &fates);
        assert_eq!(trace.most_in_flight, MAXIMUM_IN_FLIGHT);
        assert_eq!(trace.given_up, (0..14).collect::<Vec<_>>());
        assert_eq!(trace.winner.map(|(winner, _)| winner), Some(19));
        for (given_up, start) in trace.given_up.iter().zip(&trace.starts[6..]) {
            let had = *start - trace.starts[*given_up];
            assert!(had >= PATIENCE, "{given_up} had only {had:?}");
        }
    }

    #[test]
    fn at_the_limit_a_failure_makes_room() {
        let fates = [Hangs, Hangs, Fails(700), Hangs, Hangs, Hangs, Wins(1)];
        let trace = run(Some(100), &fates);
        assert_eq!(trace.starts[6], ms(900));
        assert!(trace.given_up.is_empty());
    }

    #[test]
    fn progress_gives_the_latest_attempt_its_delay_anew() {
        let mut race = Race::new(3, Some(ms(250)));
        assert_eq!(race.next(ms(0)), Next::Start(0));
        race.progressed(0, ms(100));
        assert_eq!(race.next(ms(250)), Next::Wait(Some(ms(350))));
        assert_eq!(race.next(ms(350)), Next::Start(1));
        // Not the latest any more.
        race.progressed(0, ms(400));
        assert_eq!(race.next(ms(400)), Next::Wait(Some(ms(600))));
        race.failed(1);
        race.progressed(1, ms(500));
        assert_eq!(race.next(ms(500)), Next::Start(2));
    }

    #[test]
    fn progress_saves_from_being_given_up() {
        let mut race = Race::new(7, Some(ms(10)));
        for candidate in 0..6 {
            let now = ms(10 * candidate as u64);
            assert_eq!(race.next(now), Next::Start(candidate));
        }
        race.progressed(0, ms(1900));
        assert_eq!(race.next(ms(2000)), Next::Wait(Some(ms(2010))));
        assert_eq!(race.next(ms(2010)), Next::GiveUp(1));
    }

    #[test]
    fn a6_the_traces_of_cpython() {
        let vectors = include_str!("../../tests/golden/race.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
        assert!(vectors.len() >= 60);
        for vector in vectors {
            let fates = vector["fates"].as_array().unwrap().iter();
            let fates = fates.map(
                |fate| match (fate["fails"].as_u64(), fate["wins"].as_u64()) {
                    (Some(after), _) => Fails(after),
                    (_, Some(after)) => Wins(after),
                    _ => Hangs,
                },
            );
            let trace = run(vector["delay"].as_u64(), &fates.collect::<Vec<_>>());
            let starts: Vec<_> = trace.starts.iter().map(Duration::as_millis).collect();
            assert_eq!(json!(starts), vector["starts"], "{vector}");
            let winner = trace.winner.map(|(winner, _)| winner);
            assert_eq!(json!(winner), vector["winner"], "{vector}");
            let won_at = trace.winner.map(|(_, at)| at.as_millis());
            assert_eq!(json!(won_at), vector["won-at"], "{vector}");
        }
    }
}
