//! Names of people and organisations in certificates, written as in RFC 4514.

use super::certificate::{hex, printable};
use std::str::FromStr as _;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Encode, Tag, Tagged};
use x509_cert::name::Name;

/// The types that have a short name (RFC 4514, section 3), and two more that people use. x509-cert would write names too,
/// with a table of a thousand types, which are 97 KB of the component.
const TYPES: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The last part comes first (section 2.1).
pub(super) fn distinguished_name(name: &Name) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+"))
        .collect();
    parts.reverse();
    parts.join(",")
}

/// A type and its value; by its number and in hexadecimal, if the one has no short name or the other is no string
/// (section 2.4).
fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let short = TYPES
        .iter()
        .find(|(oid, _)| ObjectIdentifier::from_str(oid) == Ok(attribute.oid))
        .map(|(_, short)| short);
    match (short, string(attribute)) {
        (Some(short), Some(value)) => format!("{short}={}", escaped(&value)),
        _ => {
            let der = attribute.value.to_der().unwrap_or_default();
            format!("{}=#{}", attribute.oid, hex(&der))
        }
    }
}

/// A `DirectoryString` (RFC 5280, section 4.1.2.4) or an IA5String.
fn string(attribute: &AttributeTypeAndValue) -> Option<String> {
    let bytes = attribute.value.value();
    match attribute.value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            str::from_utf8(bytes).ok().map(str::to_owned)
        }
        // T.61 by the letter, Latin-1 in all that there is.
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks();
            let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
            let text = String::from_utf16(&units).ok()?;
            rest.is_empty().then_some(text)
        }
        _ => None,
    }
}

/// Section 2.4.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let escape = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            '#' => index == 0,
            ' ' => index == 0 || index == last,
            _ => false,
        };
        if escape {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    printable(&escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x509-cert's own writing, and its reading.
    #[test]
    fn as_others_write_and_read_them() {
        for name in [
            "CN=a.example,OU=b,O=c,L=d,ST=e,STREET=f,C=DE",
            "UID=me,DC=a,DC=example",
            "CN=a+OU=b,O=c",
            "CN=\\#a\\, \\\"b\\\"\\+\\;\\<\\>\\\\,O=\\ c\\ ",
            "CN=\\ ",
            "CN=Лес\\00",
        ] {
            let parsed = Name::from_str(name).unwrap();
            assert_eq!(distinguished_name(&parsed), name);
            assert_eq!(parsed.to_string(), name);
        }
    }
}
