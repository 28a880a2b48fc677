//! Which certificates are sent, in which order, and what is trusted.

use crate::corpus::{BOTH, Corpus};
use anyhow::Result;
use std::sync::Arc;
use switchboard_tests::corpus::extensions::{Usage, basic_constraints, key_usage};
use switchboard_tests::corpus::fields::utc;
use switchboard_tests::corpus::keys::Key;
use switchboard_tests::corpus::sketch::{Authority, Sketch};

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    order(corpus)?;
    depth(corpus)?;
    trust(corpus)?;
    crossed(corpus)
}

fn order(corpus: &mut Corpus) -> Result<()> {
    let root = corpus.root.clone();
    let upper = root.authority("upper")?;
    let lower = upper.authority("lower")?;
    let leaf = corpus.issued_by(&lower)?;
    let other = Authority::root("unrelated")?.certificate;
    let (root, upper, lower) = (root.certificate, upper.certificate, lower.certificate);
    let chain = |of: &[&Vec<u8>]| of.iter().map(|&it| it.clone()).collect();
    let direct = corpus.leaf().signed_by(&corpus.root)?;
    corpus.sent("by the root itself", BOTH, chain(&[&direct]));
    let whole = chain(&[&leaf, &lower, &upper]);
    corpus.sent("through two intermediates", BOTH, whole);
    let turned = chain(&[&leaf, &upper, &lower]);
    corpus.sent("intermediates in the wrong order", BOTH, turned);
    let with_root = chain(&[&leaf, &lower, &upper, &root]);
    corpus.sent("the root sent along", BOTH, with_root);
    let with_other = chain(&[&leaf, &other, &lower, &upper]);
    corpus.sent("an unrelated certificate in between", BOTH, with_other);
    let twice = chain(&[&leaf, &leaf, &lower, &lower, &upper, &upper]);
    corpus.sent("everything twice", BOTH, twice);
    let unknown = ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    let gap = chain(&[&leaf, &upper]);
    corpus.sent("the lower intermediate missing", unknown, gap);
    let gap = chain(&[&leaf, &lower]);
    corpus.sent("the upper intermediate missing", unknown, gap);
    let alone = chain(&[&leaf]);
    corpus.sent("all intermediates missing", unknown, alone);
    let turned = chain(&[&upper, &lower, &leaf]);
    corpus.sent("the leaf last", ("rejected", "INVALID_PURPOSE"), turned);
    let rubbish = chain(&[&direct, &b"no certificate".to_vec()]);
    corpus.sent(
        "rubbish after a good chain",
        ("accepted", "no verdict"),
        rubbish,
    );
    Ok(())
}

/// A leaf below so many intermediates.
fn below(corpus: &Corpus, intermediates: usize) -> Result<Vec<Vec<u8>>> {
    let mut authority = corpus.root.clone();
    let mut chain = Vec::new();
    for number in 0..intermediates {
        authority = authority.authority(&format!("intermediate {number}"))?;
        chain.insert(0, authority.certificate.clone());
    }
    chain.insert(0, corpus.issued_by(&authority)?);
    Ok(chain)
}

fn depth(corpus: &mut Corpus) -> Result<()> {
    let six = below(corpus, 6)?;
    corpus.sent("six intermediates", BOTH, six);
    let seven = below(corpus, 7)?;
    corpus.sent("seven intermediates", ("rejected", "accepted"), seven);
    let thirty = below(corpus, 30)?;
    corpus.sent("thirty intermediates", ("rejected", "accepted"), thirty);
    let hundred = below(corpus, 101)?;
    let too_long = ("rejected", "CERT_CHAIN_TOO_LONG");
    corpus.sent("a hundred and one intermediates", too_long, hundred);
    // Not needed, and so not counted: one link of the chain is enough.
    let mut extra = below(corpus, 1)?;
    extra.extend(below(corpus, 30)?.split_off(1));
    corpus.sent("thirty certificates too many", BOTH, extra);
    Ok(())
}

