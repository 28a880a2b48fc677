//! A certificate as people read it.

use super::distinguished_name::distinguished_name;
use crate::failure::TlsFailure;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::Any;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The `certificate` of the WIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is, written as in RFC 4514.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// In hexadecimal.
    pub serial_number: String,
    /// In seconds since 1970.
    pub not_before: i64,
    /// In seconds since 1970.
    pub not_after: i64,
    /// Names and addresses that it is for; others with their kind before.
    pub subject_alternative_names: Vec<String>,
    /// SHA-256, in hexadecimal.
    pub fingerprint: String,
}

/// Rules for those who issue certificates (RFC 5280) are not applied: what is broken is to be seen as well.
type Parsed = CertificateInner<Raw>;

/// Reads a certificate in DER.
pub fn describe(der: &[u8]) -> Result<Certificate, TlsFailure> {
    let unreadable = |error: x509_cert::der::Error| {
        TlsFailure::Configuration(format!("cannot read the certificate: {error}"))
    };
    let certificate = Parsed::from_der(der).map_err(unreadable)?;
    let certificate = certificate.tbs_certificate();
    let seconds = |time: &x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    let mut names = Vec::new();
    let extensions = certificate.extensions().into_iter().flatten();
    for extension in extensions.filter(|it| it.extn_id == SubjectAltName::OID) {
        // One by one: x509-cert knows all kinds but one, which would cost the others.
        let all = Vec::<Any>::from_der(extension.extn_value.as_bytes()).map_err(unreadable)?;
        for name in &all {
            names.push(general_name(&name.to_der().map_err(unreadable)?));
        }
    }
    Ok(Certificate {
        subject: distinguished_name(certificate.subject()),
        issuer: distinguished_name(certificate.issuer()),
        serial_number: integer(&certificate.serial_number().to_der().map_err(unreadable)?),
        not_before: seconds(&certificate.validity().not_before),
        not_after: seconds(&certificate.validity().not_after),
        subject_alternative_names: names,
        fingerprint: hex(&Sha256::digest(der)),
    })
}

/// Who issued the certificate with which the way to a root ends: from the peer's own one, certificate by certificate,
/// among those that it showed.
pub(super) fn untraced_issuer(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Option<String> {
    let mut last = Parsed::from_der(end_entity).ok()?;
    let shown = intermediates.iter();
    let mut shown: Vec<_> = shown.filter_map(|der| Parsed::from_der(der).ok()).collect();
    let issuer = |last: &Parsed, all: &[Parsed]| {
        let issuer = last.tbs_certificate().issuer();
        all.iter()
            .position(|it| it.tbs_certificate().subject() == issuer)
    };
    while let Some(place) = issuer(&last, &shown) {
        last = shown.swap_remove(place);
    }
    match distinguished_name(last.tbs_certificate().issuer()) {
        name if name.is_empty() => Some("somebody without a name".into()),
        name => Some(name),
    }
}

/// With control characters as in RFC 4514, section 2.4, lest a terminal is led astray.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    printable.push_str(&format!("\\{byte:02x}"));
                }
            }
            false => printable.push(character),
        }
    }
    printable
}

fn general_name(der: &[u8]) -> String {
    let Ok(name) = GeneralName::from_der(der) else {
        return format!("other:#{}", hex(der));
    };
    match name {
        GeneralName::DnsName(name) => printable(name.as_str()),
        GeneralName::IpAddress(octets) => address(octets.as_bytes()),
        GeneralName::Rfc822Name(address) => format!("email:{}", printable(address.as_str())),
        GeneralName::UniformResourceIdentifier(uri) => format!("uri:{}", printable(uri.as_str())),
        GeneralName::DirectoryName(name) => format!("directory:{}", distinguished_name(&name)),
        GeneralName::RegisteredId(oid) => format!("oid:{oid}"),
        GeneralName::OtherName(_) | GeneralName::EdiPartyName(_) => format!("other:#{}", hex(der)),
    }
}

fn address(octets: &[u8]) -> String {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
    match address {
        Ok(address) => address.to_string(),
        Err(_) => format!("ip:#{}", hex(octets)),
    }
}

/// An INTEGER in DER (X.690, section 8.3) in hexadecimal: whole bytes, and a minus where it is negative, as OpenSSL does.
fn integer(der: &[u8]) -> String {
    let mut content = Any::from_der(der).map_or(Vec::new(), |any| any.value().to_vec());
    if content.first().is_none_or(|first| *first < 0x80) {
        if content.len() > 1 && content.first() == Some(&0) {
            content.remove(0);
        }
        return hex(&content);
    }
    // Two's complement: the magnitude is the inverse, and one more.
    let mut carry = true;
    for byte in content.iter_mut().rev() {
        let (sum, more) = (!*byte).overflowing_add(carry.into());
        (*byte, carry) = (sum, more);
    }
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    format!("-{}", hex(content.get(zeros..).unwrap_or_default()))
}

/// In lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
