//! The timeline for people: every step as a bar on a common time axis.

use crate::failure::{Failure, SocketError};
use crate::timeline::{Outcome, Step};
use std::fmt::Write;
use std::time::Duration;

/// How wide the axis is drawn, in characters.
const WIDTH: usize = 40;

/// Draws the steps, a line each, and the axis under them. `symbols` are those of a terminal, else plain ASCII.
pub fn timeline(steps: &[Step], symbols: bool) -> String {
    let (bar, tick) = if symbols { ('█', '▏') } else { ('#', '|') };
    let end = steps
        .iter()
        .map(|step| step.ended)
        .max()
        .unwrap_or_default();
    let label = |step: &Step| match step.address {
        Some(address) => format!("{} {address}", step.phase),
        None => step.phase.to_string(),
    };
    let longest = steps
        .iter()
        .map(|step| label(step).len())
        .max()
        .unwrap_or(0);
    let column = |time: Duration| {
        let share = time.as_secs_f64() / end.as_secs_f64().max(f64::MIN_POSITIVE);
        (share * WIDTH as f64).round() as usize
    };
    let mut drawing = String::new();
    for step in steps {
        let from = column(step.started).min(WIDTH - 1);
        let to = column(step.ended).clamp(from + 1, WIDTH);
        let bars: String = (0..WIDTH)
            .map(|at| if (from..to).contains(&at) { bar } else { ' ' })
            .collect();
        let times = format!(
            "{:>7} to {:>7} ms",
            milliseconds(step.started),
            milliseconds(step.ended)
        );
        let _ = writeln!(
            drawing,
            "  {:longest$}  {tick}{bars}{tick} {times}  {}",
            label(step),
            outcome(&step.outcome)
        );
    }
    let scale = format!("{} ms", milliseconds(end));
    let _ = writeln!(drawing, "  {:longest$}  0{scale:>WIDTH$}", "");
    drawing
}

/// To a tenth.
fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// A word or two: the address stands beside it.
fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "ok".into(),
        Outcome::Abandoned => "called off".into(),
        Outcome::Failed(failure) => short(failure),
    }
}

/// A failure at an address that stands beside it.
pub fn short(failure: &Failure) -> String {
    match failure {
        Failure::Os(failure) => match &failure.code {
            SocketError::Other(_) => failure.message.clone(),
            code => code.to_string().to_lowercase(),
        },
        Failure::TimedOut(_) => "timed out".into(),
        failure => failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{OsFailure, Phase};

    #[test]
    fn a_race_that_the_third_address_wins() {
        let ms = Duration::from_millis;
        let step = |phase, address: &str, started, ended, outcome| Step {
            phase,
            address: address.parse().ok(),
            started: ms(started),
            ended: ms(ended),
            outcome,
        };
        let refused = OsFailure::new(SocketError::ConnectionRefused);
        let steps = [
            step(Phase::Lookup, "", 0, 10, Outcome::Succeeded),
            step(
                Phase::Connect,
                "[::1]:443",
                10,
                11,
                Outcome::Failed(Failure::Os(refused)),
            ),
            step(Phase::Connect, "127.0.0.1:443", 11, 270, Outcome::Abandoned),
            step(
                Phase::Connect,
                "127.0.0.2:443",
                261,
                270,
                Outcome::Succeeded,
            ),
            step(
                Phase::Handshake,
                "127.0.0.2:443",
                270,
                400,
                Outcome::Succeeded,
            ),
        ];
        let expected = "\
\x20 lookup                   |#                                       |     0.0 to    10.0 ms  ok
\x20 connect [::1]:443        | #                                      |    10.0 to    11.0 ms  connection refused
\x20 connect 127.0.0.1:443    | ##########################             |    11.0 to   270.0 ms  called off
\x20 connect 127.0.0.2:443    |                          #             |   261.0 to   270.0 ms  ok
\x20 handshake 127.0.0.2:443  |                           #############|   270.0 to   400.0 ms  ok
\x20                          0                                400.0 ms
";
        assert_eq!(timeline(&steps, false), expected);
        assert!(timeline(&steps, true).contains("▏ ██████"));
    }

    #[test]
    fn nothing_and_no_time() {
        assert_eq!(timeline(&[], false).lines().count(), 1);
        let step = Step {
            phase: Phase::Lookup,
            address: None,
            started: Duration::ZERO,
            ended: Duration::ZERO,
            outcome: Outcome::Failed(Failure::TimedOut(Phase::Lookup)),
        };
        assert!(timeline(&[step], false).contains("timed out"));
    }
}
