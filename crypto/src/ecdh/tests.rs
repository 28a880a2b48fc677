//! Wycheproof, with the private key of each vector in place of a random one.

use std::marker::PhantomData;

use p256::NistP256;
use p384::NistP384;
use rustls::NamedGroup;
use wycheproof::TestResult;
use wycheproof::ecdh::{TestName, TestSet};

use super::*;
use crate::testing::at_least;

/// How many vectors gave the secret, and how many an error.
fn run<C>(set: TestName, spki_prefix: &[u8]) -> (usize, usize)
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let (mut agreed, mut refused) = (0, 0);
    for group in TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            // TLS sends the bare point. Where the vector has a whole SubjectPublicKeyInfo, only those are of use that
            // name the curve the usual way.
            let Some(point) = test.public_key.strip_prefix(spki_prefix) else {
                continue;
            };
            let secret = scalar::<C>(&test.private_key);
            let share = secret.public_key().to_sec1_point(false).to_bytes();
            let exchange = Exchange {
                name: NamedGroup::Unknown(0),
                secret,
                share,
            };
            // "Acceptable" are compressed points, which TLS 1.3 does not have (RFC 8446 section 4.2.8.2).
            match (test.result, Box::new(exchange).complete(point)) {
                (TestResult::Valid, Ok(secret)) => {
                    assert_eq!(
                        secret.secret_bytes(),
                        test.shared_secret.as_slice(),
                        "case {}",
                        test.tc_id
                    );
                    agreed += 1;
                }
                (TestResult::Invalid | TestResult::Acceptable, Err(error)) => {
                    assert_eq!(
                        error,
                        Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare)
                    );
                    refused += 1;
                }
                (expected, got) => panic!("case {}: {expected:?}, got {:?}", test.tc_id, got.err()),
            }
        }
    }
    (agreed, refused)
}

/// A private key that the vector writes with a sign byte, or short.
fn scalar<C: CurveArithmetic>(bytes: &[u8]) -> SecretKey<C> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = &bytes[zeros..];
    let mut padded = p256::elliptic_curve::FieldBytes::<C>::default();
    let start = padded.len() - significant.len();
    padded[start..].copy_from_slice(significant);
    SecretKey::from_bytes(&padded).unwrap()
}

/// SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING }, up to the point.
const P256_SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\
    \x03\x42\x00";
const P384_SPKI: &[u8] =
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";

#[test]
fn p256() {
    let (agreed, refused) = run::<NistP256>(TestName::EcdhSecp256r1Ecpoint, &[]);
    at_least(agreed, 330);
    at_least(refused, 25);
    let (agreed, refused) = run::<NistP256>(TestName::EcdhSecp256r1, P256_SPKI);
    at_least(agreed, 330);
    at_least(refused, 20);
}

#[test]
fn p384() {
    let (agreed, refused) = run::<NistP384>(TestName::EcdhSecp384r1Ecpoint, &[]);
    at_least(agreed, 771);
    at_least(refused, 19);
    let (agreed, refused) = run::<NistP384>(TestName::EcdhSecp384r1, P384_SPKI);
    at_least(agreed, 771);
    at_least(refused, 20);
}

#[test]
fn a_group_is_shown_by_its_name() {
    let group: Group<NistP256> = Group(NamedGroup::secp256r1, PhantomData);
    assert_eq!(format!("{group:?}"), "secp256r1");
}
