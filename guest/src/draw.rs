//! The timeline for people: every step as a bar on a common time axis.

use crate::failure::{Failure, Phase};
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
    let label = |step: &Step| match &step.address {
        Some(address) => format!("{} {address}", step.phase),
        None => step.phase.to_string(),
    };
    let longest = steps
        .iter()
        .map(|step| label(step).chars().count())
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

/// What was tried without success, a line each.
pub fn failures(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let (Some(address), outcome) = (&step.address, &step.outcome) else {
            continue;
        };
        let how = match outcome {
            Outcome::Failed(failure) => short(failure),
            Outcome::Abandoned => "no answer".into(),
            // That a socket could be bound is of no interest.
            Outcome::Succeeded if step.phase == Phase::Bind => continue,
            Outcome::Succeeded => "ok".into(),
        };
        let _ = writeln!(text, "  {} {address}: {how}", step.phase);
    }
    text
}

/// How far a transfer is, in one line.
pub fn progress(received: u64, sent: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    format!(
        "received {:.1} MB, sent {:.1} MB, {:.1} MB/s, {:.0} s",
        megabytes(received),
        megabytes(sent),
        megabytes(received.saturating_add(sent)) / seconds,
        elapsed.as_secs_f64()
    )
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
        // What has a number is told in the system's words, anything else in its own, but for Python's type names.
        Failure::Os(failure) if failure.message.contains("AddressFamily") => {
            "there is no local address of its family".into()
        }
        Failure::Os(failure) => match failure.message.starts_with("[Errno ") {
            true => failure.code.to_string().to_lowercase(),
            false => failure.message.clone(),
        },
        Failure::TimedOut(_) | Failure::HandshakeTimedOut(_) => "timed out".into(),
        Failure::RefusedNetwork(text) => match text.split_once(" is ") {
            Some((_address, where_it_is)) => where_it_is.into(),
            None => text.clone(),
        },
        failure => failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::failure::{OsFailure, SocketError};

    #[test]
    fn a_race_that_the_third_address_wins() {
        let ms = Duration::from_millis;
        let step = |phase, address: &str, started, ended, outcome| Step {
            phase,
            address: address.parse().ok().map(Address::Ip),
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
    fn a_transfer() {
        assert_eq!(
            progress(12_345_678, 50_000, Duration::from_secs(5)),
            "received 12.3 MB, sent 0.1 MB, 2.5 MB/s, 5 s"
        );
        assert!(progress(u64::MAX, u64::MAX, Duration::ZERO).contains("0 s"));
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
