//! Wycheproof, with the private key of each vector in place of a random one.

use rustls::crypto::ActiveKeyExchange;
use rustls::{Error, PeerMisbehaved};
use wycheproof::TestResult;
use wycheproof::xdh::{TestFlag, TestName, TestSet};
use x25519_dalek::{PublicKey, StaticSecret};

use super::Exchange;
use crate::testing::at_least;

#[test]
fn wycheproof() {
    let (mut agreed, mut refused) = (0, 0);
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in &group.tests {
            let private: [u8; 32] = test.private_key.as_slice().try_into().unwrap();
            let secret = StaticSecret::from(private);
            let share = PublicKey::from(&secret);
            let result = Box::new(Exchange { secret, share }).complete(&test.public_key);
            // "Acceptable" covers two kinds: secrets of zeros, which TLS forbids (RFC 8446 section 7.4.2), and points
            // that are unusual but allowed (RFC 7748 section 5 says to take any 32 bytes).
            let forbidden = test.flags.contains(&TestFlag::ZeroSharedSecret)
                || test.result == TestResult::Invalid;
            if forbidden {
                let error = result.err().unwrap();
                assert_eq!(
                    error,
                    Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare)
                );
                refused += 1;
            } else {
                let secret = result.unwrap();
                assert_eq!(
                    secret.secret_bytes(),
                    test.shared_secret.as_slice(),
                    "case {}",
                    test.tc_id
                );
                agreed += 1;
            }
        }
    }
    at_least(agreed, 487);
    at_least(refused, 31);
}
