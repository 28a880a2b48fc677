//! rustls's errors in the words of the WIT.

use super::verify::untraced_issuer;
use crate::failure::{CertificateFailure, TlsFailure};
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, ExtendedKeyPurpose};
use std::net::IpAddr;

/// Its beginning, in seconds since 1970.
const YEAR_2026: u64 = 1_767_225_600;

/// `peer` is the beginning of what the peer sent: a peer that does not speak TLS shows there.
pub fn tls_failure(error: rustls::Error, peer: &[u8]) -> TlsFailure {
    use rustls::Error;
    if let Some(what) = not_tls(peer) {
        return TlsFailure::NotTls(what);
    }
    match error {
        Error::InvalidCertificate(error) => TlsFailure::Certificate(certificate_failure(error)),
        Error::InvalidCertRevocationList(why) => {
            let why = words(&format!("{why:?}"));
            let told = format!("the revocation list of its issuer cannot be used ({why})");
            TlsFailure::Certificate(CertificateFailure::Rejected(told))
        }
        Error::AlertReceived(alert) => {
            // As IANA spells it.
            let name = match alert {
                AlertDescription::UnrecognisedName => "unrecognized_name".into(),
                alert => snake_case(&format!("{alert:?}")),
            };
            TlsFailure::AlertReceived(alert.into(), name)
        }
        Error::PeerIncompatible(why) => TlsFailure::Incompatible(words(&format!("{why:?}"))),
        Error::NoApplicationProtocol => {
            TlsFailure::Incompatible("no application protocol (ALPN)".into())
        }
        Error::NoCertificatesPresented => TlsFailure::Protocol("it sent no certificate".into()),
        Error::DecryptError => TlsFailure::Protocol("a record does not decrypt".into()),
        Error::PeerMisbehaved(why) => TlsFailure::Protocol(words(&format!("{why:?}"))),
        Error::InvalidMessage(why) => TlsFailure::Protocol(format!(
            "a message is corrupt ({})",
            words(&format!("{why:?}"))
        )),
        error => TlsFailure::Protocol(error.to_string()),
    }
}

/// What the first bytes look like, if they are no TLS record: a content type of 20 to 23, then a major version of 3
/// (RFC 8446, section 5.1).
fn not_tls(peer: &[u8]) -> Option<String> {
    let tls = match peer {
        [] => true,
        [kind] => (20..=23).contains(kind),
        [kind, major, ..] => (20..=23).contains(kind) && *major == 3,
    };
    if tls {
        return None;
    }
    let line = peer.split(|byte| matches!(byte, b'\r' | b'\n')).next();
    let line = line.unwrap_or_default();
    let readable = !line.is_empty() && line.iter().all(|byte| matches!(byte, b' '..=b'~'));
    Some(match readable {
        true => format!("it says \"{}\"", String::from_utf8_lossy(line)),
        false => {
            let hex: Vec<_> = peer
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("it sends {}", hex.join(" "))
        }
    })
}

pub(super) fn certificate_failure(error: CertificateError) -> CertificateFailure {
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            CertificateFailure::Expired(format!(
                "valid until {}, and now it is {}",
                date(not_after),
                date(time)
            ))
        }
        // Of what has expired, webpki gives the dates; this is another mistake.
        CertificateError::Expired => {
            CertificateFailure::Rejected("its validity ends before it begins".into())
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            // Before this was written: a clock that was never set.
            let doubt = if time.as_secs() < YEAR_2026 {
                ": is the clock right?"
            } else {
                ""
            };
            CertificateFailure::NotYetValid(format!(
                "valid from {}, and now it is {}{doubt}",
                date(not_before),
                date(time)
            ))
        }
        CertificateError::NotValidYet => {
            CertificateFailure::NotYetValid("the date is unknown".into())
        }
        CertificateError::UnknownIssuer => CertificateFailure::UnknownIssuer(untraced_issuer()),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => CertificateFailure::NameMismatch {
            asked: Some(expected.to_str().into_owned()),
            names: presented.iter().map(|name| plain(name)).collect(),
        },
        CertificateError::NotValidForName => CertificateFailure::NameMismatch {
            asked: None,
            names: Vec::new(),
        },
        CertificateError::Revoked => CertificateFailure::Revoked,
        CertificateError::BadSignature => CertificateFailure::BadSignature,
        CertificateError::BadEncoding => {
            CertificateFailure::Malformed("it cannot be read as X.509 in DER".into())
        }
        error => CertificateFailure::Rejected(rejected(&error)),
    }
}

