//! For whom a certificate is.

use crate::corpus::{BOTH, Corpus, NAME, Verdicts};
use anyhow::Result;
use switchboard_tests::corpus::extensions::alt_names;
use switchboard_tests::corpus::fields::{
    Text, common_name, common_name_in, directory, dns, ip, mail, no_name, uri,
};

const MISMATCH: Verdicts = ("name-mismatch", "HOSTNAME_MISMATCH");
const OTHER_ADDRESS: Verdicts = ("name-mismatch", "IP_ADDRESS_MISMATCH");

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    plain(corpus)?;
    wildcards(corpus)?;
    addresses(corpus)?;
    subjects(corpus)?;
    odd(corpus)?;
    long(corpus)
}

fn plain(corpus: &mut Corpus) -> Result<()> {
    corpus.named("another name", MISMATCH, &[dns("b.example")], NAME)?;
    corpus.named(
        "one of several names",
        BOTH,
        &[dns("b.example"), dns(NAME)],
        NAME,
    )?;
    corpus.named("a name in capitals", BOTH, &[dns("A.EXAMPLE")], NAME)?;
    corpus.named("capitals asked for", BOTH, &[dns(NAME)], "A.Example")?;
    corpus.named(
        "a name of one label",
        BOTH,
        &[dns("localhost")],
        "localhost",
    )?;
    corpus.named("the domain above", MISMATCH, &[dns("example")], NAME)?;
    corpus.named("a name below", MISMATCH, &[dns("b.a.example")], NAME)?;
    corpus.named(
        "a name with an underscore",
        BOTH,
        &[dns("a_b.example")],
        "a_b.example",
    )?;
    corpus.named(
        "a name of digits",
        BOTH,
        &[dns("1.2.example")],
        "1.2.example",
    )?;
    corpus.named(
        "a name that ends in a hyphen",
        MISMATCH,
        &[dns("a-.example")],
        NAME,
    )?;
    Ok(())
}

fn wildcards(corpus: &mut Corpus) -> Result<()> {
    let mut wildcard =
        |name, verdicts, pattern: &str, asked| corpus.named(name, verdicts, &[dns(pattern)], asked);
    wildcard("a wildcard", BOTH, "*.a.example", "b.a.example")?;
    wildcard(
        "a wildcard for two labels",
        MISMATCH,
        "*.a.example",
        "c.b.a.example",
    )?;
    wildcard("a wildcard for no label", MISMATCH, "*.a.example", NAME)?;
    wildcard(
        "a wildcard below a top-level domain",
        MISMATCH,
        "*.example",
        NAME,
    )?;
    wildcard("a wildcard for everything", MISMATCH, "*", "localhost")?;
    wildcard(
        "a part of a label wild",
        ("name-mismatch", "accepted"),
        "b*.a.example",
        "bc.a.example",
    )?;
    wildcard(
        "a wildcard in the middle",
        MISMATCH,
        "b.*.a.example",
        "b.c.a.example",
    )?;
    wildcard("a wildcard at the end", MISMATCH, "a.*", NAME)?;
    wildcard("two wildcards", MISMATCH, "*.*.example", "b.a.example")?;
    wildcard(
        "a wildcard for an international label",
        BOTH,
        "*.a.example",
        "xn--bcher-kva.a.example",
    )?;
    wildcard(
        "a wildcard in an international label",
        MISMATCH,
        "xn--*-kva.a.example",
        "xn--bcher-kva.a.example",
    )?;
    wildcard(
        "a wildcard below an international label",
        BOTH,
        "*.xn--bcher-kva.example",
        "a.xn--bcher-kva.example",
    )?;
    wildcard(
        "a wildcard asked for",
        ("invalid-argument", "accepted"),
        "*.a.example",
        "*.a.example",
    )?;
    wildcard(
        "a wildcard for an address",
        OTHER_ADDRESS,
        "*.0.0.1",
        "127.0.0.1",
    )
}

