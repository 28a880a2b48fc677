//! Private keys in every format, and what is no key.

use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::SigningKey;
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use super::der;
use super::harness::{ED25519, P256, P384, RSA_2048, Rng, noise, ours, ring};

const RSA_2048_PKCS1: &[u8] = include_bytes!("data/rsa-2048.pkcs1.der");
const RSA_1024: &[u8] = include_bytes!("data/rsa-1024.pkcs8.der");
const RSA_4096: &[u8] = include_bytes!("data/rsa-4096.pkcs8.der");
const P256_SEC1: &[u8] = include_bytes!("data/p256.sec1.der");
const P384_SEC1: &[u8] = include_bytes!("data/p384.sec1.der");
const P521: &[u8] = include_bytes!("data/p521.pkcs8.der");

const ALL_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
];

type Load = fn(Vec<u8>) -> PrivateKeyDer<'static>;
const PKCS8: Load = |der| PrivatePkcs8KeyDer::from(der).into();
const PKCS1: Load = |der| PrivatePkcs1KeyDer::from(der).into();
const SEC1: Load = |der| PrivateSec1KeyDer::from(der).into();

/// Every key that must load: how, its bytes and its kind.
const GOOD: &[(Load, &[u8], SignatureAlgorithm)] = &[
    (PKCS8, RSA_2048, SignatureAlgorithm::RSA),
    (PKCS1, RSA_2048_PKCS1, SignatureAlgorithm::RSA),
    (PKCS8, RSA_4096, SignatureAlgorithm::RSA),
    (PKCS8, P256, SignatureAlgorithm::ECDSA),
    (SEC1, P256_SEC1, SignatureAlgorithm::ECDSA),
    (PKCS8, P384, SignatureAlgorithm::ECDSA),
    (SEC1, P384_SEC1, SignatureAlgorithm::ECDSA),
    (PKCS8, ED25519, SignatureAlgorithm::ED25519),
];

fn load(how: Load, der: &[u8]) -> Result<Arc<dyn SigningKey>, Error> {
    ours().key_provider.load_private_key(how(der.to_vec()))
}

