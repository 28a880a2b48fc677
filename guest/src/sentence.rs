//! Why there is no connection, for the user of the command: one sentence, without the numbers of Python's texts.

use crate::draw;
use crate::failure::{Failure, LookupFailure, OsFailure, Phase, SocketError};
use crate::timeline::{Outcome, Step};
use std::time::Duration;

/// What a host says that allows no network.
const DENIED: &str = "permission denied; may the component use the network (wasmtime's -S inherit-network, switchboard's \
                      --allow-tcp and --allow-udp)?";

/// Whether the arguments of the command were wrong, rather than the connection failed.
pub fn is_of_usage(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::InvalidArgument(_)
            | Failure::NotSupported(_)
            | Failure::Lookup(LookupFailure::ProtocolNotSupported | LookupFailure::BadFlags)
    )
}

/// Tells why a call failed after these steps, with this timeout over all.
pub fn why(failure: &Failure, steps: &[Step], timeout: Option<Duration>) -> String {
    let message = failure.to_string();
    let of = |phase| steps.iter().filter(|step| step.phase == phase).count();
    let binds = of(Phase::Bind);
    let tried = of(Phase::Connect) + of(Phase::Handshake);
    let looked_up = |step: &Step| step.phase == Phase::Lookup && step.address.is_none();
    let lookups = steps.iter().filter(|step| looked_up(step)).count();
    match failure {
        Failure::Lookup(LookupFailure::ProtocolNotSupported) => {
            "--protocol: only TCP, 6, has connections".into()
        }
        // The first is that of the host.
        Failure::Lookup(_) if lookups > 1 => {
            format!("the local address cannot be used: {}", plain(&message))
        }
        Failure::Os(_) if tried == 0 && binds == 1 => {
            format!("the local address cannot be used: {}", draw::short(failure))
        }
        Failure::Os(_) | Failure::All(_) if tried == 0 && binds > 0 => {
            "no local address can be used".into()
        }
        Failure::All(_) => nobody(steps).into(),
        Failure::Os(_) if message.starts_with("Multiple exceptions: ") => nobody(steps).into(),
        Failure::Os(os) if os.code == SocketError::AccessDenied => denied(os, DENIED),
        Failure::NotSupported(what) if what.starts_with("no-delay: ") => format!("--{what}"),
        Failure::Os(_) if tried == 1 => draw::short(failure),
        Failure::Os(_) if ended_by(steps, failure) == Some(Phase::Handshake) => {
            format!("{} {}", plain(&message), during(Phase::Handshake))
        }
        Failure::Lookup(LookupFailure::Permanent | LookupFailure::AccessDenied) => format!(
            "{}; may the component look up names (-S allow-ip-name-lookup)?",
            plain(&message)
        ),
        Failure::TimedOut(phase) => match timeout {
            Some(timeout) => format!("timed out after {timeout:?} {}", during(*phase)),
            None => format!("timed out {}", during(*phase)),
        },
        Failure::HandshakeTimedOut(limit) => {
            format!("timed out after {limit:?} {}", during(Phase::Handshake))
        }
        _ => plain(&message).into(),
    }
}

/// Tells why there is no endpoint for datagrams; `local` is whether it was to be at an address of its own beside the
/// peer's, which is looked up first.
pub fn why_no_endpoint(
    failure: &Failure,
    steps: &[Step],
    timeout: Option<Duration>,
    local: bool,
) -> String {
    let of = |phase| steps.iter().filter(|step| step.phase == phase).count();
    match failure {
        Failure::Lookup(LookupFailure::ProtocolNotSupported) => {
            "--protocol: only UDP, 17, has datagrams".into()
        }
        Failure::Lookup(_) => {
            let why = why(failure, &[], timeout);
            match local && of(Phase::Lookup) < 2 {
                true => format!("the local address cannot be used: {why}"),
                false => why,
            }
        }
        Failure::InvalidArgument(_) if local && of(Phase::Lookup) > 1 => {
            "--local and HOST have no address family in common".into()
        }
        Failure::Os(os) if os.code == SocketError::AccessDenied => match of(Phase::Connect) {
            0 => denied(os, DENIED),
            _ => format!("{DENIED} If it is a broadcast address, it takes --broadcast"),
        },
        Failure::NotSupported(what) => match what.strip_prefix("allow-") {
            Some(rest) => format!("--{rest}"),
            None => format!("--{what}"),
        },
        Failure::All(_) if of(Phase::Connect) > 0 => "no address can be sent to".into(),
        _ => why(failure, steps, timeout),
    }
}