fn addresses(corpus: &mut Corpus) -> Result<()> {
    let v4 = [127, 0, 0, 1];
    let v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    let mapped = std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets();
    corpus.named("an IPv4 address", BOTH, &[ip(&v4)], "127.0.0.1")?;
    corpus.named(
        "another IPv4 address",
        OTHER_ADDRESS,
        &[ip(&[127, 0, 0, 2])],
        "127.0.0.1",
    )?;
    corpus.named("an IPv6 address", BOTH, &[ip(&v6)], "::1")?;
    corpus.named(
        "an IPv6 address written in full",
        BOTH,
        &[ip(&v6)],
        "0:0:0:0:0:0:0:1",
    )?;
    corpus.named(
        "an IPv4-mapped address for the IPv4 one",
        OTHER_ADDRESS,
        &[ip(&mapped)],
        "127.0.0.1",
    )?;
    corpus.named(
        "an address as a DNS name",
        OTHER_ADDRESS,
        &[dns("127.0.0.1")],
        "127.0.0.1",
    )?;
    corpus.named(
        "an address as text",
        OTHER_ADDRESS,
        &[ip(b"127.0.0.1")],
        "127.0.0.1",
    )?;
    corpus.named(
        "an address of three bytes beside a name",
        BOTH,
        &[ip(&[127, 0, 0]), dns(NAME)],
        NAME,
    )?;
    corpus.named(
        "a network for an address",
        OTHER_ADDRESS,
        &[ip(&[127, 0, 0, 0, 255, 0, 0, 0])],
        "127.0.0.1",
    )?;
    corpus.named(
        "a DNS name for an address",
        OTHER_ADDRESS,
        &[dns("localhost")],
        "127.0.0.1",
    )
}

fn subjects(corpus: &mut Corpus) -> Result<()> {
    let names = alt_names(&[]);
    corpus.edited(
        "only a common name",
        ("name-mismatch", "accepted"),
        |mut it| {
            it.subject = common_name(NAME);
            it.without(&names)
        },
    )?;
    corpus.edited("a common name beside other names", MISMATCH, |mut it| {
        it.subject = common_name(NAME);
        it.with(alt_names(&[dns("b.example")]))
    })?;
    corpus.edited(
        "a common name beside an address",
        ("name-mismatch", "accepted"),
        |mut it| {
            it.subject = common_name(NAME);
            it.with(alt_names(&[ip(&[127, 0, 0, 1])]))
        },
    )?;
    corpus.edited("an empty list of names", MISMATCH, |it| {
        it.with(alt_names(&[]))
    })?;
    corpus.edited("no names at all", MISMATCH, |mut it| {
        it.subject = no_name();
        it.without(&names)
    })?;
    corpus.edited("an empty subject", BOTH, |mut it| {
        it.subject = no_name();
        it
    })?;
    corpus.edited("a subject that is not ASCII", BOTH, |mut it| {
        it.subject = common_name("Bücher \u{1f4da}");
        it
    })?;
    corpus.edited(
        "a subject that is not UTF-8",
        ("accepted", "no verdict"),
        |mut it| {
            it.subject = common_name_in(Text::Utf8, b"B\xfccher");
            it
        },
    )?;
    corpus.edited("a subject in Teletex", BOTH, |mut it| {
        it.subject = common_name_in(Text::Teletex, b"B\xfccher");
        it
    })?;
    corpus.edited("a subject in UTF-16", BOTH, |mut it| {
        it.subject = common_name_in(Text::Bmp, b"\0B\0\xfc");
        it
    })?;
    // A name in another type of string is the same name for OpenSSL (RFC 5280, section 7.1).
    let printable = common_name_in(Text::Printable, b"root");
    corpus.edited(
        "the issuer's name in another type of string",
        ("unknown-issuer", "accepted"),
        |mut it| {
            it.issuer = Some(printable);
            it
        },
    )?;
    let capitals = common_name("ROOT");
    corpus.edited(
        "the issuer's name in capitals",
        ("unknown-issuer", "accepted"),
        |mut it| {
            it.issuer = Some(capitals);
            it
        },
    )
}

