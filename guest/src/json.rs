//! What came of a call, as JSON for programs: the words are those of the WIT.

use crate::address::Address;
use crate::failure::{
    AttemptFailure, CertificateFailure, Failure, LookupFailure, OsFailure, SocketError, TlsFailure,
};
use crate::timeline::{Outcome, Step};
use crate::tls::certificate::describe;
use crate::tls::session::Facts;
use crate::unix::Credentials;
use serde_json::{Value, json};

/// A line of JSON. What a peer says may hold control characters, none of which reaches a terminal.
fn line(value: &Value) -> String {
    let escaped = |character: char| match character {
        '\u{7f}'..='\u{9f}' => format!("\\u{:04x}", u32::from(character)),
        character => character.to_string(),
    };
    let mut line: String = value.to_string().chars().map(escaped).collect();
    line.push('\n');
    line
}

/// What came of the command; the keys are always the same.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Report {
    pub connected: Option<Value>,
    pub failure: Option<Value>,
    /// The failure, for a person.
    pub message: Option<String>,
    pub timeline: Vec<Step>,
    /// How many bytes went to standard output, and from standard input.
    pub received: u64,
    pub sent: u64,
}

impl Report {
    /// Arguments that were wrong.
    pub fn of_usage(message: &str) -> Self {
        Self {
            failure: Some(json!({ "invalid-argument": message })),
            message: Some(message.to_owned()),
            ..Self::default()
        }
    }

    /// As a line of JSON.
    pub fn line(&self) -> String {
        line(&json!({
            "connected": self.connected,
            "failure": self.failure,
            "message": self.message,
            "timeline": timeline(&self.timeline),
            "received": self.received,
            "sent": self.sent,
        }))
    }
}

/// What came of an exchange of datagrams; the keys are always the same.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Exchange {
    pub local: Option<Address>,
    pub remote: Option<Address>,
    pub failure: Option<Value>,
    /// The failure, for a person.
    pub message: Option<String>,
    /// What went wrong on the way, and how often.
    pub failures: Vec<(OsFailure, u64)>,
    pub timeline: Vec<Step>,
    /// How many datagrams.
    pub received: u64,
    pub sent: u64,
    pub dropped: u64,
}

impl Exchange {
    /// Arguments that were wrong.
    pub fn of_usage(message: &str) -> Self {
        Self {
            failure: Some(json!({ "invalid-argument": message })),
            message: Some(message.to_owned()),
            ..Self::default()
        }
    }

    /// As a line of JSON.
    pub fn line(&self) -> String {
        let failure = |(why, count): &(OsFailure, u64)| json!({ "code": code(&why.code), "message": why.message, "count": count });
        line(&json!({
            "local-address": address(self.local.as_ref()),
            "remote-address": address(self.remote.as_ref()),
            "failure": self.failure,
            "message": self.message,
            "failures": self.failures.iter().map(failure).collect::<Value>(),
            "timeline": timeline(&self.timeline),
            "received": self.received,
            "sent": self.sent,
            "dropped": self.dropped,
        }))
    }
}

/// A connection that stands, or stood.
pub fn connected(
    local: Option<&Address>,
    remote: Option<&Address>,
    credentials: Option<Credentials>,
    facts: Option<Facts>,
) -> Value {
    let credentials = credentials.map(|it| json!({ "pid": it.pid, "uid": it.uid, "gid": it.gid }));
    json!({
        "local-address": address(local),
        "remote-address": address(remote),
        "peer-credentials": credentials,
        "tls": facts.map(tls),
    })
}

fn address(address: Option<&Address>) -> Option<String> {
    address.map(Address::text)
}

fn tls(facts: Facts) -> Value {
    let alpn = facts.alpn.as_deref().map(String::from_utf8_lossy);
    let certificates = facts.peer_certificates.iter();
    let certificates: Vec<_> = certificates.map(|it| certificate(it)).collect();
    json!({
        "version": if facts.tls13 { "tls13" } else { "tls12" },
        "cipher-suite": facts.cipher_suite,
        "key-exchange": facts.key_exchange,
        "server-name": facts.server_name,
        "alpn": alpn,
        "resumed": facts.resumed,
        "peer-certificates": certificates,
    })
}

