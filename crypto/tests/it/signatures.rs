//! Wycheproof's signatures, through the algorithms that rustls and webpki are given; ring judges each of them too.

use p256::ecdsa::signature::hazmat::PrehashSigner;
use rustls::SignatureScheme;
use rustls::pki_types::{AlgorithmIdentifier, SignatureVerificationAlgorithm, alg_id};
use sha2::Digest;
use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::der;
use super::harness::{self, ours, ring};

const RSA_1024: &[u8] = include_bytes!("data/rsa-1024.pkcs8.der");
const RSA_2047: &[u8] = include_bytes!("data/rsa-2047.pkcs8.der");

/// The same algorithm in both providers.
struct Judges {
    ours: &'static dyn SignatureVerificationAlgorithm,
    ring: &'static dyn SignatureVerificationAlgorithm,
}

impl Judges {
    fn of(key: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Self {
        let find = |all: &[&'static dyn SignatureVerificationAlgorithm]| {
            *all.iter()
                .find(|a| a.public_key_alg_id() == key && a.signature_alg_id() == signature)
                .unwrap()
        };
        Self {
            ours: find(ours().signature_verification_algorithms.all),
            ring: find(ring().signature_verification_algorithms.all),
        }
    }

    /// Our verdict; that ring's is the same is asserted.
    fn accept(&self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let ours = self.ours.verify_signature(key, message, signature).is_ok();
        let ring = self.ring.verify_signature(key, message, signature).is_ok();
        assert_eq!(ours, ring, "{:?} and ring do not agree", self.ours);
        ours
    }
}

#[derive(Default, Debug)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn add(&mut self, accepted: bool) {
        match accepted {
            true => self.accepted += 1,
            false => self.refused += 1,
        }
    }

    #[track_caller]
    fn at_least(&self, accepted: usize, refused: usize) {
        assert!(
            self.accepted >= accepted && self.refused >= refused,
            "{self:?}"
        );
    }
}

/// A good key and a signature that it made, for each scheme.
fn samples() -> Vec<(SignatureScheme, Vec<u8>, Vec<u8>)> {
    let schemes = ours().signature_verification_algorithms.supported_schemes();
    let mut samples = Vec::new();
    for identity in harness::identities() {
        let key = ring()
            .key_provider
            .load_private_key(identity.private_key())
            .unwrap();
        let public = der::key_bits(&key.public_key().unwrap());
        for scheme in &schemes {
            if let Some(signer) = key.choose_scheme(&[*scheme]) {
                samples.push((*scheme, public.clone(), signer.sign(b"message").unwrap()));
            }
        }
    }
    assert_eq!(samples.len(), 9);
    samples
}

fn verify(scheme: SignatureScheme, key: &[u8], signature: &[u8]) -> bool {
    let mapping = ours().signature_verification_algorithms.mapping;
    let (_, by) = mapping
        .iter()
        .find(|(candidate, _)| *candidate == scheme)
        .unwrap();
    by[0].verify_signature(key, b"message", signature).is_ok()
}

/// Keys and signatures with a bit changed, cut short, made longer or made up are refused; nothing panics.
#[test]
fn damaged_keys_and_signatures_are_refused() {
    let mut rng = harness::Rng::new(14);
    for (scheme, key, signature) in samples() {
        assert!(verify(scheme, &key, &signature), "{scheme:?}");
        for _ in 0..300 {
            for (damage_key, good) in [(true, &key), (false, &signature)] {
                let mut bad = good.clone();
                match rng.below(4) {
                    0 => bad.truncate(rng.below(good.len())),
                    1 => bad.extend(harness::noise(1 + rng.below(20), rng.next())),
                    2 => bad = harness::noise(rng.below(2 * good.len()), rng.next()),
                    _ => bad[rng.below(good.len())] ^= 1 << rng.below(8),
                }
                let accepted = match damage_key {
                    true => verify(scheme, &bad, &signature),
                    false => verify(scheme, &key, &bad),
                };
                assert!(!accepted, "{scheme:?} {bad:02x?}");
            }
        }
        for constant in [0, 1, 0x7f, 0xff] {
            assert!(!verify(scheme, &key, &vec![constant; signature.len()]));
            assert!(!verify(scheme, &vec![constant; key.len()], &signature));
        }
        assert!(!verify(scheme, &[], &signature) && !verify(scheme, &key, &[]));
    }
}

/// A point may be written in three ways; a certificate's is taken in one (so is it by ring).
#[test]
fn compressed_keys_are_refused() {
    for (scheme, key, signature) in samples() {
        if ![65, 97].contains(&key.len()) || key[0] != 4 {
            continue;
        }
        let (x, y) = key[1..].split_at(key.len() / 2);
        let odd = y[y.len() - 1] & 1;
        assert!(verify(scheme, &key, &signature));
        assert!(!verify(scheme, &[&[2 + odd], x].concat(), &signature));
        assert!(!verify(scheme, &[&[6 + odd], x, y].concat(), &signature));
    }
}

/// An `RSAPublicKey` with a modulus of `bits` ones and the given exponent.
fn rsa_key(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= modulus.len() * 8 - bits;
    der::sequence(&[der::integer(&modulus), der::integer(exponent)])
}

