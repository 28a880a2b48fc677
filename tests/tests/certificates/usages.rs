//! What a leaf may be used for, and what its other extensions ask.

use crate::corpus::{BOTH, Corpus};
use anyhow::Result;
use switchboard_tests::corpus::extensions::{
    ANY, CLIENT, Extension, SERVER, UNKNOWN, Usage, alt_names, basic_constraints, explicit_policy,
    extended_key_usage, key_usage, must_staple, poison, policies,
};
use switchboard_tests::corpus::fields::dns;

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    purposes(corpus)?;
    key_usages(corpus)?;
    extensions(corpus)
}

fn purposes(corpus: &mut Corpus) -> Result<()> {
    let wrong = ("rejected", "INVALID_PURPOSE");
    let mut leaf = |name, verdicts, purposes: &[&[u64]]| {
        let usage = extended_key_usage(purposes);
        corpus.edited(name, verdicts, |it| it.with(usage))
    };
    leaf("for servers and clients", BOTH, &[SERVER, CLIENT])?;
    leaf("for clients only", wrong, &[CLIENT])?;
    leaf("for any purpose", ("rejected", "INVALID_PURPOSE"), &[ANY])?;
    leaf("for an unknown purpose", wrong, &[UNKNOWN])?;
    leaf(
        "for an unknown purpose and servers",
        BOTH,
        &[UNKNOWN, SERVER],
    )?;
    leaf("for an empty list of purposes", wrong, &[])?;
    corpus.edited("purposes that are critical", BOTH, |it| {
        it.with(extended_key_usage(&[SERVER]).critical())
    })?;
    corpus.edited("no purposes at all", BOTH, |it| {
        it.without(&extended_key_usage(&[]))
    })
}

fn key_usages(corpus: &mut Corpus) -> Result<()> {
    let mut leaf = |name, verdicts, usages: &[Usage]| {
        let usage = key_usage(usages);
        corpus.edited(name, verdicts, |it| it.with(usage))
    };
    let wrong = ("accepted", "INVALID_PURPOSE");
    leaf(
        "a leaf's key for encryption only",
        BOTH,
        &[Usage::KeyEncipherment],
    )?;
    leaf(
        "a leaf's key for agreement only",
        BOTH,
        &[Usage::KeyAgreement],
    )?;
    leaf(
        "a leaf's key for certificates only",
        wrong,
        &[Usage::KeyCertSign],
    )?;
    leaf(
        "a leaf's key for nothing",
        ("accepted", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        &[],
    )?;
    corpus.edited("a leaf without key usage", BOTH, |it| {
        it.without(&key_usage(&[]))
    })?;
    corpus.edited("a leaf with CA:TRUE", ("rejected", "accepted"), |it| {
        it.with(basic_constraints(true, None))
    })?;
    corpus.edited("a leaf without basic constraints", BOTH, |it| {
        it.without(&basic_constraints(false, None))
    })?;
    corpus.edited("a leaf with a path length", BOTH, |it| {
        it.with(basic_constraints(false, Some(0)))
    })
}

fn extensions(corpus: &mut Corpus) -> Result<()> {
    let unhandled = ("rejected", "UNHANDLED_CRITICAL_EXTENSION");
    corpus.edited("an unknown critical extension", unhandled, |it| {
        it.with(Extension::unknown(true))
    })?;
    corpus.edited("an unknown extension", BOTH, |it| {
        it.with(Extension::unknown(false))
    })?;
    corpus.edited("an unknown extension twice", BOTH, |mut it| {
        it.extensions.extend([false; 2].map(Extension::unknown));
        it
    })?;
    corpus.edited(
        "alternative names twice",
        ("rejected", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        |mut it| {
            it.extensions.push(alt_names(&[dns("b.example")]));
            it
        },
    )?;
    corpus.edited("alternative names that are critical", BOTH, |mut it| {
        it.extensions
            .retain(|it| *it != alt_names(&[dns("a.example")]));
        it.with(alt_names(&[dns("a.example")]).critical())
    })?;
    corpus.edited("a critical policy", ("rejected", "accepted"), |it| {
        it.with(policies(&[2, 23, 140, 1, 2, 1]).critical())
    })?;
    corpus.edited("a policy", BOTH, |it| {
        it.with(policies(&[2, 23, 140, 1, 2, 1]))
    })?;
    let demanding = corpus
        .root
        .authority_as("demanding", |it| it.with(explicit_policy()))?;
    corpus.through(
        "an intermediate that demands policies",
        ("rejected", "accepted"),
        &demanding,
    )?;
    corpus.edited("a precertificate", unhandled, |it| it.with(poison()))?;
    corpus.edited("a promise to staple OCSP that is not kept", BOTH, |it| {
        it.with(must_staple())
    })?;
    corpus.edited(
        "no extensions",
        ("name-mismatch", "HOSTNAME_MISMATCH"),
        |mut it| {
            it.extensions.clear();
            it
        },
    )
}