/// Tells why there is no connection to a Unix socket.
pub fn why_no_unix_connection(
    failure: &Failure,
    steps: &[Step],
    timeout: Option<Duration>,
) -> String {
    match failure {
        Failure::NotSupported(what) => what.trim_start_matches("path: ").into(),
        Failure::Os(os) if os.code == SocketError::AccessDenied => {
            "permission denied; has the host granted the socket (switchboard's --allow-unix), and does its mode permit it?".into()
        }
        _ => why(failure, steps, timeout),
    }
}

/// That the host does not grant an option, or all of it.
fn denied(failure: &OsFailure, all: &str) -> String {
    let plain = OsFailure::new(failure.code.clone()).message;
    let option = failure.message.strip_prefix(&plain);
    match option.and_then(|it| it.strip_prefix(": ")) {
        Some(option) => format!("the host does not grant {option}"),
        None => all.into(),
    }
}

/// What no address does.
fn nobody(steps: &[Step]) -> &'static str {
    match steps.iter().any(|step| step.phase == Phase::Handshake) {
        true => "no address completes the TLS handshake",
        false => "no address accepts the connection",
    }
}

/// The phase of the step that failed with this.
fn ended_by(steps: &[Step], failure: &Failure) -> Option<Phase> {
    let failed = |step: &&Step| matches!(&step.outcome, Outcome::Failed(it) if it == failure);
    steps.iter().rev().find(failed).map(|step| step.phase)
}

