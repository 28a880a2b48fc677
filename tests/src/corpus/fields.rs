//! The pieces that certificates are made of (RFC 5280, section 4.1), in DER.

use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, TagClass, construct_der};

/// An object identifier from its numbers.
#[must_use]
pub fn oid(numbers: &[u64]) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(numbers)
}

/// A tag of the universal class.
fn universal(tag_number: u64) -> Tag {
    Tag {
        tag_class: TagClass::Universal,
        tag_number,
    }
}

/// A time as it stands in the certificate, right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    tag: u64,
    text: &'static str,
}

/// A `UTCTime`: two digits for the year.
#[must_use]
pub fn utc(text: &'static str) -> Time {
    Time { tag: 23, text }
}

/// A `GeneralizedTime`: four digits for the year.
#[must_use]
pub fn generalized(text: &'static str) -> Time {
    Time { tag: 24, text }
}

impl Time {
    pub(super) fn write(self, writer: DERWriter<'_>) {
        writer.write_tagged_implicit(universal(self.tag), |writer| {
            writer.write_bytes(self.text.as_bytes());
        });
    }
}

/// The type of a string in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// `UTF8String`.
    Utf8,
    /// `PrintableString`.
    Printable,
    /// `TeletexString`, which RFC 5280 leaves to old certificates.
    Teletex,
    /// `BMPString`, UTF-16.
    Bmp,
}

/// A `Name` of one common name.
#[must_use]
pub fn common_name(name: &str) -> Vec<u8> {
    common_name_in(Text::Utf8, name.as_bytes())
}

/// A `Name` of one common name, these bytes in a string of this type.
#[must_use]
pub fn common_name_in(text: Text, name: &[u8]) -> Vec<u8> {
    let tag = match text {
        Text::Utf8 => 12,
        Text::Printable => 19,
        Text::Teletex => 20,
        Text::Bmp => 30,
    };
    construct_der(|writer| {
        writer.write_sequence(|names| {
            names.next().write_set(|attributes| {
                attributes.next().write_sequence(|attribute| {
                    attribute.next().write_oid(&oid(&[2, 5, 4, 3]));
                    attribute
                        .next()
                        .write_tagged_implicit(universal(tag), |writer| writer.write_bytes(name));
                });
            });
        });
    })
}

/// The `Name` without any.
#[must_use]
pub fn no_name() -> Vec<u8> {
    construct_der(|writer| writer.write_sequence(|_| {}))
}

/// A `GeneralName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneralName {
    tag: u64,
    content: Vec<u8>,
    constructed: bool,
}

impl GeneralName {
    fn simple(tag: u64, content: &[u8]) -> Self {
        Self {
            tag,
            content: content.to_vec(),
            constructed: false,
        }
    }

    pub(super) fn write(&self, writer: DERWriter<'_>) {
        let tag = Tag::context(self.tag);
        match self.constructed {
            // A Name is a CHOICE, and so tagged explicitly.
            true => writer.write_tagged(tag, |writer| writer.write_der(&self.content)),
            false => writer.write_tagged_implicit(tag, |it| it.write_bytes(&self.content)),
        }
    }
}

/// A `dNSName` of these bytes.
#[must_use]
pub fn dns(name: impl AsRef<[u8]>) -> GeneralName {
    GeneralName::simple(2, name.as_ref())
}

/// An `rfc822Name`.
#[must_use]
pub fn mail(address: &str) -> GeneralName {
    GeneralName::simple(1, address.as_bytes())
}

/// A `uniformResourceIdentifier`.
#[must_use]
pub fn uri(uri: &str) -> GeneralName {
    GeneralName::simple(6, uri.as_bytes())
}

/// An `iPAddress` of these bytes; for name constraints address and mask.
#[must_use]
pub fn ip(bytes: &[u8]) -> GeneralName {
    GeneralName::simple(7, bytes)
}

/// A `directoryName`.
#[must_use]
pub fn directory(name: &[u8]) -> GeneralName {
    GeneralName {
        tag: 4,
        content: name.to_vec(),
        constructed: true,
    }
}