/// A certificate as people read it; null if it cannot be read.
fn certificate(der: &[u8]) -> Value {
    let Ok(it) = describe(der) else {
        return Value::Null;
    };
    json!({
        "subject": it.subject,
        "issuer": it.issuer,
        "serial-number": it.serial_number,
        "not-before": it.not_before,
        "not-after": it.not_after,
        "subject-alternative-names": it.subject_alternative_names,
        "fingerprint": it.fingerprint,
    })
}

/// The steps; times are in seconds since the start of the call.
fn timeline(steps: &[Step]) -> Value {
    steps.iter().map(step).collect()
}

fn step(step: &Step) -> Value {
    json!({
        "phase": step.phase.to_string(),
        "address": address(step.address.as_ref()),
        "started": step.started.as_secs_f64(),
        "ended": step.ended.as_secs_f64(),
        "outcome": match &step.outcome {
            Outcome::Succeeded => json!("succeeded"),
            Outcome::Abandoned => json!("abandoned"),
            Outcome::Failed(why) => json!({ "failed": failure(why) }),
        },
    })
}

/// Why a call failed: a variant of the WIT, an object with its one case.
pub fn failure(failure: &Failure) -> Value {
    match failure {
        Failure::InvalidArgument(text) => json!({ "invalid-argument": text }),
        Failure::NotSupported(text) => json!({ "not-supported": text }),
        Failure::RefusedNetwork(text) => json!({ "refused-network": text }),
        Failure::Lookup(why) => json!({ "lookup": lookup(why) }),
        Failure::Os(why) => json!({ "os": os(why) }),
        Failure::All(failures) => {
            json!({ "all": failures.iter().map(attempt).collect::<Value>() })
        }
        Failure::Tls(why) => json!({ "tls": tls_failure(why) }),
        Failure::TimedOut(phase) => json!({ "timed-out": phase.to_string() }),
        Failure::HandshakeTimedOut(_) => json!({ "timed-out": "handshake" }),
        Failure::Cancelled => json!("cancelled"),
    }
}

fn attempt(why: &AttemptFailure) -> Value {
    failure(&why.clone().into())
}

fn os(failure: &OsFailure) -> Value {
    json!({ "code": code(&failure.code), "message": failure.message })
}

/// A code of the system.
pub fn code(code: &SocketError) -> Value {
    json!(match code.clone().in_wasi() {
        SocketError::AccessDenied => "access-denied",
        SocketError::NotSupported => "not-supported",
        SocketError::InvalidArgument => "invalid-argument",
        SocketError::OutOfMemory => "out-of-memory",
        SocketError::Timeout => "timeout",
        SocketError::InvalidState => "invalid-state",
        SocketError::AddressNotBindable => "address-not-bindable",
        SocketError::AddressInUse => "address-in-use",
        SocketError::RemoteUnreachable => "remote-unreachable",
        SocketError::ConnectionRefused => "connection-refused",
        SocketError::ConnectionBroken => "connection-broken",
        SocketError::ConnectionReset => "connection-reset",
        SocketError::ConnectionAborted => "connection-aborted",
        SocketError::DatagramTooLarge => "datagram-too-large",
        SocketError::Other(text) => return json!({ "other": text }),
        SocketError::Posix(errno) => return json!({ "other": errno.text() }),
    })
}

fn lookup(failure: &LookupFailure) -> Value {
    json!(match failure {
        LookupFailure::NotFound => "not-found",
        LookupFailure::Temporary => "temporary",
        LookupFailure::Permanent => "permanent",
        LookupFailure::FamilyNotSupported | LookupFailure::FamilyUnknown => "family-not-supported",
        LookupFailure::ServiceNotSupported => "service-not-supported",
        LookupFailure::ProtocolNotSupported => "protocol-not-supported",
        LookupFailure::BadFlags => "bad-flags",
        LookupFailure::AccessDenied => "access-denied",
        LookupFailure::Other(text) => return json!({ "other": text }),
    })
}