fn odd(corpus: &mut Corpus) -> Result<()> {
    corpus.named(
        "an international name",
        ("accepted", "HOSTNAME_MISMATCH"),
        &[dns("xn--bcher-kva.example")],
        "bücher.example",
    )?;
    corpus.named(
        "an international name as ASCII",
        BOTH,
        &[dns("xn--bcher-kva.example")],
        "xn--bcher-kva.example",
    )?;
    corpus.named(
        "a name in UTF-8",
        MISMATCH,
        &[dns("bücher.example")],
        "xn--bcher-kva.example",
    )?;
    corpus.named(
        "a name in UTF-8 beside a good one",
        BOTH,
        &[dns("bücher.example"), dns(NAME)],
        NAME,
    )?;
    corpus.named(
        "a NUL in the name",
        MISMATCH,
        &[dns("a.example\0.evil.test")],
        NAME,
    )?;
    corpus.named(
        "a NUL in the name beside a good one",
        BOTH,
        &[dns("a.example\0.evil.test"), dns(NAME)],
        NAME,
    )?;
    corpus.edited("a NUL in the common name", MISMATCH, |mut it| {
        it.subject = common_name("a.example\0.evil.test");
        it.without(&alt_names(&[]))
    })?;
    corpus.named("a dot at the end", MISMATCH, &[dns("a.example.")], NAME)?;
    corpus.named(
        "a dot at the end asked for",
        ("accepted", "HOSTNAME_MISMATCH"),
        &[dns(NAME)],
        "a.example.",
    )?;
    corpus.named("a dot in front", MISMATCH, &[dns(".example")], NAME)?;
    corpus.named("an empty name", MISMATCH, &[dns("")], NAME)?;
    corpus.named("a blank in front", MISMATCH, &[dns(" a.example")], NAME)?;
    corpus.named(
        "a name as URI",
        MISMATCH,
        &[uri("https://a.example/")],
        NAME,
    )?;
    corpus.named("a name as mail address", MISMATCH, &[mail(NAME)], NAME)?;
    corpus.named(
        "a name as directory name",
        MISMATCH,
        &[directory(&common_name(NAME))],
        NAME,
    )?;
    let escape = dns("\u{1b}[2J.example");
    corpus.named("a name that clears the screen", MISMATCH, &[escape], NAME)?;
    let rubbish = alt_names(&[]).with_value(b"rubbish");
    corpus.edited(
        "rubbish for alternative names",
        ("malformed", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        |it| it.with(rubbish),
    )
}

fn long(corpus: &mut Corpus) -> Result<()> {
    let label = |length| "x".repeat(length);
    let longest = format!("{}.example", label(63));
    corpus.named("a label of 63 characters", BOTH, &[dns(&longest)], &longest)?;
    let longer = format!("{}.example", label(64));
    let no_name = ("invalid-argument", "accepted");
    corpus.named(
        "a label of 64 characters",
        no_name,
        &[dns(&longer)],
        &longer,
    )?;
    corpus.named(
        "a label of 64 characters beside a good name",
        BOTH,
        &[dns(&longer), dns(NAME)],
        NAME,
    )?;
    let long = format!("{}example", format!("{}.", label(48)).repeat(6));
    corpus.named("a name of 301 characters", no_name, &[dns(&long)], &long)?;
    corpus.named(
        "a name of 301 characters beside a good one",
        BOTH,
        &[dns(&long), dns(NAME)],
        NAME,
    )?;
    let many: Vec<_> = (0..1000)
        .map(|number| dns(format!("{number}.example")))
        .collect();
    corpus.named("a thousand names", BOTH, &many, "999.example")?;
    corpus.named("not one of a thousand names", MISMATCH, &many, NAME)
}
