//! What makes an authority one: basic constraints, key usage, path length, and what constrains the names below it.

use crate::corpus::{BOTH, Corpus, NAME, Verdicts};
use anyhow::Result;
use std::sync::Arc;
use switchboard_tests::corpus::extensions::{
    CLIENT, Extension, SERVER, Usage, basic_constraints, extended_key_usage, key_usage,
    name_constraints,
};
use switchboard_tests::corpus::fields::{
    GeneralName, common_name, directory, dns, ip, mail, no_name, uri, utc,
};
use switchboard_tests::corpus::keys::Key;
use switchboard_tests::corpus::sketch::{Authority, Sketch};

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    intermediates(corpus)?;
    path_lengths(corpus)?;
    roots(corpus)?;
    names(corpus)
}

/// A leaf through an intermediate with what `edit` changes.
fn through(
    corpus: &mut Corpus,
    name: &'static str,
    verdicts: Verdicts,
    edit: impl FnOnce(Sketch) -> Sketch,
) -> Result<()> {
    let intermediate = corpus.root.authority_as("intermediate", edit)?;
    corpus.through(name, verdicts, &intermediate)
}

fn intermediates(corpus: &mut Corpus) -> Result<()> {
    let no_ca = ("rejected", "INVALID_CA");
    through(corpus, "an intermediate with CA:FALSE", no_ca, |it| {
        it.with(basic_constraints(false, None))
    })?;
    through(
        corpus,
        "an intermediate without basic constraints",
        no_ca,
        |it| it.without(&basic_constraints(true, None)),
    )?;
    through(corpus, "an intermediate of version 1", no_ca, |mut it| {
        it.version = None;
        it.extensions.clear();
        it
    })?;
    through(
        corpus,
        "an intermediate whose basic constraints are not critical",
        BOTH,
        |it| it.with(basic_constraints(true, None).lenient()),
    )?;
    through(
        corpus,
        "an intermediate without keyCertSign",
        ("accepted", "INVALID_CA"),
        |it| it.with(key_usage(&[Usage::DigitalSignature, Usage::CrlSign])),
    )?;
    through(corpus, "an intermediate without key usage", BOTH, |it| {
        it.without(&key_usage(&[]))
    })?;
    through(corpus, "an intermediate for servers", BOTH, |it| {
        it.with(extended_key_usage(&[SERVER]))
    })?;
    let purpose = ("rejected", "INVALID_PURPOSE");
    through(corpus, "an intermediate for clients", purpose, |it| {
        it.with(extended_key_usage(&[CLIENT]))
    })?;
    through(
        corpus,
        "an expired intermediate",
        ("expired", "CERT_HAS_EXPIRED"),
        |mut it| {
            it.not_after = utc("210101000000Z");
            it
        },
    )?;
    through(
        corpus,
        "an intermediate with an unknown critical extension",
        ("rejected", "UNHANDLED_CRITICAL_EXTENSION"),
        |it| it.with(Extension::unknown(true)),
    )?;
    let leaf = corpus.root.authority_as("signing leaf", |it| Sketch {
        subject: it.subject,
        public_key: it.public_key,
        ..corpus.leaf()
    })?;
    corpus.through("a leaf that signs", no_ca, &leaf)
}

fn path_lengths(corpus: &mut Corpus) -> Result<()> {
    through(corpus, "a path length that is kept", BOTH, |it| {
        it.with(basic_constraints(true, Some(0)))
    })?;
    let exceeded = ("rejected", "PATH_LENGTH_EXCEEDED");
    let upper = corpus
        .root
        .authority_as("upper", |it| it.with(basic_constraints(true, Some(0))))?;
    let lower = upper.authority("lower")?;
    corpus.through("a path length exceeded", exceeded, &lower)?;
    corpus.last().chain.push(upper.certificate);
    let key = Arc::new(Key::p256()?);
    let short = Sketch::authority("short", &key).with(basic_constraints(true, Some(0)));
    let root = Authority::self_signed(&short, &key)?;
    let lower = root.authority("lower")?;
    corpus.through(
        "a root's path length exceeded",
        ("accepted", "PATH_LENGTH_EXCEEDED"),
        &lower,
    )?;
    corpus.last().trusted = vec![root.certificate];
    Ok(())
}

fn roots(corpus: &mut Corpus) -> Result<()> {
    let key = Arc::new(Key::p256()?);
    let sketch = Sketch::authority("odd root", &key);
    let mut root = |name, verdicts, sketch: Sketch| -> Result<()> {
        corpus.trusting(name, verdicts, &Authority::self_signed(&sketch, &key)?)
    };
    let mut expired = sketch.clone();
    expired.not_after = utc("210101000000Z");
    root("an expired root", ("accepted", "CERT_HAS_EXPIRED"), expired)?;
    let mut old = sketch.clone();
    old.version = None;
    old.extensions.clear();
    root("a root of version 1", BOTH, old)?;
    let no_ca = sketch.clone().with(basic_constraints(false, None));
    root("a root with CA:FALSE", ("accepted", "INVALID_CA"), no_ca)?;
    let unsigning = sketch.clone().with(key_usage(&[Usage::CrlSign]));
    root(
        "a root without keyCertSign",
        ("accepted", "INVALID_CA"),
        unsigning,
    )?;
    let clients = sketch.clone().with(extended_key_usage(&[CLIENT]));
    root(
        "a root for clients",
        ("accepted", "INVALID_PURPOSE"),
        clients,
    )?;
    let critical = sketch.clone().with(Extension::unknown(true));
    root(
        "a root with an unknown critical extension",
        ("accepted", "UNHANDLED_CRITICAL_EXTENSION"),
        critical,
    )?;
    let constrained = name_constraints(&[dns("b.example")], &[]);
    root(
        "a root for other names",
        ("rejected", "PERMITTED_VIOLATION"),
        sketch.with(constrained),
    )
}

