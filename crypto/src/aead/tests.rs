//! Wycheproof. With sequence number 0 the nonce of a record is its IV, so any vector with a nonce of 12 bytes fits.

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::Error;
use rustls::crypto::cipher::{AeadKey, Iv, NONCE_LEN};
use wycheproof::TestResult;
use wycheproof::aead::{Test, TestName, TestSet};

use super::{Aead, Protection, TAG_LEN};
use crate::testing::at_least;

fn key(bytes: &[u8]) -> AeadKey {
    let mut buf = [0; 32];
    buf[..bytes.len()].copy_from_slice(bytes);
    AeadKey::from(buf)
}

/// As rustls would have cut it: `AeadKey` takes 32 bytes from outside, so the shorter key comes by the trait.
fn protection<A: Aead>(bytes: &[u8], iv: [u8; NONCE_LEN]) -> Protection<A> {
    Protection {
        cipher: Some(A::new_from_slice(bytes).unwrap()),
        iv: Iv::new(iv),
    }
}

fn check<A: Aead>(test: &Test) {
    let iv: [u8; NONCE_LEN] = test.nonce.as_slice().try_into().unwrap();
    let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
    let protection = protection::<A>(&test.key, iv);
    let nonce = protection.nonce(0);
    let mut opened = sealed.clone();
    match (test.result, protection.open(&nonce, &test.aad, &mut opened)) {
        (TestResult::Valid, Ok(len)) => {
            assert_eq!(&opened[..len], test.pt.as_slice(), "case {}", test.tc_id);
            let mut text = test.pt.to_vec();
            let tag = protection.seal(&nonce, &test.aad, &mut text).unwrap();
            text.extend_from_slice(&tag);
            assert_eq!(text, sealed, "case {}", test.tc_id);
        }
        (TestResult::Invalid, Err(error)) => {
            assert_eq!(error, Error::DecryptError);
            assert_eq!(
                opened, sealed,
                "case {}: plaintext that was not authentic got out",
                test.tc_id
            );
        }
        (expected, got) => panic!("case {}: {expected:?}, got {got:?}", test.tc_id),
    }
}

fn run<A: Aead>(set: TestName) -> usize {
    let mut count = 0;
    for group in TestSet::load(set).unwrap().test_groups {
        if group.key_size != A::key_size() * 8
            || group.nonce_size != NONCE_LEN * 8
            || group.tag_size != TAG_LEN * 8
        {
            continue;
        }
        for test in &group.tests {
            check::<A>(test);
            count += 1;
        }
    }
    count
}

#[test]
fn aes_128_gcm() {
    at_least(run::<Aes128Gcm>(TestName::AesGcm), 67);
}

#[test]
fn aes_256_gcm() {
    at_least(run::<Aes256Gcm>(TestName::AesGcm), 66);
}

#[test]
fn chacha20_poly1305() {
    at_least(run::<ChaCha20Poly1305>(TestName::ChaCha20Poly1305), 316);
}

/// What cannot happen (rustls cuts keys and IVs to the length it was told) fails a record and not the program.
#[test]
fn a_key_or_iv_of_the_wrong_length_is_an_error() {
    let long_key = Protection::<Aes128Gcm>::new(&key(&[1; 32]), Some(Iv::default()));
    let no_iv = Protection::<ChaCha20Poly1305>::new(&key(&[1; 32]), None);
    assert_eq!(
        long_key
            .seal(&[0; NONCE_LEN], &[], &mut [1, 2])
            .unwrap_err(),
        Error::EncryptError
    );
    assert_eq!(
        long_key
            .open(&[0; NONCE_LEN], &[], &mut [0; 32])
            .unwrap_err(),
        Error::DecryptError
    );
    assert_eq!(
        no_iv.seal(&[0; NONCE_LEN], &[], &mut [1, 2]).unwrap_err(),
        Error::EncryptError
    );
    assert_eq!(
        no_iv.open(&[0; NONCE_LEN], &[], &mut [0; 32]).unwrap_err(),
        Error::DecryptError
    );
}

#[test]
fn shorter_than_a_tag_is_an_error() {
    let protection = Protection::<ChaCha20Poly1305>::new(&key(&[1; 32]), Some(Iv::default()));
    for len in 0..TAG_LEN {
        let mut sealed = vec![7; len];
        let result = protection.open(&[0; NONCE_LEN], &[], &mut sealed);
        assert_eq!(result.unwrap_err(), Error::DecryptError);
    }
}
