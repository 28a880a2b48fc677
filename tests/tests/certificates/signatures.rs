//! Who signed, by which algorithm, and keys of every kind.

use crate::corpus::{BOTH, Corpus, Verdicts};
use anyhow::Result;
use rustls::pki_types::alg_id;
use std::sync::Arc;
use switchboard_tests::corpus::fields::common_name;
use switchboard_tests::corpus::keys::{Key, identifier, pkcs1_identifier};
use switchboard_tests::corpus::sketch::{Authority, Sketch};

/// Keys that take their time to make, made at once.
struct Slow {
    rsa: Arc<Key>,
    rsa_4096: Arc<Key>,
    exponent_3: Arc<Key>,
    pss: Arc<Key>,
}

fn slow() -> Result<Slow> {
    std::thread::scope(|scope| {
        let makers: [fn() -> Result<Key>; 4] = [
            || Key::rsa(2048),
            || Key::rsa(4096),
            Key::rsa_exponent_3,
            Key::rsa_pss,
        ];
        let [rsa, rsa_4096, exponent_3, pss] = makers.map(|make| scope.spawn(make));
        let made = |thread: std::thread::ScopedJoinHandle<'_, Result<Key>>| match thread.join() {
            Ok(key) => key.map(Arc::new),
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Ok(Slow {
            rsa: made(rsa)?,
            rsa_4096: made(rsa_4096)?,
            exponent_3: made(exponent_3)?,
            pss: made(pss)?,
        })
    })
}

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    let slow = slow()?;
    wrong(corpus)?;
    hashes(corpus, &slow)?;
    leaves(corpus, &slow)?;
    authorities(corpus, &slow)
}

/// The certificate with a bit of the byte at this place from its end changed.
fn changed(mut certificate: Vec<u8>, from_end: usize) -> Vec<u8> {
    let place = certificate.len() - from_end;
    certificate[place] ^= 1;
    certificate
}

fn wrong(corpus: &mut Corpus) -> Result<()> {
    let bad = ("bad-signature", "CERT_SIGNATURE_FAILURE");
    let leaf = corpus.leaf().signed_by(&corpus.root)?;
    corpus.sent(
        "a byte of the signature changed",
        bad,
        vec![changed(leaf.clone(), 4)],
    );
    // The name in it, whose last letter is before its last extension ends.
    let place = leaf
        .windows(9)
        .position(|it| it == b"a.example")
        .map_or(0, |at| at + 8);
    let mut renamed = leaf.clone();
    renamed[place] = b'f';
    corpus.sent("a byte of the name changed", bad, vec![renamed]);
    corpus.last().asked = "a.examplf".to_owned();
    let root = corpus.root.clone();
    let intermediate = root.authority("intermediate")?;
    corpus.through(
        "a byte of the intermediate's signature changed",
        bad,
        &intermediate,
    )?;
    let last = corpus.last();
    last.chain[1] = changed(last.chain[1].clone(), 4);
    let ecdsa = &corpus.root.key.algorithm.clone();
    let signed = |sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let sketch = corpus.leaf();
        sketch.signed_as(&root.name, ecdsa, |message| Ok(sign(message)))
    };
    let empty = signed(&|_| Vec::new())?;
    let zeros = signed(&|_| vec![0x30, 6, 2, 1, 0, 2, 1, 0])?;
    let rubbish = signed(&|_| b"rubbish".to_vec())?;
    corpus.sent("an empty signature", bad, vec![empty]);
    corpus.sent("a signature of zeros", bad, vec![zeros]);
    corpus.sent("rubbish for a signature", bad, vec![rubbish]);
    let other = identifier(&alg_id::ECDSA_SHA384);
    corpus.edited(
        "two algorithms for one signature",
        ("rejected", "CERT_SIGNATURE_FAILURE"),
        |mut it| {
            it.inner_algorithm = Some(other);
            it
        },
    )?;
    let wrong_kind = corpus
        .leaf()
        .signed_as(&root.name, &identifier(&alg_id::ED25519), |it| {
            root.key.sign(it)
        })?;
    corpus.sent(
        "an algorithm of another kind of key",
        ("rejected", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        vec![wrong_kind],
    );
    Ok(())
}

/// A root with this key.
fn root(key: &Arc<Key>) -> Result<Authority> {
    Authority::self_signed(&Sketch::authority("root", key), key)
}

fn hashes(corpus: &mut Corpus, slow: &Slow) -> Result<()> {
    let rsa = root(&slow.rsa)?;
    let mut by =
        |name, verdicts: Verdicts, algorithm: Vec<u8>, sign: &dyn Fn(&[u8]) -> Result<Vec<u8>>| {
            let leaf = corpus.leaf().signed_as(&rsa.name, &algorithm, sign)?;
            corpus.sent(name, verdicts, vec![leaf]);
            corpus.last().trusted = vec![rsa.certificate.clone()];
            anyhow::Ok(())
        };
    let dgst = |hash: &'static str| move |message: &[u8]| slow.rsa.sign_with(&[hash], message);
    let weak = ("rejected", "CA_MD_TOO_WEAK");
    by("signed with MD5", weak, pkcs1_identifier(4), &dgst("-md5"))?;
    by(
        "signed with SHA-1",
        weak,
        pkcs1_identifier(5),
        &dgst("-sha1"),
    )?;
    by(
        "signed with SHA-224",
        ("rejected", "accepted"),
        pkcs1_identifier(14),
        &dgst("-sha224"),
    )?;
    by(
        "signed with SHA-384",
        BOTH,
        pkcs1_identifier(12),
        &dgst("-sha384"),
    )?;
    by(
        "signed with SHA-512",
        BOTH,
        pkcs1_identifier(13),
        &dgst("-sha512"),
    )?;
    by(
        "signed by RSASSA-PSS",
        BOTH,
        identifier(&alg_id::RSA_PSS_SHA256),
        &|it| slow.rsa.sign_pss(it),
    )?;

    let ecdsa = corpus.root.clone();
    for (name, verdicts, algorithm, hash) in [
        ("P-256 with SHA-384", BOTH, alg_id::ECDSA_SHA384, "-sha384"),
        (
            "P-256 with SHA-512",
            ("rejected", "accepted"),
            alg_id::ECDSA_SHA512,
            "-sha512",
        ),
    ] {
        let sign = |message: &[u8]| ecdsa.key.sign_with(&[hash], message);
        let leaf = corpus
            .leaf()
            .signed_as(&ecdsa.name, &identifier(&algorithm), sign)?;
        corpus.sent(name, verdicts, vec![leaf]);
    }
    Ok(())
}