/// The limits are this crate's, not the library's, which begins at 1024 bits.
#[test]
fn rsa_moduli_of_other_sizes_are_refused() {
    use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPublicKey};
    use rsa::traits::SignatureScheme as _;
    // Keys that are well made, but short. The library knows no fault in them, and ring rounds 2047 up.
    for (key, by_ring) in [(RSA_1024, false), (RSA_2047, true)] {
        let info = rsa::pkcs8::PrivateKeyInfoRef::try_from(key).unwrap();
        let key = rsa::RsaPrivateKey::from_pkcs1_der(info.private_key.as_bytes()).unwrap();
        let digest = sha2::Sha256::digest(b"message");
        let padding = rsa::Pkcs1v15Sign::new::<sha2::Sha256>;
        let signature = padding()
            .sign(None::<&mut getrandom::SysRng>, &key, &digest)
            .unwrap();
        let public = key.as_public_key();
        padding().verify(public, &digest, &signature).unwrap();
        let public = public.to_pkcs1_der().unwrap();
        assert!(!verify(
            SignatureScheme::RSA_PKCS1_SHA256,
            public.as_bytes(),
            &signature
        ));
        let judges = Judges::of(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256);
        let ring = judges
            .ring
            .verify_signature(public.as_bytes(), b"message", &signature);
        assert_eq!(ring.is_ok(), by_ring);
    }

    // And keys whose numbers are out of range, with signatures of every length that could fit.
    for bits in [8_usize, 512, 1023, 2040, 2047, 8193, 8200, 16384, 65536] {
        for exponent in [&[1][..], &[2], &[3], &[1, 0, 1], &[0xff; 5], &[0xff; 100]] {
            for len in [bits / 8, bits.div_ceil(8), 256] {
                let key = rsa_key(bits, exponent);
                assert!(!verify(
                    SignatureScheme::RSA_PKCS1_SHA256,
                    &key,
                    &vec![1; len]
                ));
                assert!(!verify(
                    SignatureScheme::RSA_PSS_SHA256,
                    &key,
                    &vec![1; len]
                ));
            }
        }
    }
}

fn run_ecdsa(judges: &Judges, set: ecdsa::TestName) -> Tally {
    let mut tally = Tally::default();
    for group in ecdsa::TestSet::load(set).unwrap().test_groups {
        for test in &group.tests {
            let accepted = judges.accept(&group.key.key, &test.msg, &test.sig);
            match test.result {
                TestResult::Valid => assert!(accepted, "case {}", test.tc_id),
                // DER that is not quite DER: signatures in X.509 and TLS are DER.
                TestResult::Invalid | TestResult::Acceptable => {
                    assert!(!accepted, "case {}", test.tc_id)
                }
            }
            tally.add(accepted);
        }
    }
    tally
}

#[test]
fn ecdsa_p256_sha256() {
    let judges = Judges::of(alg_id::ECDSA_P256, alg_id::ECDSA_SHA256);
    run_ecdsa(&judges, ecdsa::TestName::EcdsaSecp256r1Sha256).at_least(174, 310);
}

#[test]
fn ecdsa_p384_sha384() {
    let judges = Judges::of(alg_id::ECDSA_P384, alg_id::ECDSA_SHA384);
    run_ecdsa(&judges, ecdsa::TestName::EcdsaSecp384r1Sha384).at_least(194, 310);
}

#[test]
fn ecdsa_p384_sha256() {
    let judges = Judges::of(alg_id::ECDSA_P384, alg_id::ECDSA_SHA256);
    run_ecdsa(&judges, ecdsa::TestName::EcdsaSecp384r1Sha256).at_least(162, 310);
}

/// Wycheproof has no set for P-256 with SHA-384, whose hash is cut to the curve's length: ring decides alone.
#[test]
fn ecdsa_p256_sha384() {
    let judges = Judges::of(alg_id::ECDSA_P256, alg_id::ECDSA_SHA384);
    let mut tally = Tally::default();
    for seed in 1..=20 {
        let key = p256::ecdsa::SigningKey::from_slice(&harness::noise(32, seed)).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let message = harness::noise(seed as usize * 7, seed);
        let signature: p256::ecdsa::DerSignature =
            key.sign_prehash(&sha2::Sha384::digest(&message)).unwrap();
        let signature = signature.as_bytes();
        assert!(judges.accept(point.as_bytes(), &message, signature));
        tally.add(true);
        for at in 0..signature.len() {
            let mut bad = signature.to_vec();
            bad[at] ^= 1 << (at % 8);
            assert!(!judges.accept(point.as_bytes(), &message, &bad));
            tally.add(false);
        }
    }
    tally.at_least(20, 1200);
}