/// What rustls and webpki have no sentence for.
fn rejected(error: &CertificateError) -> String {
    use CertificateError::{
        InvalidPurposeContext, Other, UnsupportedSignatureAlgorithmContext,
        UnsupportedSignatureAlgorithmForPublicKeyContext,
    };
    match error {
        // webpki's errors, which show their names.
        Other(error) => named(&error.to_string()),
        UnsupportedSignatureAlgorithmContext { .. } => {
            "it, or one above it, is signed by an algorithm that is not supported".into()
        }
        UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "a signature is by a key of a kind that does not go with it, or is not supported".into()
        }
        InvalidPurposeContext { presented, .. } => purposes(presented),
        error => words(&format!("{error:?}")),
    }
}

/// What the name of an error of webpki means.
fn named(error: &str) -> String {
    let told = match error {
        "CaUsedAsEndEntity" => {
            "it is that of an authority (CA:TRUE), which a server can use only if it is itself among those trusted"
        }
        "EndEntityUsedAsCa" => "what signed it is not that of an authority",
        "EmptyEkuExtension" => "its list of purposes (extended key usage) is empty",
        "ExtensionValueInvalid" => "it, or one above it, has an extension twice",
        "InvalidNetworkMaskConstraint" => {
            "an authority above it is limited to a network whose mask has holes"
        }
        "InvalidSerialNumber" => "its serial number is malformed",
        "MalformedDnsIdentifier" => {
            "a DNS name in it, or one that an authority above it is limited to, is malformed"
        }
        "MalformedExtensions" => "its extensions are malformed",
        "MalformedNameConstraint" => {
            "the names that an authority above it is limited to are malformed"
        }
        "MaximumNameConstraintComparisonsExceeded" => {
            "it takes too long to compare its names with those that authorities are limited to"
        }
        "MaximumPathBuildCallsExceeded" | "MaximumSignatureChecksExceeded" => {
            "it takes too long to find a way to a trusted root among the certificates that were sent"
        }
        "MaximumPathDepthExceeded" => "more than six others stand between it and a trusted root",
        "NameConstraintViolation" => "it has a name that an authority above it may not vouch for",
        "PathLenConstraintViolated" => {
            "an authority above it may not have so many others below it (path length)"
        }
        "SignatureAlgorithmMismatch" => "it names two different algorithms for its signature",
        "UnsupportedCertVersion" => "it, or one above it, is not of version 3 of X.509",
        "UnsupportedCriticalExtension" => {
            "it, or one above it, has a critical extension that is not supported"
        }
        name => return words(name),
    };
    told.into()
}

/// That it is for other purposes than servers.
fn purposes(presented: &[ExtendedKeyPurpose]) -> String {
    let told = presented.iter().map(|purpose| match purpose {
        ExtendedKeyPurpose::ClientAuth => "client authentication",
        ExtendedKeyPurpose::ServerAuth => "server authentication",
        // anyExtendedKeyUsage (RFC 5280, section 4.2.1.12).
        ExtendedKeyPurpose::Other(numbers) if numbers == &[2, 5, 29, 37, 0] => "any purpose",
        _ => "an unknown purpose",
    });
    let mut told: Vec<_> = told.collect();
    told.dedup();
    format!(
        "it is for {}, and does not name server authentication",
        told.join(", ")
    )
}

