//! The DER of a certificate, and what is none.

use crate::corpus::NAME;
use crate::corpus::{BOTH, Corpus};
use anyhow::Result;
use switchboard_tests::corpus::extensions::{alt_names, basic_constraints};
use switchboard_tests::corpus::fields::{common_name, dns};

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    versions(corpus)?;
    serials(corpus)?;
    bytes(corpus)?;
    within(corpus)
}

fn versions(corpus: &mut Corpus) -> Result<()> {
    corpus.edited(
        "version 1 with a common name",
        ("rejected", "accepted"),
        |mut it| {
            it.version = None;
            it.subject = common_name(NAME);
            it.extensions.clear();
            it
        },
    )?;
    for (name, number, verdicts) in [
        (
            "version 1 said, which is the default",
            Some(0),
            ("rejected", "accepted"),
        ),
        ("version 1 with extensions", None, ("rejected", "accepted")),
        (
            "version 2 with extensions",
            Some(1),
            ("rejected", "accepted"),
        ),
        ("version 4", Some(3), ("rejected", "accepted")),
    ] {
        corpus.edited(name, verdicts, |mut it| {
            it.version = number;
            it
        })?;
    }
    corpus.edited(
        "an issuer's unique identifier",
        ("malformed", "accepted"),
        |mut it| {
            it.unique_id = true;
            it
        },
    )
}

fn serials(corpus: &mut Corpus) -> Result<()> {
    let long = |length: usize| [vec![1], vec![7; length - 1]].concat();
    for (name, serial, verdicts) in [
        ("serial number 0", vec![0], BOTH),
        ("serial number -1", vec![0xff], BOTH),
        ("a serial number of 20 bytes", long(20), BOTH),
        ("a serial number of 21 bytes", long(21), BOTH),
        ("a serial number of 200 bytes", long(200), BOTH),
        (
            "a serial number with a zero too many",
            vec![0, 1],
            ("accepted", "no verdict"),
        ),
        (
            "a serial number of no bytes",
            vec![],
            ("accepted", "no verdict"),
        ),
    ] {
        corpus.edited(name, verdicts, |mut it| {
            it.serial = serial;
            it
        })?;
    }
    Ok(())
}

fn bytes(corpus: &mut Corpus) -> Result<()> {
    let malformed = ("malformed", "no verdict");
    let leaf = corpus.leaf().signed_by(&corpus.root)?;
    let cut = leaf[..leaf.len() - 10].to_vec();
    corpus.sent("a certificate cut off", malformed, vec![cut]);
    let longer = [leaf.as_slice(), b"more"].concat();
    corpus.sent("bytes after the certificate", malformed, vec![longer]);
    let pem = switchboard_tests::corpus::pem(std::slice::from_ref(&leaf)).into_bytes();
    corpus.sent("PEM instead of DER", malformed, vec![pem]);
    corpus.sent("rubbish", malformed, vec![b"rubbish".to_vec()]);
    corpus.sent("zeros", malformed, vec![vec![0; 500]]);
    corpus.sent("an empty certificate", malformed, vec![Vec::new()]);
    corpus.sent("an empty sequence", malformed, vec![vec![0x30, 0]]);
    corpus.sent("no certificate", ("protocol", "no verdict"), Vec::new());
    // BER may leave the length out, and say where the end is; DER may not (X.690, section 10.1).
    let indefinite = [&[0x30, 0x80], leaf.get(4..).unwrap_or_default(), &[0, 0]].concat();
    corpus.sent(
        "an indefinite length",
        ("malformed", "accepted"),
        vec![indefinite],
    );
    // A length of two bytes, in three.
    let padded = [
        &[0x30, 0x83, 0],
        leaf.get(2..4).unwrap_or_default(),
        &leaf[4..],
    ]
    .concat();
    corpus.sent(
        "a length with a zero too many",
        ("malformed", "accepted"),
        vec![padded],
    );
    let nested = (0..2000).fold(vec![0x30, 0], |inner: Vec<u8>, _| {
        yasna::construct_der(|it| it.write_sequence(|it| it.next().write_der(&inner)))
    });
    corpus.sent(
        "two thousand sequences in each other",
        malformed,
        vec![nested],
    );
    let intermediate = corpus.root.authority("intermediate")?;
    corpus.through(
        "an intermediate cut off",
        ("malformed", "no verdict"),
        &intermediate,
    )?;
    let cut = intermediate.certificate[..100].to_vec();
    corpus.last().chain[1] = cut;
    Ok(())
}

fn within(corpus: &mut Corpus) -> Result<()> {
    let constraints = |value: &[u8]| basic_constraints(false, None).with_value(value);
    // A default is not to be written (X.690, section 11.5).
    let default = constraints(&[0x30, 3, 1, 1, 0]);
    corpus.edited("CA:FALSE said, which is the default", BOTH, |it| {
        it.with(default)
    })?;
    // TRUE is 0xff (X.690, section 11.1).
    let one = constraints(&[0x30, 3, 1, 1, 1]);
    corpus.edited("TRUE as 1", ("malformed", "accepted"), |it| it.with(one))?;
    let longer = constraints(&[0x30, 0, 0]);
    corpus.edited(
        "bytes after basic constraints",
        ("malformed", "accepted"),
        |it| it.with(longer),
    )?;
    let empty = constraints(&[]);
    corpus.edited(
        "nothing for basic constraints",
        ("malformed", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        |it| it.with(empty),
    )?;
    let names = alt_names(&[dns(NAME)]);
    let longer = [names.value.as_slice(), &[5, 0]].concat();
    corpus.edited(
        "bytes after the alternative names",
        ("malformed", "accepted"),
        |it| it.with(names.with_value(&longer)),
    )
}
