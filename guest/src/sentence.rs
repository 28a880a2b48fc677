//! Why there is no connection, for the user of the command: one sentence, without the numbers of Python's texts.

use crate::draw;
use crate::failure::{Failure, LookupFailure, Phase, SocketError};
use crate::options::HANDSHAKE_TIMEOUT;
use crate::timeline::Step;
use std::time::Duration;

/// What `create-connection` was given, as far as it says how long things may take.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Limits {
    pub timeout: Option<Duration>,
    pub handshake_timeout: Option<Duration>,
}

/// Tells why a call failed after these steps.
pub fn why(failure: &Failure, message: &str, steps: &[Step], limits: Limits) -> String {
    let tried = steps.iter().filter(|step| step.address.is_some()).count();
    match failure {
        Failure::All(_) => "no address accepts the connection".into(),
        Failure::Os(os) if os.code == SocketError::Other(None) && tried > 1 => {
            "no address accepts the connection".into()
        }
        Failure::Os(os) if os.code == SocketError::AccessDenied => {
            "permission denied; may the component use the network (-S inherit-network)?".into()
        }
        Failure::Os(_) if tried == 1 => draw::short(failure),
        Failure::Lookup(LookupFailure::Permanent | LookupFailure::AccessDenied) => format!(
            "{}; may the component look up names (-S allow-ip-name-lookup)?",
            plain(message)
        ),
        Failure::TimedOut(phase) => {
            let end = steps
                .iter()
                .map(|step| step.ended)
                .max()
                .unwrap_or_default();
            let of_handshake = limits.handshake_timeout.unwrap_or(HANDSHAKE_TIMEOUT);
            // Before the handshake it can only have been the one over all.
            let limit = match limits.timeout {
                Some(of_all) if *phase != Phase::Handshake || of_all <= end => of_all,
                _ => of_handshake,
            };
            format!("timed out after {limit:?} {}", during(*phase))
        }
        _ => plain(message).into(),
    }
}

fn during(phase: Phase) -> &'static str {
    match phase {
        Phase::Lookup => "during the name lookup",
        Phase::Connect => "during connect",
        Phase::Handshake => "during the TLS handshake",
    }
}

/// Without `[Errno 104] ` in front.
fn plain(message: &str) -> &str {
    let rest = message.strip_prefix("[Errno ");
    let rest = rest.and_then(|rest| rest.split_once("] "));
    rest.map_or(message, |(_number, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{OsFailure, combine};
    use crate::timeline::Outcome;

    fn step(phase: Phase, ended: u64) -> Step {
        Step {
            phase,
            address: (phase != Phase::Lookup).then(|| "127.0.0.1:1".parse().unwrap()),
            started: Duration::ZERO,
            ended: Duration::from_millis(ended),
            outcome: Outcome::Abandoned,
        }
    }

    fn told(failure: &Failure, steps: &[Step], limits: Limits) -> String {
        why(failure, &failure.to_string(), steps, limits)
    }

    #[test]
    fn one_address_and_several() {
        let refused = |address: &str| {
            OsFailure::connect(SocketError::ConnectionRefused, address.parse().unwrap())
        };
        let none = Limits::default();
        let one = combine(vec![refused("127.0.0.1:1")], false);
        let steps = [step(Phase::Lookup, 0), step(Phase::Connect, 1)];
        assert_eq!(told(&one, &steps, none), "connection refused");
        let two = combine(vec![refused("127.0.0.1:1"), refused("[::1]:1")], false);
        let steps = [step(Phase::Connect, 1), step(Phase::Connect, 1)];
        let accepts = "no address accepts the connection";
        assert_eq!(told(&two, &steps, none), accepts);
        let all = combine(vec![refused("127.0.0.1:1")], true);
        assert_eq!(told(&all, &steps, none), accepts);
        let mut reset = OsFailure::new(SocketError::ConnectionReset);
        reset.message += " during the TLS handshake";
        assert_eq!(
            told(&Failure::Os(reset), &steps, none),
            "Connection reset by peer during the TLS handshake"
        );
    }

    #[test]
    fn lookups() {
        let told = |failure| told(&Failure::Lookup(failure), &[], Limits::default());
        assert_eq!(told(LookupFailure::NotFound), "Name or service not known");
        for failure in [LookupFailure::Permanent, LookupFailure::AccessDenied] {
            assert!(told(failure).ends_with("(-S allow-ip-name-lookup)?"));
        }
    }

    #[test]
    fn which_timeout_it_was() {
        let second = Some(Duration::from_secs(1));
        let minute = Some(Duration::from_secs(60));
        for (phase, timeout, handshake_timeout, expected) in [
            (
                Phase::Connect,
                second,
                None,
                "timed out after 1s during connect",
            ),
            (
                Phase::Lookup,
                second,
                None,
                "timed out after 1s during the name lookup",
            ),
            (
                Phase::Handshake,
                second,
                minute,
                "timed out after 1s during the TLS handshake",
            ),
            (
                Phase::Handshake,
                minute,
                second,
                "timed out after 1s during the TLS handshake",
            ),
        ] {
            let limits = Limits {
                timeout,
                handshake_timeout,
            };
            let steps = [step(phase, 1002)];
            assert_eq!(told(&Failure::TimedOut(phase), &steps, limits), expected);
        }
        // A later address that failed at once, while an earlier one never answered.
        let limits = Limits {
            timeout: second,
            handshake_timeout: None,
        };
        let steps = [step(Phase::Connect, 1002), step(Phase::Connect, 251)];
        assert_eq!(
            told(&Failure::TimedOut(Phase::Connect), &steps, limits),
            "timed out after 1s during connect"
        );
        let steps = [step(Phase::Handshake, 60_001)];
        let usual = told(
            &Failure::TimedOut(Phase::Handshake),
            &steps,
            Limits::default(),
        );
        assert_eq!(usual, "timed out after 60s during the TLS handshake");
    }
}