#[track_caller]
fn refused(how: Load, der: &[u8]) -> String {
    match load(how, der) {
        Err(Error::General(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Whether every signature that `key` makes fits its public key.
fn signs(key: &dyn SigningKey) -> bool {
    let spki = key.public_key().unwrap();
    let spki = der::key_bits(&spki);
    ALL_SCHEMES.iter().all(|scheme| {
        let Some(signer) = key.choose_scheme(&[*scheme]) else {
            return true;
        };
        let Ok(signature) = signer.sign(b"message") else {
            return false;
        };
        let algorithms = ring().signature_verification_algorithms.mapping;
        let (_, by) = algorithms
            .iter()
            .find(|(candidate, _)| candidate == scheme)
            .unwrap();
        by[0]
            .verify_signature(&spki, b"message", &signature)
            .is_ok()
    })
}

#[test]
fn every_format_loads_as_it_does_with_ring() {
    for (how, der, algorithm) in GOOD {
        let key = load(*how, der).unwrap();
        assert_eq!(key.algorithm(), *algorithm);
        let theirs = ring()
            .key_provider
            .load_private_key(how(der.to_vec()))
            .unwrap();
        assert_eq!(key.public_key(), theirs.public_key());
        assert_eq!(key.algorithm(), theirs.algorithm());
        for scheme in ALL_SCHEMES {
            let (ours, theirs) = (
                key.choose_scheme(&[*scheme]),
                theirs.choose_scheme(&[*scheme]),
            );
            assert_eq!(ours.map(|s| s.scheme()), theirs.map(|s| s.scheme()));
        }
        assert!(key.choose_scheme(&[]).is_none());
        assert!(signs(&*key));
    }
}

#[test]
fn rsa_prefers_pss() {
    let key = load(PKCS8, RSA_2048).unwrap();
    assert_eq!(
        key.choose_scheme(ALL_SCHEMES).unwrap().scheme(),
        SignatureScheme::RSA_PSS_SHA256
    );
}

/// Salts and nonces are random: no two signatures are the same, but for the schemes that say so.
#[test]
fn signatures_are_randomised() {
    for (scheme, how, der) in [
        (SignatureScheme::RSA_PSS_SHA256, PKCS8, RSA_2048),
        (SignatureScheme::ECDSA_NISTP256_SHA256, PKCS8, P256),
        (SignatureScheme::ECDSA_NISTP384_SHA384, PKCS8, P384),
    ] {
        let signer = load(how, der).unwrap().choose_scheme(&[scheme]).unwrap();
        assert_ne!(
            signer.sign(b"message").unwrap(),
            signer.sign(b"message").unwrap(),
            "{scheme:?}"
        );
    }
}

/// Nothing of a key may be seen where it is printed.
#[test]
fn debug_shows_no_secret() {
    for (how, der, _) in GOOD {
        let key = load(*how, der).unwrap();
        let signer = key.choose_scheme(ALL_SCHEMES).unwrap();
        for shown in [format!("{key:?}"), format!("{signer:?}")] {
            assert!(shown.len() < 80, "{shown}");
        }
    }
}

#[test]
fn keys_of_other_kinds_are_refused_by_name() {
    assert_eq!(
        refused(PKCS8, RSA_1024),
        "private key rejected: RSA with 1024 bits, not 2048 to 8192"
    );
    assert_eq!(
        refused(PKCS8, include_bytes!("data/rsa-2047.pkcs8.der")),
        "private key rejected: RSA with 2047 bits, not 2048 to 8192"
    );
    assert_eq!(
        refused(PKCS8, P521),
        "private key rejected: curve 1.3.132.0.35 is not P-256 or P-384"
    );
    let mut ed448 = ED25519.to_vec();
    let oid = ed448
        .windows(3)
        .position(|three| three == [0x2b, 0x65, 0x70])
        .unwrap();
    ed448[oid + 2] = 0x71;
    assert_eq!(
        refused(PKCS8, &ed448),
        "private key rejected: algorithm 1.3.101.113 is not RSA, ECDSA or Ed25519"
    );
}

#[test]
fn the_wrong_format_is_refused() {
    for (how, der, _) in GOOD {
        for other in [PKCS8, PKCS1, SEC1] {
            if !std::ptr::fn_addr_eq(other, *how) {
                refused(other, der);
            }
        }
    }
    for how in [PKCS8, PKCS1, SEC1] {
        refused(how, b"");
        refused(how, b"-----BEGIN PRIVATE KEY-----");
        refused(how, &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]);
        refused(how, &[0x30, 0x80, 0, 0]);
        refused(how, &vec![0x30; 100_000]);
    }
}

#[test]
fn every_truncation_is_refused() {
    for (how, der, _) in GOOD {
        for len in 0..der.len() {
            refused(*how, &der[..len]);
        }
        refused(*how, &[der, [0].as_slice()].concat());
    }
}

/// Whatever a changed byte does, the result is an error or a key; and a key that is accepted signs for what it says it
/// is, or says that it cannot.
#[test]
fn flipped_bits_never_panic() {
    let mut rng = Rng::new(12);
    let (mut accepted, mut rejected) = (0, 0);
    for (how, der, algorithm) in GOOD {
        // RSA keys are long and slow to check.
        let rounds = match (*algorithm, der.len()) {
            (SignatureAlgorithm::RSA, 2000..) => 20,
            (SignatureAlgorithm::RSA, _) => 150,
            _ => der.len() * 8,
        };
        for round in 0..rounds {
            let bit = match rounds == der.len() * 8 {
                true => round,
                false => rng.below(der.len() * 8),
            };
            let mut bad = der.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            match load(*how, &bad) {
                Ok(key) => {
                    assert!(signs(&*key), "{algorithm:?} bit {bit}");
                    accepted += 1;
                }
                Err(_) => rejected += 1,
            }
        }
    }
    assert!(
        rejected > 3000 && accepted > 100,
        "{accepted} accepted, {rejected} rejected"
    );
}

#[test]
fn noise_is_never_a_key() {
    let mut rng = Rng::new(13);
    for _ in 0..2000 {
        let len = rng.below(300);
        let mut der = noise(len, rng.next());
        // Most of it looks like the beginning of something.
        for (byte, start) in der.iter_mut().zip([0x30, 0x82]) {
            *byte = start;
        }
        for how in [PKCS8, PKCS1, SEC1] {
            refused(how, &der);
        }
    }
}

/// RSA keys whose encoding is good and whose numbers are not.
#[test]
fn impossible_rsa_numbers_are_refused() {
    // Version, n, e, d, p, q and the parts of the CRT (RFC 8017 appendix A.1.2).
    let good = der::integers(RSA_2048_PKCS1);
    assert_eq!(good.len(), 9);
    let good = &good[1..];
    let with = |changes: &[(usize, &[u8])]| {
        let mut numbers: Vec<&[u8]> = good.iter().map(Vec::as_slice).collect();
        for (at, number) in changes {
            numbers[*at] = number;
        }
        let mut parts = vec![der::integer(&[0])];
        parts.extend(numbers.into_iter().map(der::integer));
        der::sequence(&parts)
    };
    assert!(signs(&*load(PKCS1, &with(&[])).unwrap()));

    let (n, p) = (good[0].clone(), good[3].clone());
    let mut even = n.clone();
    *even.last_mut().unwrap() &= 0xfe;
    let odd = |bytes: usize| {
        let mut number = vec![0xff; bytes];
        number[0] = 0x80;
        number
    };
    type Changes<'a> = &'a [(usize, &'a [u8])];
    // Refused by their size, before anything is computed with them.
    let sizes: &[(&str, Changes<'_>)] = &[
        ("n = 0", &[(0, &[0])]),
        ("n = 1", &[(0, &[1])]),
        ("n of 2040 bits", &[(0, &odd(255))]),
        ("n of 8200 bits", &[(0, &odd(1025))]),
        ("n of 65000 bits", &[(0, &odd(8125))]),
    ];
    for (name, changes) in sizes {
        let why = refused(PKCS1, &with(changes));
        assert!(why.ends_with("bits, not 2048 to 8192"), "{name}: {why}");
    }
    let cases: &[(&str, Changes<'_>)] = &[
        ("n even", &[(0, &even)]),
        ("n of 2048 bits, another", &[(0, &odd(256))]),
        ("e = 0", &[(1, &[0])]),
        ("e = 1", &[(1, &[1])]),
        ("e = 2", &[(1, &[2])]),
        ("e = 3, not this key's", &[(1, &[3])]),
        ("e above 2^33", &[(1, &[2, 0, 0, 0, 1])]),
        ("e = n", &[(1, &n)]),
        ("d = 0", &[(2, &[0])]),
        ("d = 1", &[(2, &[1])]),
        ("d = n", &[(2, &n)]),
        ("d longer than n", &[(2, &odd(300))]),
        ("p = 0", &[(3, &[0])]),
        ("p = 1", &[(3, &[1])]),
        ("p = 0, q = 0", &[(3, &[0]), (4, &[0])]),
        ("p = 1, q = n", &[(3, &[1]), (4, &n)]),
        ("p = n, q = 1", &[(3, &n), (4, &[1])]),
        ("p = q", &[(4, &p)]),
        ("p longer than n", &[(3, &odd(300))]),
    ];
    for (name, changes) in cases {
        let why = refused(PKCS1, &with(changes));
        assert!(why.ends_with("inconsistent RSA key"), "{name}: {why}");
    }

    // The parts of the CRT are computed anew: wrong ones in the file do no harm.
    for at in [5, 6, 7] {
        for number in [vec![0], vec![1], n.clone(), odd(300)] {
            let Ok(key) = load(PKCS1, &with(&[(at, &number)])) else {
                continue;
            };
            assert!(signs(&*key), "number {at}");
        }
    }
}

/// Both providers accept what each scheme of an RSA key signs, and nothing else.
#[test]
fn every_rsa_scheme_signs() {
    let key = load(PKCS8, RSA_2048).unwrap();
    let public = der::key_bits(&key.public_key().unwrap());
    let mut tried = 0;
    for scheme in &ALL_SCHEMES[..6] {
        let signer = key.choose_scheme(&[*scheme]).unwrap();
        assert_eq!(signer.scheme(), *scheme);
        let signature = signer.sign(b"message").unwrap();
        for judge in [ours(), ring()] {
            let algorithms = judge.signature_verification_algorithms.mapping;
            for (named, by) in algorithms {
                let result = by[0].verify_signature(&public, b"message", &signature);
                assert_eq!(result.is_ok(), named == scheme, "{scheme:?} as {named:?}");
                let result = by[0].verify_signature(&public, b"massage", &signature);
                assert!(result.is_err());
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 6 * 2 * 9);
}

/// A key that carries its public half is refused when the two do not fit.
#[test]
fn a_public_half_that_does_not_fit_is_refused() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let der = pair.serialize_der();
    let public = pair.public_key_raw();
    let at = der.windows(32).position(|window| window == public).unwrap();
    assert!(signs(&*load(PKCS8, &der).unwrap()));
    for (how, good, range) in [
        (PKCS8, der.as_slice(), at..at + 32),
        (PKCS8, P256, P256.len() - 64..P256.len()),
        (SEC1, P384_SEC1, P384_SEC1.len() - 96..P384_SEC1.len()),
    ] {
        for at in range {
            let mut bad = good.to_vec();
            bad[at] ^= 2;
            refused(how, &bad);
        }
    }
}
