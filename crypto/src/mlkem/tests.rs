//! Wycheproof, with the randomness of each vector, and the second implementation as a witness.

use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{DecapsulationKey768, EncapsulationKey768};
use wycheproof::TestResult;
use wycheproof::mlkem::{Test, TestName, TestSet};

use super::*;
use crate::testing::at_least;

fn each(set: TestName, mut check: impl FnMut(&Test)) -> usize {
    let set = TestSet::load(set).unwrap();
    set.test_groups
        .iter()
        .flat_map(|group| &group.tests)
        .map(&mut check)
        .count()
}

#[test]
fn key_generation() {
    let count = each(TestName::MlKem768KeyGenSeed, |test| {
        assert_eq!(test.result, TestResult::Valid);
        let seed = test.seed.as_ref().unwrap().as_slice().try_into().unwrap();
        let keys = Decapsulator::from_seed(seed);
        assert_eq!(
            keys.encapsulation_key().as_slice(),
            test.encaps_key.as_ref().unwrap().as_slice()
        );
        assert_eq!(
            keys.secret.as_slice().as_slice(),
            test.decaps_key.as_ref().unwrap().as_slice()
        );
    });
    at_least(count, 100);
}

#[test]
fn encapsulation() {
    let (mut valid, mut invalid) = (0, 0);
    each(TestName::MlKem768Encaps, |test| {
        let seed = test.msg.as_ref().unwrap().as_slice().try_into().unwrap();
        let result = encapsulate_from_seed(test.encaps_key.as_ref().unwrap(), seed);
        match (test.result, result) {
            (TestResult::Valid, Ok((ciphertext, secret))) => {
                assert_eq!(ciphertext.as_slice(), test.ct.as_ref().unwrap().as_slice());
                assert_eq!(
                    secret.as_slice(),
                    test.shared_secret.as_ref().unwrap().as_slice()
                );
                valid += 1;
            }
            (TestResult::Invalid, Err(error)) => {
                assert_eq!(
                    error,
                    Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare)
                );
                invalid += 1;
            }
            (expected, got) => panic!("case {}: {expected:?}, got {:?}", test.tc_id, got.err()),
        }
    });
    at_least(valid, 133);
    at_least(invalid, 132);
}

#[test]
fn decapsulation() {
    let (mut valid, mut invalid) = (0, 0);
    each(TestName::MlKem768, |test| {
        let Ok(seed) = test.seed.as_ref().unwrap().as_slice().try_into() else {
            assert_eq!(test.result, TestResult::Invalid);
            return;
        };
        let keys = Decapsulator::from_seed(seed);
        match (test.result, keys.decapsulate(test.ct.as_ref().unwrap())) {
            (TestResult::Valid, Ok(secret)) => {
                assert_eq!(
                    keys.encapsulation_key().as_slice(),
                    test.encaps_key.as_ref().unwrap().as_slice()
                );
                assert_eq!(
                    secret.as_slice(),
                    test.shared_secret.as_ref().unwrap().as_slice()
                );
                valid += 1;
            }
            (TestResult::Invalid, Err(error)) => {
                assert_eq!(
                    error,
                    Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare)
                );
                invalid += 1;
            }
            (expected, got) => panic!("case {}: {expected:?}, got {:?}", test.tc_id, got.err()),
        }
    });
    at_least(valid, 161);
    at_least(invalid, 20);
}

/// Both implementations agree on keys, ciphertexts and secrets, and on the secret of a ciphertext that was changed.
#[test]
fn agrees_with_another_implementation() {
    for round in 0..50 {
        let seed = *random::bytes::<64>().unwrap();
        let keys = Decapsulator::from_seed(&seed);
        let witness = DecapsulationKey768::from_seed(seed.into());
        assert_eq!(
            witness.encapsulation_key().to_bytes().as_slice(),
            keys.encapsulation_key()
        );

        let m = *random::bytes::<32>().unwrap();
        let (mut ciphertext, secret) = encapsulate_from_seed(keys.encapsulation_key(), &m).unwrap();
        let key = EncapsulationKey768::new(keys.encapsulation_key().into()).unwrap();
        let (expected, expected_secret) = key.encapsulate_deterministic(&m.into());
        assert_eq!(ciphertext.as_slice(), expected.as_slice());
        assert_eq!(secret.as_slice(), expected_secret.as_slice());
        assert_eq!(keys.decapsulate(&ciphertext).unwrap(), secret);

        ciphertext[round * 20] ^= 1 << (round % 8);
        let rejected = keys.decapsulate(&ciphertext).unwrap();
        assert_ne!(rejected, secret);
        assert_eq!(
            rejected.as_slice(),
            witness.decapsulate((&ciphertext).into()).as_slice()
        );
    }
}
