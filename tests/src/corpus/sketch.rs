//! A certificate field by field, and what an authority makes of it.

use super::extensions::{
    Extension, SERVER, Usage, alt_names, basic_constraints, extended_key_usage, key_usage,
};
use super::fields::{GeneralName, Time, common_name, utc};
use super::keys::Key;
use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use yasna::{Tag, construct_der};

/// A certificate that is not signed yet. Every field may be wrong.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// The number that stands for the version: 2 for version 3; left out for version 1.
    pub version: Option<u8>,
    /// The bytes of the serial number, as they are.
    pub serial: Vec<u8>,
    /// The issuer's `Name`; with none, that of who signs.
    pub issuer: Option<Vec<u8>>,
    /// From when on it is valid.
    pub not_before: Time,
    /// Until when.
    pub not_after: Time,
    /// The subject's `Name`.
    pub subject: Vec<u8>,
    /// The `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// An `issuerUniqueID`, which RFC 5280 advises against.
    pub unique_id: bool,
    /// The extensions; with none at all, the field is left out.
    pub extensions: Vec<Extension>,
    /// The `AlgorithmIdentifier` within what is signed; with none, that of who signs.
    pub inner_algorithm: Option<Vec<u8>>,
}

impl Sketch {
    fn new(subject: &str, key: &Key) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0x1000_0000);
        Self {
            version: Some(2),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed).to_be_bytes().into(),
            issuer: None,
            not_before: utc("200101000000Z"),
            not_after: utc("491231235959Z"),
            subject: common_name(subject),
            public_key: key.public_key.clone(),
            unique_id: false,
            extensions: Vec::new(),
            inner_algorithm: None,
        }
        .with_minimal_serial()
    }

    fn with_minimal_serial(mut self) -> Self {
        let zeros = self.serial.iter().take_while(|&&byte| byte == 0).count();
        self.serial.drain(..zeros);
        self
    }

    /// A server's certificate without a fault, for these names.
    #[must_use]
    pub fn leaf(key: &Key, names: &[GeneralName]) -> Self {
        Self::new("leaf", key)
            .with(basic_constraints(false, None))
            .with(key_usage(&[Usage::DigitalSignature]))
            .with(extended_key_usage(&[SERVER]))
            .with(alt_names(names))
    }

    /// An authority's certificate without a fault.
    #[must_use]
    pub fn authority(name: &str, key: &Key) -> Self {
        Self::new(name, key)
            .with(basic_constraints(true, None))
            .with(key_usage(&[Usage::KeyCertSign, Usage::CrlSign]))
    }

    /// With this extension, instead of one of its kind if there is one.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        match self
            .extensions
            .iter()
            .position(|it| it.oid == extension.oid)
        {
            Some(place) => self.extensions[place] = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    /// Without extensions of the kind of this one.
    #[must_use]
    pub fn without(mut self, extension: &Extension) -> Self {
        self.extensions.retain(|it| it.oid != extension.oid);
        self
    }

    /// What is signed: the `TBSCertificate`.
    fn to_be_signed(&self, issuer: &[u8], algorithm: &[u8]) -> Vec<u8> {
        let integer = |bytes: &[u8]| {
            let tag = Tag {
                tag_class: yasna::TagClass::Universal,
                tag_number: 2,
            };
            // Not write_bigint_bytes: it would mend what is wrong.
            construct_der(|it| it.write_tagged_implicit(tag, |it| it.write_bytes(bytes)))
        };
        construct_der(|writer| {
            writer.write_sequence(|fields| {
                if let Some(version) = self.version {
                    let field = fields.next();
                    field.write_tagged(Tag::context(0), |it| it.write_u8(version));
                }
                fields.next().write_der(&integer(&self.serial));
                fields.next().write_der(algorithm);
                fields.next().write_der(issuer);
                fields.next().write_sequence(|validity| {
                    self.not_before.write(validity.next());
                    self.not_after.write(validity.next());
                });
                fields.next().write_der(&self.subject);
                fields.next().write_der(&self.public_key);
                if self.unique_id {
                    let field = fields.next();
                    field.write_tagged_implicit(Tag::context(1), |it| {
                        it.write_bitvec_bytes(&[1, 2, 3, 4], 32);
                    });
                }
                if !self.extensions.is_empty() {
                    let field = fields.next();
                    field.write_tagged(Tag::context(3), |it| self.write_extensions(it));
                }
            });
        })
    }

    fn write_extensions(&self, writer: yasna::DERWriter<'_>) {
        writer.write_sequence(|list| {
            for extension in &self.extensions {
                list.next().write_sequence(|fields| {
                    fields.next().write_oid(&extension.oid);
                    if extension.critical {
                        fields.next().write_bool(true);
                    }
                    fields.next().write_bytes(&extension.value);
                });
            }
        });
    }

    /// Signed by an authority.
    pub fn signed_by(&self, authority: &Authority) -> Result<Vec<u8>> {
        self.signed(&authority.name, &authority.key)
    }

    /// Signed with a key, in this name.
    pub fn signed(&self, issuer: &[u8], key: &Key) -> Result<Vec<u8>> {
        self.signed_as(issuer, &key.algorithm, |message| key.sign(message))
    }

    /// Signed by a function, in this name, with this `AlgorithmIdentifier`.
    pub fn signed_as(
        &self,
        issuer: &[u8],
        algorithm: &[u8],
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let issuer = self.issuer.as_deref().unwrap_or(issuer);
        let inner = self.inner_algorithm.as_deref().unwrap_or(algorithm);
        let message = self.to_be_signed(issuer, inner);
        let signature = sign(&message)?;
        Ok(construct_der(|writer| {
            writer.write_sequence(|fields| {
                fields.next().write_der(&message);
                fields.next().write_der(algorithm);
                let bits = signature.len() * 8;
                fields.next().write_bitvec_bytes(&signature, bits);
            });
        }))
    }

    /// Signed with its own key.
    pub fn self_signed(&self, key: &Key) -> Result<Vec<u8>> {
        self.signed(&self.subject, key)
    }
}

/// Who signs certificates.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its `Name`.
    pub name: Vec<u8>,
    /// Its key.
    pub key: Arc<Key>,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
}

impl Authority {
    /// One that vouches for itself, without a fault.
    pub fn root(name: &str) -> Result<Self> {
        let key = Arc::new(Key::p256()?);
        Self::self_signed(&Sketch::authority(name, &key), &key)
    }

    /// One that vouches for itself, as sketched.
    pub fn self_signed(sketch: &Sketch, key: &Arc<Key>) -> Result<Self> {
        Ok(Self {
            name: sketch.subject.clone(),
            key: key.clone(),
            certificate: sketch.self_signed(key)?,
        })
    }

    /// One below this one, without a fault.
    pub fn authority(&self, name: &str) -> Result<Self> {
        self.authority_as(name, |sketch| sketch)
    }

    /// One below this one, with what `edit` changes.
    pub fn authority_as(&self, name: &str, edit: impl FnOnce(Sketch) -> Sketch) -> Result<Self> {
        let key = Arc::new(Key::p256()?);
        let sketch = edit(Sketch::authority(name, &key));
        Ok(Self {
            name: sketch.subject.clone(),
            certificate: sketch.signed_by(self)?,
            key,
        })
    }
}
