//! rustls's errors in the words of the WIT.

use crate::failure::{CertificateFailure, TlsFailure};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

/// `peer` is the beginning of what the peer sent: a peer that does not speak TLS shows there.
pub fn tls_failure(error: rustls::Error, peer: &[u8]) -> TlsFailure {
    use rustls::Error;
    if let Some(what) = not_tls(peer) {
        return TlsFailure::NotTls(what);
    }
    match error {
        Error::InvalidCertificate(error) => TlsFailure::Certificate(certificate_failure(error)),
        Error::AlertReceived(alert) => {
            let name = format!("{alert:?}");
            TlsFailure::AlertReceived(alert.into(), snake_case(&name))
        }
        Error::PeerIncompatible(why) => TlsFailure::Incompatible(words(&format!("{why:?}"))),
        Error::NoApplicationProtocol => {
            TlsFailure::Incompatible("no application protocol (ALPN)".into())
        }
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
        CertificateError::Expired => CertificateFailure::Expired("the date is unknown".into()),
        CertificateError::NotValidYetContext { time, not_before } => {
            CertificateFailure::NotYetValid(format!(
                "valid from {}, and now it is {}",
                date(not_before),
                date(time)
            ))
        }
        CertificateError::NotValidYet => {
            CertificateFailure::NotYetValid("the date is unknown".into())
        }
        CertificateError::UnknownIssuer => CertificateFailure::UnknownIssuer,
        CertificateError::NotValidForNameContext { presented, .. } => {
            CertificateFailure::NameMismatch(presented.iter().map(|name| plain(name)).collect())
        }
        CertificateError::NotValidForName => CertificateFailure::NameMismatch(Vec::new()),
        CertificateError::Revoked => CertificateFailure::Revoked,
        CertificateError::BadSignature => CertificateFailure::BadSignature,
        CertificateError::BadEncoding => {
            CertificateFailure::Malformed("it is not valid DER of X.509".into())
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
        Other(error) => match error.to_string().as_str() {
            "CaUsedAsEndEntity" => {
                "it is that of an authority (CA:TRUE), which no server can use".into()
            }
            "EndEntityUsedAsCa" => "what signed it is not that of an authority".into(),
            name => words(name),
        },
        UnsupportedSignatureAlgorithmContext { .. }
        | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its signature algorithm is not supported".into()
        }
        InvalidPurposeContext { .. } => error.to_string(),
        error => words(&format!("{error:?}")),
    }
}

/// The words of an identifier.
fn words(identifier: &str) -> String {
    snake_case(identifier).replace('_', " ")
}

/// `DnsName("a.example")` and `IpAddress(127.0.0.1)`, as webpki shows names, without the clothes.
fn plain(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
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

/// The day and time in UTC, by the calendar of the proleptic Gregorian era count (ISO 8601).
fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
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
            "certificate is not acceptable: it is that of an authority (CA:TRUE), which no server can use"
        );
        assert_eq!(
            told(other("PathLenConstraintViolated")),
            "certificate is not acceptable: path len constraint violated"
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
            "name mismatch: the certificate is for b.example, 127.0.0.1"
        );
    }
}
