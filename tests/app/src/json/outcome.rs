//! What the calls tell, as JSON: under the names of WIT, times in seconds.

use crate::bindings::switchboard::connect::streams::StreamFailure;
use crate::bindings::switchboard::connect::tls::CertificateFailure;
use crate::bindings::switchboard::connect::types::{
    Address, AttemptFailure, Failure, LookupFailure, OsFailure, Outcome, Step, TlsFailure,
};
use crate::bindings::wasi::sockets::types::ErrorCode;
use crate::tell;
use serde_json::{Value, json};
use std::time::Duration;

/// An IP address.
pub(crate) fn ip(address: &Address) -> Option<String> {
    matches!(address, Address::Ip(_)).then(|| tell::place(address))
}

/// A path.
pub(crate) fn path(address: &Address) -> Option<String> {
    matches!(address, Address::Unix(_)).then(|| tell::place(address))
}

pub(crate) fn step(step: &Step) -> Value {
    let address = step.address.as_ref();
    json!({
        "phase": tell::phase(step.phase),
        "address": address.and_then(ip),
        "path": address.and_then(path),
        "started": Duration::from_nanos(step.started).as_secs_f64(),
        "ended": Duration::from_nanos(step.ended).as_secs_f64(),
        "outcome": match &step.outcome {
            Outcome::Succeeded => json!("succeeded"),
            Outcome::Abandoned => json!("abandoned"),
            Outcome::Failed(why) => json!({ "failed": failure(why) }),
        },
    })
}

pub(crate) fn failure(failure: &Failure) -> Value {
    match failure {
        Failure::InvalidArgument(text) => json!({ "invalid-argument": text }),
        Failure::NotSupported(text) => json!({ "not-supported": text }),
        Failure::RefusedNetwork(text) => json!({ "refused-network": text }),
        Failure::Lookup(failure) => json!({ "lookup": lookup(failure) }),
        Failure::Os(failure) => json!({ "os": os(failure) }),
        Failure::All(failures) => {
            let failures: Vec<_> = failures.iter().map(attempt).collect();
            json!({ "all": failures })
        }
        Failure::Tls(failure) => json!({ "tls": tls(failure) }),
        Failure::TimedOut(phase) => json!({ "timed-out": tell::phase(*phase) }),
        Failure::Cancelled => json!("cancelled"),
    }
}

fn attempt(failure: &AttemptFailure) -> Value {
    match failure {
        AttemptFailure::Os(failure) => json!({ "os": os(failure) }),
        AttemptFailure::Tls(failure) => json!({ "tls": tls(failure) }),
        AttemptFailure::TimedOut(phase) => json!({ "timed-out": tell::phase(*phase) }),
    }
}

fn lookup(failure: &LookupFailure) -> Value {
    match failure {
        LookupFailure::NotFound => json!("not-found"),
        LookupFailure::Temporary => json!("temporary"),
        LookupFailure::Permanent => json!("permanent"),
        LookupFailure::FamilyNotSupported => json!("family-not-supported"),
        LookupFailure::ServiceNotSupported => json!("service-not-supported"),
        LookupFailure::ProtocolNotSupported => json!("protocol-not-supported"),
        LookupFailure::BadFlags => json!("bad-flags"),
        LookupFailure::AccessDenied => json!("access-denied"),
        LookupFailure::Other(text) => json!({ "other": text }),
    }
}

pub(crate) fn os(failure: &OsFailure) -> Value {
    json!({ "code": code(&failure.code), "message": failure.message })
}

/// How a connection failed.
pub(crate) fn stream_failure(failure: &StreamFailure) -> Value {
    match failure {
        StreamFailure::Socket(why) => json!({ "socket": code(why) }),
        StreamFailure::Tls(failure) => json!({ "tls": tls(failure) }),
        StreamFailure::Aborted => json!("aborted"),
        StreamFailure::TimedOut => json!("timed-out"),
    }
}

fn code(code: &ErrorCode) -> Value {
    match code {
        ErrorCode::AccessDenied => json!("access-denied"),
        ErrorCode::NotSupported => json!("not-supported"),
        ErrorCode::InvalidArgument => json!("invalid-argument"),
        ErrorCode::OutOfMemory => json!("out-of-memory"),
        ErrorCode::Timeout => json!("timeout"),
        ErrorCode::InvalidState => json!("invalid-state"),
        ErrorCode::AddressNotBindable => json!("address-not-bindable"),
        ErrorCode::AddressInUse => json!("address-in-use"),
        ErrorCode::RemoteUnreachable => json!("remote-unreachable"),
        ErrorCode::ConnectionRefused => json!("connection-refused"),
        ErrorCode::ConnectionBroken => json!("connection-broken"),
        ErrorCode::ConnectionReset => json!("connection-reset"),
        ErrorCode::ConnectionAborted => json!("connection-aborted"),
        ErrorCode::DatagramTooLarge => json!("datagram-too-large"),
        ErrorCode::Other(text) => json!({ "other": text }),
    }
}

/// How TLS failed.
pub(crate) fn tls(failure: &TlsFailure) -> Value {
    match failure {
        TlsFailure::Certificate(failure) => json!({ "certificate": certificate(failure) }),
        TlsFailure::AlertReceived(alert) => json!({ "alert-received": alert }),
        TlsFailure::NotTls(text) => json!({ "not-tls": text }),
        TlsFailure::Incompatible(text) => json!({ "incompatible": text }),
        TlsFailure::Truncated => json!("truncated"),
        TlsFailure::Protocol(text) => json!({ "protocol": text }),
        TlsFailure::Configuration(text) => json!({ "configuration": text }),
    }
}

fn certificate(failure: &CertificateFailure) -> Value {
    match failure {
        CertificateFailure::Expired(text) => json!({ "expired": text }),
        CertificateFailure::NotYetValid(text) => json!({ "not-yet-valid": text }),
        CertificateFailure::UnknownIssuer(issuer) => json!({ "unknown-issuer": issuer }),
        CertificateFailure::NameMismatch(names) => json!({ "name-mismatch": names }),
        CertificateFailure::Revoked => json!("revoked"),
        CertificateFailure::BadSignature => json!("bad-signature"),
        CertificateFailure::Malformed(text) => json!({ "malformed": text }),
        CertificateFailure::Rejected(text) => json!({ "rejected": text }),
    }
}