#[test]
fn ed25519() {
    let judges = Judges::of(alg_id::ED25519, alg_id::ED25519);
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        for test in &group.tests {
            let accepted = judges.accept(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(
                accepted,
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            assert_ne!(test.result, TestResult::Acceptable);
            tally.add(accepted);
        }
    }
    tally.at_least(88, 63);
}

/// A key of small order would make one signature fit every message; ring lets it pass, this crate does not.
#[test]
fn ed25519_keys_of_small_order_are_refused() {
    let judges = Judges::of(alg_id::ED25519, alg_id::ED25519);
    let mut identity = [0; 32];
    identity[0] = 1;
    // R is the identity, S is 0: [S]B = R + [k]A for every k.
    let signature = [identity, [0; 32]].concat();
    judges
        .ring
        .verify_signature(&identity, b"anything", &signature)
        .unwrap();
    judges
        .ours
        .verify_signature(&identity, b"anything", &signature)
        .unwrap_err();
}

fn run_pkcs1(set: rsa_pkcs1_verify::TestName, bits: usize, hash: HashFunction) -> Tally {
    let judges = Judges::of(
        alg_id::RSA_ENCRYPTION,
        match hash {
            HashFunction::Sha2_256 => alg_id::RSA_PKCS1_SHA256,
            HashFunction::Sha2_384 => alg_id::RSA_PKCS1_SHA384,
            HashFunction::Sha2_512 => alg_id::RSA_PKCS1_SHA512,
            other => panic!("{other:?}"),
        },
    );
    let mut tally = Tally::default();
    for group in rsa_pkcs1_verify::TestSet::load(set).unwrap().test_groups {
        assert_eq!((group.key_size, group.hash), (bits, hash));
        for test in &group.tests {
            let accepted = judges.accept(&group.asn_key, &test.msg, &test.sig);
            match test.result {
                TestResult::Valid => assert!(accepted, "case {}", test.tc_id),
                TestResult::Invalid => assert!(!accepted, "case {}", test.tc_id),
                // The hash's identifier without its NULL: RFC 8017 appendix B.1 wants it, and a verifier that builds
                // the padding anew has it.
                TestResult::Acceptable => {
                    assert_eq!(test.flags, [rsa_pkcs1_verify::TestFlag::MissingNull]);
                    assert!(!accepted, "case {}", test.tc_id);
                }
            }
            tally.add(accepted);
        }
    }
    tally
}

#[test]
fn rsa_pkcs1() {
    use HashFunction::{Sha2_256, Sha2_384, Sha2_512};
    use rsa_pkcs1_verify::TestName::*;
    let sets = [
        (Rsa2048Sha256, 2048, Sha2_256),
        (Rsa2048Sha384, 2048, Sha2_384),
        (Rsa2048Sha512, 2048, Sha2_512),
        (Rsa3072Sha256, 3072, Sha2_256),
        (Rsa3072Sha384, 3072, Sha2_384),
        (Rsa3072Sha512, 3072, Sha2_512),
        (Rsa4096Sha256, 4096, Sha2_256),
        (Rsa4096Sha384, 4096, Sha2_384),
        (Rsa4096Sha512, 4096, Sha2_512),
        (Rsa8192Sha256, 8192, Sha2_256),
        (Rsa8192Sha384, 8192, Sha2_384),
        (Rsa8192Sha512, 8192, Sha2_512),
    ];
    for (set, bits, hash) in sets {
        run_pkcs1(set, bits, hash).at_least(7, 250);
    }
}

/// TLS knows PSS with one hash for everything and a salt of the hash's length (RFC 8446 section 4.2.3). Every other
/// combination, however valid, is refused.
fn run_pss(set: rsa_pss_verify::TestName) -> Tally {
    let mut tally = Tally::default();
    for group in rsa_pss_verify::TestSet::load(set).unwrap().test_groups {
        let (signature, hash_len) = match group.hash {
            HashFunction::Sha2_256 => (alg_id::RSA_PSS_SHA256, 32),
            HashFunction::Sha2_384 => (alg_id::RSA_PSS_SHA384, 48),
            HashFunction::Sha2_512 => (alg_id::RSA_PSS_SHA512, 64),
            _ => continue,
        };
        let judges = Judges::of(alg_id::RSA_ENCRYPTION, signature);
        let same_hash = group.mgf_hash == Some(group.hash);
        let usable = same_hash && group.salt_size == hash_len;
        for test in &group.tests {
            let accepted = judges.accept(&group.asn_key, &test.msg, &test.sig);
            let expected = match (usable, test.result) {
                (true, result) => result == TestResult::Valid,
                // Wrong for the set's salt, and right for ours.
                (false, _) => same_hash && test.comment == format!("s_len changed to {hash_len}"),
            };
            assert_eq!(accepted, expected, "case {}", test.tc_id);
            tally.add(accepted);
        }
    }
    tally
}

#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName::*;
    for set in [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen64,
    ] {
        run_pss(set).at_least(63, 45);
    }
}

#[test]
fn rsa_pss_with_parameters_that_tls_does_not_have() {
    use rsa_pss_verify::TestName::*;
    for set in [
        RsaPss2048Sha256Mgf1SaltLen0,
        RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss4096Sha512Mgf1SaltLen32,
    ] {
        run_pss(set).at_least(0, 102);
    }
    // Every combination of two hashes and six lengths, one signature each: three are TLS's.
    run_pss(RsaPssmisc).at_least(3, 87);
}