/// Why TLS failed.
pub fn tls_failure(failure: &TlsFailure) -> Value {
    match failure {
        TlsFailure::Certificate(why) => json!({ "certificate": certificate_failure(why) }),
        TlsFailure::AlertReceived(number, name) => json!({ "alert-received": [number, name] }),
        TlsFailure::NotTls(text) | TlsFailure::StartTls(text) => json!({ "not-tls": text }),
        TlsFailure::Incompatible(text) => json!({ "incompatible": text }),
        TlsFailure::Truncated => json!("truncated"),
        TlsFailure::Protocol(text) => json!({ "protocol": text }),
        TlsFailure::Configuration(text) => json!({ "configuration": text }),
    }
}

fn certificate_failure(failure: &CertificateFailure) -> Value {
    match failure {
        CertificateFailure::Expired(dates) => json!({ "expired": dates }),
        CertificateFailure::NotYetValid(dates) => json!({ "not-yet-valid": dates }),
        CertificateFailure::UnknownIssuer(issuer) => json!({ "unknown-issuer": issuer }),
        CertificateFailure::NameMismatch { names, .. } => json!({ "name-mismatch": names }),
        CertificateFailure::Revoked => json!("revoked"),
        CertificateFailure::BadSignature => json!("bad-signature"),
        CertificateFailure::Malformed(text) => json!({ "malformed": text }),
        CertificateFailure::Rejected(text) => json!({ "rejected": text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::Errno;
    use crate::failure::Phase;
    use std::time::Duration;

    #[test]
    fn a_failure_of_every_depth() {
        let refused = OsFailure::connect(
            SocketError::ConnectionRefused,
            "127.0.0.1:9".parse().unwrap(),
        );
        let names = vec!["a.example".to_owned()];
        let certificate =
            TlsFailure::Certificate(CertificateFailure::NameMismatch { asked: None, names });
        let all = Failure::All(vec![refused.into(), AttemptFailure::Tls(certificate)]);
        assert_eq!(
            failure(&all),
            json!({ "all": [
                { "os": {
                    "code": "connection-refused",
                    "message": "[Errno 111] Connect call failed ('127.0.0.1', 9)",
                } },
                { "tls": { "certificate": { "name-mismatch": ["a.example"] } } },
            ] })
        );
        assert_eq!(failure(&Failure::Cancelled), json!("cancelled"));
        let lookup = Failure::Lookup(LookupFailure::Other("odd".into()));
        assert_eq!(failure(&lookup), json!({ "lookup": { "other": "odd" } }));
    }

    /// Every name is a case of the WIT.
    #[test]
    fn the_words_are_those_of_the_wit() {
        let wit = include_str!("../../wit/types.wit").to_owned()
            + include_str!("../../wit/tls.wit")
            + include_str!("../../wit/deps/sockets.wit");
        let text = String::new;
        let refused = || OsFailure::new(SocketError::ConnectionRefused);
        let codes = [
            SocketError::AccessDenied,
            SocketError::NotSupported,
            SocketError::InvalidArgument,
            SocketError::OutOfMemory,
            SocketError::Timeout,
            SocketError::InvalidState,
            SocketError::AddressNotBindable,
            SocketError::AddressInUse,
            SocketError::RemoteUnreachable,
            SocketError::ConnectionRefused,
            SocketError::ConnectionBroken,
            SocketError::ConnectionReset,
            SocketError::ConnectionAborted,
            SocketError::DatagramTooLarge,
            SocketError::Other(None),
            SocketError::Posix(Errno::Enoent),
        ];
        let lookups = [
            LookupFailure::NotFound,
            LookupFailure::Temporary,
            LookupFailure::Permanent,
            LookupFailure::FamilyNotSupported,
            LookupFailure::FamilyUnknown,
            LookupFailure::ServiceNotSupported,
            LookupFailure::ProtocolNotSupported,
            LookupFailure::BadFlags,
            LookupFailure::AccessDenied,
            LookupFailure::Other(text()),
        ];
        let certificates = [
            CertificateFailure::Expired(text()),
            CertificateFailure::NotYetValid(text()),
            CertificateFailure::UnknownIssuer(text()),
            CertificateFailure::NameMismatch {
                asked: None,
                names: Vec::new(),
            },
            CertificateFailure::Revoked,
            CertificateFailure::BadSignature,
            CertificateFailure::Malformed(text()),
            CertificateFailure::Rejected(text()),
        ];
        let tls = [
            TlsFailure::Certificate(CertificateFailure::Revoked),
            TlsFailure::AlertReceived(40, text()),
            TlsFailure::NotTls(text()),
            TlsFailure::StartTls(text()),
            TlsFailure::Incompatible(text()),
            TlsFailure::Truncated,
            TlsFailure::Protocol(text()),
            TlsFailure::Configuration(text()),
        ];
        let failures = [
            Failure::InvalidArgument(text()),
            Failure::NotSupported(text()),
            Failure::RefusedNetwork(text()),
            Failure::Lookup(LookupFailure::NotFound),
            Failure::Os(refused()),
            Failure::All(vec![refused().into()]),
            Failure::Tls(TlsFailure::Truncated),
            Failure::TimedOut(Phase::Bind),
            Failure::HandshakeTimedOut(Duration::ZERO),
            Failure::Cancelled,
        ];
        let values = codes.iter().map(code);
        let values = values.chain(lookups.iter().map(lookup));
        let values = values.chain(certificates.iter().map(certificate_failure));
        let values = values.chain(tls.iter().map(tls_failure));
        for value in values.chain(failures.iter().map(failure)) {
            let case = match &value {
                Value::Object(object) => object.keys().next().unwrap(),
                value => value.as_str().unwrap(),
            };
            let stands = |end| wit.contains(&format!("\n    {case}{end}"));
            assert!(stands(',') || stands('('), "{case}");
        }
    }

    #[test]
    fn a_step() {
        let step = Step {
            phase: Phase::Connect,
            address: Some(Address::Ip("[::1]:443".parse().unwrap())),
            started: Duration::from_millis(250),
            ended: Duration::from_millis(1500),
            outcome: Outcome::Failed(Failure::TimedOut(Phase::Connect)),
        };
        assert_eq!(
            timeline(&[step]),
            json!([{
                "phase": "connect",
                "address": "[::1]:443",
                "started": 0.25,
                "ended": 1.5,
                "outcome": { "failed": { "timed-out": "connect" } },
            }])
        );
    }

    #[test]
    fn a_report_has_all_its_keys() {
        let line = Report::of_usage("nothing works").line();
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({
                "connected": null,
                "failure": { "invalid-argument": "nothing works" },
                "message": "nothing works",
                "timeline": [],
                "received": 0,
                "sent": 0,
            })
        );
    }

    #[test]
    fn an_exchange_of_datagrams() {
        let exchange = Exchange {
            local: Some(Address::Unix(b"\0name".to_vec())),
            failures: vec![(OsFailure::new(SocketError::ConnectionRefused), 3)],
            sent: 4,
            ..Exchange::default()
        };
        let read: Value = serde_json::from_str(&exchange.line()).unwrap();
        let refused = json!({
            "code": "connection-refused",
            "message": "[Errno 111] Connection refused",
            "count": 3,
        });
        assert_eq!(
            read,
            json!({
                "local-address": "\0name",
                "remote-address": null,
                "failure": null,
                "message": null,
                "failures": [refused],
                "timeline": [],
                "received": 0,
                "sent": 4,
                "dropped": 0,
            })
        );
    }

    #[test]
    fn a_line_without_control_characters() {
        let line = line(&json!("a\u{1b}[31m\u{9b}31m\u{7f}\nb"));
        assert_eq!(line, "\"a\\u001b[31m\\u009b31m\\u007f\\nb\"\n");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read, "a\u{1b}[31m\u{9b}31m\u{7f}\nb");
    }
}
