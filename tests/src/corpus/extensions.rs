//! Extensions (RFC 5280, section 4.2).

use super::fields::{GeneralName, oid};
use yasna::models::ObjectIdentifier;
use yasna::{Tag, construct_der};

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Which one.
    pub oid: ObjectIdentifier,
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER in its octet string.
    pub value: Vec<u8>,
}

impl Extension {
    /// One of those of RFC 5280, by its last number.
    fn standard(number: u64, critical: bool, value: Vec<u8>) -> Self {
        Self {
            oid: oid(&[2, 5, 29, number]),
            critical,
            value,
        }
    }

    /// One that nobody knows.
    #[must_use]
    pub fn unknown(critical: bool) -> Self {
        Self {
            oid: oid(&[1, 3, 6, 1, 4, 1, 99_999, 1]),
            critical,
            value: vec![5, 0],
        }
    }

    /// The same, critical.
    #[must_use]
    pub fn critical(self) -> Self {
        let critical = true;
        Self { critical, ..self }
    }

    /// The same, not critical.
    #[must_use]
    pub fn lenient(self) -> Self {
        let critical = false;
        Self { critical, ..self }
    }

    /// The same, with this in its octet string.
    #[must_use]
    pub fn with_value(self, value: &[u8]) -> Self {
        let value = value.to_vec();
        Self { value, ..self }
    }
}

/// `basicConstraints`.
#[must_use]
pub fn basic_constraints(ca: bool, path_len: Option<u64>) -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|fields| {
            if ca {
                fields.next().write_bool(true);
            }
            if let Some(path_len) = path_len {
                fields.next().write_u64(path_len);
            }
        });
    });
    Extension::standard(19, true, value)
}

/// A bit of `keyUsage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Usage {
    DigitalSignature = 0x80,
    KeyEncipherment = 0x20,
    KeyAgreement = 0x08,
    KeyCertSign = 0x04,
    CrlSign = 0x02,
}

/// `keyUsage`.
#[must_use]
pub fn key_usage(usages: &[Usage]) -> Extension {
    let bits = usages.iter().fold(0, |bits, &usage| bits | usage as u8);
    let length = 8 - bits.trailing_zeros().min(8);
    let length = usize::try_from(length).unwrap_or_default();
    let value = construct_der(|writer| writer.write_bitvec_bytes(&[bits], length));
    Extension::standard(15, true, value)
}

/// `serverAuth` of [`extended_key_usage`].
pub const SERVER: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
/// `clientAuth`.
pub const CLIENT: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
/// `anyExtendedKeyUsage`.
pub const ANY: &[u64] = &[2, 5, 29, 37, 0];
/// A purpose that nobody knows.
pub const UNKNOWN: &[u64] = &[1, 3, 6, 1, 4, 1, 99_999, 2];

/// `extKeyUsage`.
#[must_use]
pub fn extended_key_usage(purposes: &[&[u64]]) -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|list| {
            for purpose in purposes {
                list.next().write_oid(&oid(purpose));
            }
        });
    });
    Extension::standard(37, false, value)
}

/// `subjectAltName`.
#[must_use]
pub fn alt_names(names: &[GeneralName]) -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|list| names.iter().for_each(|name| name.write(list.next())));
    });
    Extension::standard(17, false, value)
}

/// `nameConstraints`: what is permitted alone, and what is excluded.
#[must_use]
pub fn name_constraints(permitted: &[GeneralName], excluded: &[GeneralName]) -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|fields| {
            for (tag, names) in [(0, permitted), (1, excluded)] {
                if names.is_empty() {
                    continue;
                }
                fields
                    .next()
                    .write_tagged_implicit(Tag::context(tag), |writer| {
                        writer.write_sequence(|subtrees| {
                            for name in names {
                                let subtree = subtrees.next();
                                subtree.write_sequence(|subtree| name.write(subtree.next()));
                            }
                        });
                    });
            }
        });
    });
    Extension::standard(30, true, value)
}

/// `certificatePolicies` of one policy.
#[must_use]
pub fn policies(policy: &[u64]) -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|list| {
            list.next()
                .write_sequence(|information| information.next().write_oid(&oid(policy)));
        });
    });
    Extension::standard(32, false, value)
}

/// `policyConstraints` that ask for a policy in every certificate from here on.
#[must_use]
pub fn explicit_policy() -> Extension {
    let value = construct_der(|writer| {
        writer.write_sequence(|fields| {
            let require = fields.next();
            require.write_tagged_implicit(Tag::context(0), |writer| writer.write_u64(0));
        });
    });
    Extension::standard(36, true, value)
}

/// What makes a certificate one that is only shown to the logs of Certificate Transparency (RFC 6962, section 3.1).
#[must_use]
pub fn poison() -> Extension {
    Extension {
        oid: oid(&[1, 3, 6, 1, 4, 1, 11_129, 2, 4, 3]),
        critical: true,
        value: vec![5, 0],
    }
}

/// `tlsfeature` (RFC 7633): the server promises to staple an answer of OCSP.
#[must_use]
pub fn must_staple() -> Extension {
    Extension {
        oid: oid(&[1, 3, 6, 1, 5, 5, 7, 1, 24]),
        critical: false,
        value: vec![0x30, 3, 2, 1, 5],
    }
}