/// A leaf for `names`, through an authority that may vouch for `permitted` and not for `excluded`.
fn constrained(
    corpus: &mut Corpus,
    name: &'static str,
    verdicts: Verdicts,
    [permitted, excluded, names]: [&[GeneralName]; 3],
    asked: &str,
) -> Result<()> {
    let constraints = name_constraints(permitted, excluded);
    let authority = corpus
        .root
        .authority_as("constrained", |it| it.with(constraints))?;
    let mut leaf = corpus.leaf_for(names);
    // OpenSSL would take its common name for a host name.
    leaf.subject = no_name();
    let chain = vec![leaf.signed_by(&authority)?, authority.certificate];
    corpus.sent(name, verdicts, chain);
    corpus.last().asked = asked.to_owned();
    Ok(())
}

const NOT_PERMITTED: Verdicts = ("rejected", "PERMITTED_VIOLATION");
const EXCLUDED: Verdicts = ("rejected", "EXCLUDED_VIOLATION");

fn names(corpus: &mut Corpus) -> Result<()> {
    domains(corpus)?;
    networks(corpus)?;
    other_names(corpus)?;
    let malformed = ("malformed", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
    let empty = name_constraints(&[], &[]);
    let rubbish = empty.clone().with_value(b"rubbish");
    through(corpus, "empty name constraints", BOTH, |it| it.with(empty))?;
    through(corpus, "rubbish for name constraints", malformed, |it| {
        it.with(rubbish)
    })
}

fn domains(corpus: &mut Corpus) -> Result<()> {
    let mut of = |name, verdicts, permitted: &[&str], excluded: &[&str]| {
        let names = |of: &[&str]| of.iter().map(dns).collect::<Vec<_>>();
        let (permitted, excluded) = (names(permitted), names(excluded));
        let subtrees = [&permitted[..], &excluded, &[dns(NAME)]];
        constrained(corpus, name, verdicts, subtrees, NAME)
    };
    of("a permitted domain", BOTH, &["example"], &[])?;
    of("not a permitted domain", NOT_PERMITTED, &["b.example"], &[])?;
    of("a permitted domain in capitals", BOTH, &["EXAMPLE"], &[])?;
    of("half a label permitted", NOT_PERMITTED, &["ample"], &[])?;
    of(
        "a permitted domain with a dot in front",
        BOTH,
        &[".example"],
        &[],
    )?;
    of("an excluded domain", EXCLUDED, &[], &["example"])?;
    of("not an excluded domain", BOTH, &[], &["b.example"])?;
    of("all domains excluded", EXCLUDED, &[], &[""])?;
    of(
        "a name permitted and excluded",
        EXCLUDED,
        &["example"],
        &[NAME],
    )?;
    let two = [dns(NAME), dns("a.test")];
    constrained(
        corpus,
        "another name that is not permitted",
        NOT_PERMITTED,
        [&[dns("example")], &[], &two],
        NAME,
    )?;
    constrained(
        corpus,
        "a wildcard over an excluded name",
        ("rejected", "accepted"),
        [&[], &[dns("b.a.example")], &[dns("*.a.example")]],
        "c.a.example",
    )
}

fn networks(corpus: &mut Corpus) -> Result<()> {
    let mut of = |name, verdicts, permitted: &[GeneralName], excluded: &[GeneralName]| {
        let address = [ip(&[127, 0, 0, 1])];
        let subtrees = [permitted, excluded, &address];
        constrained(corpus, name, verdicts, subtrees, "127.0.0.1")
    };
    let net = |octet| ip(&[octet, 0, 0, 0, 255, 0, 0, 0]);
    of("a permitted network", BOTH, &[net(127)], &[])?;
    of("not a permitted network", NOT_PERMITTED, &[net(10)], &[])?;
    of("an excluded network", EXCLUDED, &[], &[net(127)])?;
    of(
        "an address where only domains are constrained",
        BOTH,
        &[dns("example")],
        &[],
    )?;
    let holes = ip(&[127, 0, 0, 0, 255, 0, 255, 0]);
    of(
        "a network whose mask has holes",
        ("rejected", "accepted"),
        &[holes],
        &[],
    )
}

fn other_names(corpus: &mut Corpus) -> Result<()> {
    let mut of = |name, verdicts, permitted: GeneralName, beside: &[GeneralName]| {
        let names = [&[dns(NAME)], beside].concat();
        let subtrees = [&[permitted][..], &[], &names];
        constrained(corpus, name, verdicts, subtrees, NAME)
    };
    of(
        "mail addresses constrained, which it has not",
        BOTH,
        mail("example"),
        &[],
    )?;
    of(
        "not a permitted mail address",
        NOT_PERMITTED,
        mail("a.example"),
        &[mail("me@b.example")],
    )?;
    of(
        "not a permitted URI",
        NOT_PERMITTED,
        uri("a.example"),
        &[uri("https://b.example/")],
    )?;
    of(
        "not a permitted directory name",
        NOT_PERMITTED,
        directory(&common_name("company")),
        &[directory(&common_name("other"))],
    )
}
