//! From when until when.

use crate::corpus::{BOTH, Corpus, Verdicts};
use anyhow::Result;
use switchboard_tests::corpus::fields::{Time, generalized, utc};

pub(crate) fn add(corpus: &mut Corpus) -> Result<()> {
    let (past, later) = (utc("200101000000Z"), utc("491231235959Z"));
    let mut valid = |name, verdicts: Verdicts, from: Time, until: Time| {
        corpus.edited(name, verdicts, |mut it| {
            (it.not_before, it.not_after) = (from, until);
            it
        })
    };
    let expired = ("expired", "CERT_HAS_EXPIRED");
    let not_yet = ("not-yet-valid", "CERT_NOT_YET_VALID");
    valid("expired", expired, past, utc("210101000000Z"))?;
    valid("not yet valid", not_yet, utc("480101000000Z"), later)?;
    valid(
        "the end before the beginning, both past",
        ("rejected", "CERT_HAS_EXPIRED"),
        utc("210101000000Z"),
        past,
    )?;
    valid(
        "the end before the beginning, both to come",
        ("rejected", "CERT_NOT_YET_VALID"),
        later,
        utc("480101000000Z"),
    )?;
    let from_1950 = utc("500101000000Z");
    valid("from 1950 on", ("malformed", "accepted"), from_1950, later)?;
    valid(
        "until 1950",
        ("malformed", "CERT_HAS_EXPIRED"),
        from_1950,
        from_1950,
    )?;
    let end = generalized("99991231235959Z");
    valid("without an end (RFC 5280, 4.1.2.5)", BOTH, past, end)?;
    let year_zero = generalized("00000101000000Z");
    valid(
        "from the year 0 on",
        ("malformed", "accepted"),
        year_zero,
        end,
    )?;
    let early = (
        generalized("20200101000000Z"),
        generalized("20491231235959Z"),
    );
    valid("GeneralizedTime before 2050", BOTH, early.0, early.1)?;
    let bad_end = ("malformed", "ERROR_IN_CERT_NOT_AFTER_FIELD");
    valid("a time without seconds", bad_end, past, utc("4912312359Z"))?;
    valid(
        "a time with an offset",
        bad_end,
        past,
        utc("491231235959+0000"),
    )?;
    valid(
        "a time with fractions of a second",
        bad_end,
        past,
        generalized("20491231235959.5Z"),
    )?;
    valid("a time without Z", bad_end, past, utc("491231235959"))?;
    valid("the 30th of February", bad_end, past, utc("490230000000Z"))?;
    valid("the 13th month", bad_end, past, utc("491301000000Z"))?;
    valid("the 61st second", bad_end, past, utc("491231235960Z"))?;
    valid(
        "no digits for a time",
        bad_end,
        past,
        utc("once upon a time"),
    )
}