fn trust(corpus: &mut Corpus) -> Result<()> {
    let stranger = Authority::root("stranger")?;
    let leaf = corpus.issued_by(&stranger)?;
    corpus.sent(
        "an unknown root",
        ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        vec![leaf.clone()],
    );
    corpus.sent(
        "an unknown root sent along",
        ("unknown-issuer", "SELF_SIGNED_CERT_IN_CHAIN"),
        vec![leaf, stranger.certificate],
    );
    let namesake = Authority::root("root")?;
    let leaf = corpus.issued_by(&namesake)?;
    corpus.sent(
        "a namesake of the root",
        ("bad-signature", "CERT_SIGNATURE_FAILURE"),
        vec![leaf.clone()],
    );
    corpus.sent(
        "a namesake trusted too",
        ("accepted", "CERT_SIGNATURE_FAILURE"),
        vec![leaf],
    );
    let both = vec![corpus.root.certificate.clone(), namesake.certificate];
    corpus.last().trusted = both;

    let key = corpus.key.clone();
    let own = corpus.leaf().self_signed(&key)?;
    corpus.sent(
        "self-signed",
        ("unknown-issuer", "DEPTH_ZERO_SELF_SIGNED_CERT"),
        vec![own.clone()],
    );
    corpus.sent("self-signed, trusted", BOTH, vec![own.clone()]);
    corpus.last().trusted = vec![own];
    let usages = [Usage::DigitalSignature, Usage::KeyCertSign];
    let ca = corpus.leaf().with(basic_constraints(true, None));
    let ca = ca.with(key_usage(&usages)).self_signed(&key)?;
    corpus.sent("a self-signed authority, trusted", BOTH, vec![ca.clone()]);
    corpus.last().trusted = vec![ca];

    let leaf = corpus.leaf().signed_by(&Authority::root("above")?)?;
    corpus.sent(
        "only the leaf trusted",
        ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        vec![leaf.clone()],
    );
    corpus.last().trusted = vec![leaf];
    let intermediate = corpus.root.authority("trusted intermediate")?;
    corpus.trusting(
        "only the intermediate trusted",
        ("accepted", "UNABLE_TO_GET_ISSUER_CERT"),
        &intermediate,
    )
}

/// An authority with the certificates that several give it.
fn vouched_for(key: &Arc<Key>, name: &str, by: &[(&Authority, bool)]) -> Result<Vec<Vec<u8>>> {
    let certificate = |&(authority, expired): &(&Authority, bool)| {
        let mut sketch = Sketch::authority(name, key);
        if expired {
            sketch.not_after = utc("210101000000Z");
        }
        sketch.signed_by(authority)
    };
    by.iter().map(certificate).collect()
}

fn crossed(corpus: &mut Corpus) -> Result<()> {
    let keys = [Arc::new(Key::p256()?), Arc::new(Key::p256()?)];
    let authority =
        |key: &Arc<Key>, name| Authority::self_signed(&Sketch::authority(name, key), key);
    let (one, two) = (authority(&keys[0], "one")?, authority(&keys[1], "two")?);
    let root = corpus.root.clone();
    let stranger = Authority::root("stranger")?;
    let leaf = corpus.issued_by(&one)?;
    let one_by = |by: &[(&Authority, bool)]| vouched_for(&keys[0], "one", by);
    let two_by = |by: &[(&Authority, bool)]| vouched_for(&keys[1], "two", by);
    let with = |more: Vec<Vec<u8>>| [vec![leaf.clone()], more].concat();

    let circle = [one_by(&[(&two, false)])?, two_by(&[(&one, false)])?].concat();
    corpus.sent(
        "two authorities that vouch for each other",
        ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        with(circle.clone()),
    );
    let out = [circle, two_by(&[(&root, false)])?].concat();
    corpus.sent(
        "a circle with a way out",
        ("accepted", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        with(out),
    );
    let crossed = one_by(&[(&stranger, false), (&root, false)])?;
    corpus.sent(
        "cross-signed by a stranger first",
        ("accepted", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        with(crossed),
    );
    let crossed = one_by(&[(&root, true), (&root, false)])?;
    corpus.sent(
        "an expired intermediate beside a renewed one",
        BOTH,
        with(crossed),
    );
    let crossed = one_by(&[(&root, true), (&stranger, false)])?;
    corpus.sent(
        "an expired way beside an unknown one",
        ("expired", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        with(crossed),
    );
    Ok(())
}