fn during(phase: Phase) -> &'static str {
    match phase {
        Phase::Lookup => "during the name lookup",
        Phase::Bind => "while binding the local address",
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
    use crate::address::Address;
    use crate::combine::combine;
    use crate::errno::Errno;

    fn step(phase: Phase, ended: u64) -> Step {
        Step {
            phase,
            address: (phase != Phase::Lookup).then(|| Address::Ip("127.0.0.1:1".parse().unwrap())),
            started: Duration::ZERO,
            ended: Duration::from_millis(ended),
            outcome: Outcome::Abandoned,
        }
    }

    fn told(failure: &Failure, steps: &[Step]) -> String {
        why(failure, steps, None)
    }

    #[test]
    fn one_address_and_several() {
        let refused = |address: &str| {
            OsFailure::connect(SocketError::ConnectionRefused, address.parse().unwrap()).into()
        };
        let one = combine(vec![refused("127.0.0.1:1")], false);
        let steps = [step(Phase::Lookup, 0), step(Phase::Connect, 1)];
        assert_eq!(told(&one, &steps), "connection refused");
        let two = combine(vec![refused("127.0.0.1:1"), refused("[::1]:1")], false);
        let steps = [step(Phase::Connect, 1), step(Phase::Connect, 1)];
        let accepts = "no address accepts the connection";
        assert_eq!(told(&two, &steps), accepts);
        let all = combine(vec![refused("127.0.0.1:1")], true);
        assert_eq!(told(&all, &steps), accepts);
        let reset: Failure = OsFailure::new(SocketError::ConnectionReset).into();
        let steps = [
            step(Phase::Connect, 1),
            Step {
                outcome: Outcome::Failed(reset.clone()),
                ..step(Phase::Handshake, 2)
            },
        ];
        assert_eq!(
            told(&reset, &steps),
            "Connection reset by peer during the TLS handshake"
        );
    }

    #[test]
    fn a_local_address_that_cannot_be_used() {
        let taken = OsFailure::bind(SocketError::AddressInUse, "127.0.0.1:1".parse().unwrap());
        assert_eq!(
            told(
                &taken.into(),
                &[step(Phase::Lookup, 0), step(Phase::Bind, 1)]
            ),
            "the local address cannot be used: address already in use"
        );
        let other_family = OsFailure::no_local_address(true);
        let denied = OsFailure::bind(SocketError::AccessDenied, "127.0.0.1:81".parse().unwrap());
        assert_eq!(
            told(&denied.into(), &[step(Phase::Bind, 1)]),
            "the local address cannot be used: permission denied"
        );
        let all = Failure::All(Vec::new());
        assert_eq!(
            told(&all, &[step(Phase::Bind, 1)]),
            "no local address can be used"
        );
        assert_eq!(
            told(&other_family.into(), &[step(Phase::Bind, 1)]),
            "the local address cannot be used: there is no local address of its family"
        );
    }

    #[test]
    fn a_race_through_tls_that_nobody_wins() {
        let all = Failure::All(Vec::new());
        let steps = [step(Phase::Connect, 1), step(Phase::Handshake, 2)];
        assert_eq!(told(&all, &steps), "no address completes the TLS handshake");
    }

    #[test]
    fn what_is_of_the_local_address_and_what_of_the_arguments() {
        let lookup = Failure::Lookup(LookupFailure::NotFound);
        let steps = [step(Phase::Lookup, 1), step(Phase::Lookup, 2)];
        assert_eq!(
            told(&lookup, &steps),
            "the local address cannot be used: Name or service not known"
        );
        assert!(!is_of_usage(&lookup));
        assert!(is_of_usage(&Failure::Lookup(LookupFailure::BadFlags)));
    }

    #[test]
    fn endpoints() {
        let told = |failure: &Failure, phases: &[Phase], local| {
            let steps: Vec<_> = phases.iter().map(|&phase| step(phase, 1)).collect();
            why_no_endpoint(failure, &steps, None, local)
        };
        let unknown = Failure::Lookup(LookupFailure::NotFound);
        let not_known = "Name or service not known";
        let (one, two) = (&[Phase::Lookup][..], &[Phase::Lookup; 2][..]);
        assert_eq!(told(&unknown, one, false), not_known);
        assert_eq!(told(&unknown, two, true), not_known);
        assert_eq!(
            told(&unknown, one, true),
            format!("the local address cannot be used: {not_known}")
        );
        let protocol = Failure::Lookup(LookupFailure::ProtocolNotSupported);
        assert!(told(&protocol, &[], false).contains("17"));
        assert_eq!(
            told(&Failure::invalid("can not"), two, true),
            "--local and HOST have no address family in common"
        );
        let denied = OsFailure::new(SocketError::AccessDenied).into();
        assert_eq!(told(&denied, &[Phase::Bind], false), DENIED);
        assert!(told(&denied, &[Phase::Connect], false).contains("broadcast"));
        let unsupported = |name: &str| Failure::NotSupported(format!("{name}: no"));
        assert_eq!(
            told(&unsupported("allow-broadcast"), &[], false),
            "--broadcast: no"
        );
        assert_eq!(
            told(&unsupported("reuse-port"), &[], false),
            "--reuse-port: no"
        );
        let all = Failure::All(Vec::new());
        assert_eq!(
            told(&all, &[Phase::Connect; 2], false),
            "no address can be sent to"
        );
        assert_eq!(
            told(&all, &[Phase::Bind; 2], false),
            "no local address can be used"
        );
    }

    #[test]
    fn unix_sockets() {
        let told = |failure: Failure, phases: &[Phase]| {
            let steps: Vec<_> = phases.iter().map(|&phase| step(phase, 1)).collect();
            why_no_unix_connection(&failure, &steps, None)
        };
        let os = |code| Failure::Os(OsFailure::new(code));
        let missing = os(SocketError::Posix(Errno::Enoent));
        assert_eq!(
            told(missing, &[Phase::Connect]),
            "no such file or directory"
        );
        let long = os(SocketError::Posix(Errno::Enametoolong));
        assert_eq!(told(long, &[Phase::Connect]), "AF_UNIX path too long");
        let denied = os(SocketError::AccessDenied);
        assert!(told(denied, &[Phase::Connect]).contains("has the host granted the socket"));
        let without = Failure::NotSupported("path: WASI has none".into());
        assert_eq!(told(without, &[]), "WASI has none");
    }

    #[test]
    fn options_that_are_not_granted() {
        let denied = OsFailure::option("no-delay", SocketError::AccessDenied);
        assert_eq!(
            told(&denied.into(), &[step(Phase::Connect, 1)]),
            "the host does not grant no-delay"
        );
        let unsupported = Failure::NotSupported("no-delay: no".into());
        assert_eq!(told(&unsupported, &[]), "--no-delay: no");
    }

    #[test]
    fn lookups() {
        let told = |failure| told(&Failure::Lookup(failure), &[]);
        assert_eq!(told(LookupFailure::NotFound), "Name or service not known");
        for failure in [LookupFailure::Permanent, LookupFailure::AccessDenied] {
            assert!(told(failure).ends_with("(-S allow-ip-name-lookup)?"));
        }
    }

    #[test]
    fn which_timeout_it_was() {
        let second = Duration::from_secs(1);
        let timed_out = |phase| {
            why(
                &Failure::TimedOut(phase),
                &[step(phase, 1002)],
                Some(second),
            )
        };
        for (phase, expected) in [
            (Phase::Connect, "timed out after 1s during connect"),
            (Phase::Lookup, "timed out after 1s during the name lookup"),
            (
                Phase::Handshake,
                "timed out after 1s during the TLS handshake",
            ),
        ] {
            assert_eq!(timed_out(phase), expected);
        }
        let of_handshake = Failure::HandshakeTimedOut(Duration::from_millis(2500));
        assert_eq!(
            why(&of_handshake, &[step(Phase::Handshake, 2501)], Some(second)),
            "timed out after 2.5s during the TLS handshake"
        );
    }
}
