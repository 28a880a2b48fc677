"""OpenSSL's language for cipher suites chooses what OpenSSL chooses, of those that there are."""

from __future__ import annotations

import ssl

import pytest
from switchboard.tls import ciphers

_WORDS = [
    "DEFAULT", "ALL", "HIGH", "ECDHE+AESGCM", "ECDHE+AES256", "ECDHE+CHACHA20:ECDHE+AES128", "ALL:!aRSA", "ALL:!ECDSA", "AESGCM:-AES128",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256", "AES256:!kRSA:!DHE:!PSK",
    "HIGH:!aNULL:!MD5", "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM", "@SECLEVEL=2:ECDHE+CHACHA20",
    "ALL:!AES:AES128", "CHACHA20", "DEFAULT@SECLEVEL=1", "ECDHE@STRENGTH", "ALL:!COMPLEMENTOFALL", "HIGH:!SHA1:!SHA256:!SHA384",
    "ECDHE+AESGCM:!SHA384",
]  # fmt: skip


@pytest.mark.parametrize("words", _WORDS)
def test_the_same_as_openssl(words: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers(words)
    ours = {suite.name for suite in ciphers.SUITES if not suite.tls13}
    theirs = {cipher["name"] for cipher in context.get_ciphers()} & ours
    assert {suite.name for suite in ciphers.choose(words)} == theirs


@pytest.mark.parametrize("words", ["", "NOTHING", "RC4-SHA", "AES128-SHA", "!ALL", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
def test_none(words: str) -> None:
    assert ciphers.choose(words) == ()


def test_the_order_is_that_of_the_words() -> None:
    first = ciphers.choose("ECDHE+AES256:ECDHE+CHACHA20")
    assert [suite.bits for suite in first] == [256] * 4 and "AES256" in first[0].name and "CHACHA20" in first[-1].name
    moved = ciphers.choose("ALL:+CHACHA20")
    assert "CHACHA20" in moved[-1].name and len(moved) == 6


def test_they_are_described_as_python_does() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL")
    theirs = {cipher["name"]: cipher for cipher in context.get_ciphers()}
    for suite in ciphers.SUITES:
        told, ours = theirs[suite.name], suite.described()
        left_out = {"description", "symmetric"}
        assert {key: value for key, value in ours.items() if key not in left_out} == {
            key: value for key, value in told.items() if key not in left_out
        }
