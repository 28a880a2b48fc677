//! Wycheproof, for HMAC and for the HKDF that rustls builds on it.

use rustls::crypto::hmac::Hmac;
use rustls::crypto::tls13::Hkdf;
use rustls::{SupportedCipherSuite, Tls13CipherSuite};
use wycheproof::{TestResult, hkdf, mac};

use super::{HMAC_SHA256, HMAC_SHA384};
use crate::cipher_suite::{TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};
use crate::testing::at_least;

fn run_hmac(hmac: &dyn Hmac, set: mac::TestName) -> usize {
    let mut count = 0;
    for group in mac::TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            // The message in three parts, cut anywhere: that is how TLS hands it over.
            let (first, rest) = test.msg.split_at(test.msg.len() / 3);
            let (middle, last) = rest.split_at(rest.len() / 2);
            let key = hmac.with_key(&test.key);
            assert_eq!(key.tag_len(), hmac.hash_output_len());
            let tag = key.sign_concat(first, &[middle], last);
            assert_eq!(tag.as_ref(), key.sign(&[test.msg.as_slice()]).as_ref());
            let equal = &tag.as_ref()[..group.tag_size / 8] == test.tag.as_slice();
            match test.result {
                TestResult::Valid => assert!(equal, "case {}", test.tc_id),
                TestResult::Invalid => assert!(!equal, "case {}", test.tc_id),
                TestResult::Acceptable => panic!("case {}: not expected here", test.tc_id),
            }
            count += 1;
        }
    }
    count
}

#[test]
fn hmac_sha256() {
    at_least(run_hmac(&HMAC_SHA256, mac::TestName::HmacSha256), 174);
}

#[test]
fn hmac_sha384() {
    at_least(run_hmac(&HMAC_SHA384, mac::TestName::HmacSha384), 174);
}

fn hkdf_of(suite: SupportedCipherSuite) -> &'static dyn Hkdf {
    let SupportedCipherSuite::Tls13(Tls13CipherSuite { hkdf_provider, .. }) = suite else {
        panic!("a suite of TLS 1.3");
    };
    *hkdf_provider
}

fn run_hkdf(hkdf: &dyn Hkdf, set: hkdf::TestName) -> usize {
    let mut count = 0;
    for group in hkdf::TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            let expander = hkdf.extract_from_secret(Some(&test.salt), &test.ikm);
            let mut okm = vec![0; test.size];
            let result = expander.expand_slice(&[&test.info], &mut okm);
            match test.result {
                TestResult::Valid => {
                    result.unwrap();
                    assert_eq!(okm, test.okm.as_slice(), "case {}", test.tc_id);
                }
                TestResult::Invalid => assert!(result.is_err(), "case {}", test.tc_id),
                TestResult::Acceptable => panic!("case {}: not expected here", test.tc_id),
            }
            count += 1;
        }
    }
    count
}

#[test]
fn hkdf_sha256() {
    let hkdf = hkdf_of(TLS13_CHACHA20_POLY1305_SHA256);
    at_least(run_hkdf(hkdf, hkdf::TestName::HkdfSha256), 86);
}

#[test]
fn hkdf_sha384() {
    let hkdf = hkdf_of(TLS13_AES_256_GCM_SHA384);
    at_least(run_hkdf(hkdf, hkdf::TestName::HkdfSha384), 83);
}
