//! What TLS agreed on, as JSON.

use super::outcome::tls;
use crate::bindings::switchboard::connect::tls::{
    Certificate, Facts, Version, describe_certificate,
};
use serde_json::{Value, json};

/// What was agreed on.
pub(crate) fn facts(facts: &Facts) -> Value {
    let alpn = facts.alpn.as_ref();
    let certificates = facts.peer_certificates.iter();
    let certificates: Vec<_> = certificates.map(|der| described(der)).collect();
    json!({
        "version": match facts.version {
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        },
        "cipher-suite": facts.cipher_suite,
        "key-exchange": facts.key_exchange,
        "server-name": facts.server_name,
        "alpn": alpn.map(|it| String::from_utf8_lossy(it)),
        "resumed": facts.resumed,
        "peer-certificates": certificates,
    })
}

fn described(der: &[u8]) -> Value {
    match describe_certificate(der) {
        Ok(certificate) => certificate_facts(&certificate),
        Err(failure) => json!({ "failure": tls(&failure) }),
    }
}

fn certificate_facts(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial-number": certificate.serial_number,
        "not-before": certificate.not_before,
        "not-after": certificate.not_after,
        "subject-alternative-names": certificate.subject_alternative_names,
        "fingerprint": certificate.fingerprint,
    })
}