fn leaves(corpus: &mut Corpus, slow: &Slow) -> Result<()> {
    let mut leaf = |name, verdicts, key: Arc<Key>| {
        corpus.edited(name, verdicts, |mut it| {
            it.public_key = key.public_key.clone();
            it
        })?;
        corpus.last().key = key;
        anyhow::Ok(())
    };
    let lacks = ("alert-received", "accepted");
    leaf("a leaf on P-384", BOTH, Arc::new(Key::p384()?))?;
    leaf("a leaf on P-521", lacks, Arc::new(Key::p521()?))?;
    leaf("a leaf with Ed25519", BOTH, Arc::new(Key::ed25519()?))?;
    leaf("a leaf with Ed448", lacks, Arc::new(Key::ed448()?))?;
    leaf("a leaf with RSA 2048", BOTH, slow.rsa.clone())?;
    leaf("a leaf with RSA 4096", BOTH, slow.rsa_4096.clone())?;
    leaf(
        "a leaf with RSA and the exponent 3",
        BOTH,
        slow.exponent_3.clone(),
    )?;
    leaf("a leaf with RSA only for PSS", lacks, slow.pss.clone())?;
    leaf(
        "a leaf with RSA 1024",
        ("bad-signature", "EE_KEY_TOO_SMALL"),
        Arc::new(Key::rsa(1024)?),
    )?;
    let explicit = Key::p256()?.with_explicit_parameters()?;
    leaf(
        "a leaf with the parameters of its curve",
        ("rejected", "EC_KEY_EXPLICIT_PARAMS"),
        Arc::new(explicit),
    )?;
    let compressed = Key::p256()?.with_compressed_point()?;
    leaf(
        "a leaf with half of its point",
        ("bad-signature", "accepted"),
        Arc::new(compressed),
    )?;
    let mut key = corpus.key.public_key.clone();
    if let Some(last) = key.last_mut() {
        *last ^= 1;
    }
    corpus.edited(
        "a leaf with a point off its curve",
        ("bad-signature", "EE_KEY_TOO_SMALL"),
        |mut it| {
            it.public_key = key;
            it
        },
    )?;
    let stranger = Key::p256()?;
    corpus.edited(
        "a leaf of which the server lacks the key",
        ("bad-signature", "no verdict"),
        |mut it| {
            it.public_key = stranger.public_key.clone();
            it
        },
    )?;
    let rubbish = common_name("no key");
    corpus.edited(
        "a leaf with rubbish for a key",
        ("malformed", "no verdict"),
        |mut it| {
            it.public_key = rubbish;
            it
        },
    )
}

fn authorities(corpus: &mut Corpus, slow: &Slow) -> Result<()> {
    let mut through = |name, verdicts, key: Arc<Key>| {
        let sketch = Sketch::authority("intermediate", &key);
        let authority = Authority {
            name: sketch.subject.clone(),
            certificate: sketch.signed_by(&corpus.root)?,
            key,
        };
        corpus.through(name, verdicts, &authority)
    };
    let lacks = ("rejected", "accepted");
    let weak = ("bad-signature", "CA_KEY_TOO_SMALL");
    through("an authority on P-384", BOTH, Arc::new(Key::p384()?))?;
    through("an authority on P-521", lacks, Arc::new(Key::p521()?))?;
    through(
        "an authority on secp256k1",
        lacks,
        Arc::new(Key::secp256k1()?),
    )?;
    through("an authority with Ed25519", BOTH, Arc::new(Key::ed25519()?))?;
    through("an authority with Ed448", lacks, Arc::new(Key::ed448()?))?;
    through("an authority with RSA 2048", BOTH, slow.rsa.clone())?;
    through("an authority with RSA 4096", BOTH, slow.rsa_4096.clone())?;
    through(
        "an authority with RSA and the exponent 3",
        BOTH,
        slow.exponent_3.clone(),
    )?;
    through(
        "an authority with RSA only for PSS",
        lacks,
        slow.pss.clone(),
    )?;
    through(
        "an authority with RSA 1024",
        weak,
        Arc::new(Key::rsa(1024)?),
    )?;
    through("an authority with RSA 512", weak, Arc::new(Key::rsa(512)?))?;
    let explicit = Key::p256()?.with_explicit_parameters()?;
    through(
        "an authority with the parameters of its curve",
        ("rejected", "EC_KEY_EXPLICIT_PARAMS"),
        Arc::new(explicit),
    )?;
    let compressed = Key::p256()?.with_compressed_point()?;
    through(
        "an authority with half of its point",
        ("bad-signature", "accepted"),
        Arc::new(compressed),
    )
}