/// The words of an identifier.
pub(super) fn words(identifier: &str) -> String {
    snake_case(identifier).replace('_', " ")
}

/// `DnsName("a.example")` and `IpAddress(127.0.0.1)`, as webpki shows names, without the clothes.
fn plain(name: &str) -> String {
    let parts = name.split_once('(');
    let (kind, inner) = parts.map_or((name, None), |(kind, rest)| (kind, rest.strip_suffix(')')));
    let inner = inner.unwrap_or_default();
    let text = inner.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    match (kind, text) {
        (_, Some("")) => "an empty name".into(),
        (_, Some(text)) => visible(text),
        ("IpAddress", None) => match inner.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => "a malformed IP address".into(),
        },
        ("DirectoryName", None) => "a directory name".into(),
        // The tag of GeneralName (RFC 5280, section 4.2.1.6).
        ("Unsupported", None) if inner == "0x01" => "a mail address".into(),
        _ => "a name of another kind".into(),
    }
}

/// Everything but plain ASCII escaped: a stranger wrote this, and a terminal may show it.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => shown.push(character),
            _ => shown.extend(character.escape_default()),
        }
    }
    shown
}

/// `HandshakeFailure` to `handshake_failure`, the name of RFC 8446, section 6.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = !character.is_ascii_uppercase();
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn date(time: UnixTime) -> String {
    day_and_time(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// The day and time in UTC of this second since 1970, by the calendar of the proleptic Gregorian era count (ISO 8601).
pub fn day_and_time(seconds: i64) -> String {
    match time::OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(time) => format!(
            "{}-{:02}-{:02} {:02}:{:02} UTC",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute()
        ),
        Err(_) => format!("{seconds} s after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, Error, InvalidMessage};

    #[test]
    fn alerts_have_their_number_and_name() {
        let error = Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert_eq!(
            tls_failure(error, &[21, 3, 3]),
            TlsFailure::AlertReceived(40, "handshake_failure".into())
        );
    }

    #[test]
    fn peers_that_do_not_speak_tls() {
        let says = |peer: &[u8]| {
            let error = Error::InvalidMessage(InvalidMessage::InvalidContentType);
            tls_failure(error, peer).to_string()
        };
        let ssh = says(b"SSH-2.0-OpenSSH_9.9\r\n");
        assert_eq!(
            ssh,
            "the peer does not speak TLS: it says \"SSH-2.0-OpenSSH_9.9\""
        );
        assert_eq!(
            says(&[0, 255]),
            "the peer does not speak TLS: it sends 00 ff"
        );
        assert!(says(&[22, 3, 3, 0, 0]).starts_with("the peer broke the TLS protocol"));
    }

    #[test]
    fn what_others_name_is_told_in_words() {
        let told = |error: CertificateError| certificate_failure(error).to_string();
        let other = |name| {
            // webpki's own text is its name.
            let error = std::io::Error::other(name);
            CertificateError::Other(rustls::OtherError(std::sync::Arc::new(error)))
        };
        assert_eq!(
            told(other("CaUsedAsEndEntity")),
            "certificate is not acceptable: it is that of an authority (CA:TRUE), which a server can use only if it is itself among those trusted"
        );
        assert_eq!(
            told(other("PathLenConstraintViolated")),
            "certificate is not acceptable: an authority above it may not have so many others below it (path length)"
        );
        assert_eq!(
            told(other("SomethingNew")),
            "certificate is not acceptable: something new"
        );
        assert_eq!(
            told(CertificateError::Expired),
            "certificate is not acceptable: its validity ends before it begins"
        );
        assert_eq!(
            told(CertificateError::UnhandledCriticalExtension),
            "certificate is not acceptable: unhandled critical extension"
        );
        let misbehaved = Error::PeerMisbehaved(rustls::PeerMisbehaved::TooManyEmptyFragments);
        assert_eq!(
            tls_failure(misbehaved, &[22, 3, 3]).to_string(),
            "the peer broke the TLS protocol: too many empty fragments"
        );
    }

    #[test]
    fn purposes_are_told_without_numbers() {
        use ExtendedKeyPurpose::{ClientAuth, Other, ServerAuth};
        let told = |presented| {
            let required = ServerAuth;
            certificate_failure(CertificateError::InvalidPurposeContext {
                required,
                presented,
            })
            .to_string()
        };
        let unknown = || Other(vec![1, 3, 6]);
        for (presented, words) in [
            (vec![ClientAuth], "client authentication"),
            (vec![Other(vec![2, 5, 29, 37, 0])], "any purpose"),
            (
                vec![ClientAuth, unknown(), unknown()],
                "client authentication, an unknown purpose",
            ),
        ] {
            assert_eq!(
                told(presented),
                format!(
                    "certificate is not acceptable: it is for {words}, and does not name server authentication"
                )
            );
        }
    }

    #[test]
    fn names_of_strangers_are_plain_text() {
        for (name, shown) in [
            ("DnsName(\"a.example\")", "a.example"),
            ("DnsName(\"a\"b(c)\")", "a\"b(c)"),
            (
                "DnsName(\"\u{1b}[2Ja\0b\u{fc}\u{202e}\")",
                "\\u{1b}[2Ja\\u{0}b\\u{fc}\\u{202e}",
            ),
            ("DnsName(\"\")", "an empty name"),
            ("UniformResourceIdentifier(\"a:b\")", "a:b"),
            ("IpAddress(127.0.0.1)", "127.0.0.1"),
            ("IpAddress(0::ffff:7f00:1)", "::ffff:127.0.0.1"),
            ("IpAddress([invalid: 7f, 00])", "a malformed IP address"),
            ("DirectoryName", "a directory name"),
            ("Unsupported(0x01)", "a mail address"),
            ("Unsupported(0x00)", "a name of another kind"),
        ] {
            assert_eq!(plain(name), shown, "{name}");
        }
    }

    #[test]
    fn no_certificate_at_all() {
        assert_eq!(
            tls_failure(Error::NoCertificatesPresented, &[22, 3, 3]).to_string(),
            "the peer broke the TLS protocol: it sent no certificate"
        );
    }

    #[test]
    fn dates_are_readable() {
        let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        assert_eq!(date(at(951_782_400)), "2000-02-29 00:00 UTC");
        let expired = CertificateError::ExpiredContext {
            time: at(86_400),
            not_after: at(60),
        };
        assert_eq!(
            certificate_failure(expired).to_string(),
            "certificate has expired: valid until 1970-01-01 00:01 UTC, and now it is 1970-01-02 00:00 UTC"
        );
    }

    #[test]
    fn a_clock_that_was_never_set_is_doubted() {
        let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let told = |now| {
            let error = CertificateError::NotValidYetContext {
                time: at(now),
                not_before: at(2_000_000_000),
            };
            certificate_failure(error).to_string()
        };
        assert_eq!(
            told(0),
            "certificate is not yet valid: valid from 2033-05-18 03:33 UTC, and now it is \
             1970-01-01 00:00 UTC: is the clock right?"
        );
        assert!(told(YEAR_2026 - 1).ends_with("2025-12-31 23:59 UTC: is the clock right?"));
        assert!(told(YEAR_2026).ends_with("and now it is 2026-01-01 00:00 UTC"));
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        let error = CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("a.example").unwrap(),
            presented: vec![
                "DnsName(\"b.example\")".into(),
                "IpAddress(127.0.0.1)".into(),
            ],
        };
        assert_eq!(
            certificate_failure(error).to_string(),
            "name mismatch: the certificate is for b.example, 127.0.0.1, not for a.example"
        );
    }
}
