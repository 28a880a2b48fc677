"""Whom of those that were loaded OpenSSL would trust by themselves."""

from __future__ import annotations

from pathlib import Path

from pki import Authority
from switchboard.tls import certificate, trust


def test_who_counts(tmp_path: Path) -> None:
    authority, past = Authority(tmp_path), Authority(tmp_path, "past", until="20210101000000Z")
    leaf = authority.issue("DNS:localhost")
    early = authority.issue("DNS:localhost", since="20400101000000Z")
    root, issued, later, old = (certificate.certificates(path.read_bytes())[0] for path in (authority.cert, leaf.cert, early.cert, past.cert))
    assert trust.anchors([root, old, later], partial=True, others=False) == [root]
    assert trust.anchors([issued], partial=False, others=False) == []
    assert trust.anchors([issued], partial=True, others=False) == [issued]
    # What leads to a root is known to be good, and that root may be one of those that are built in.
    assert trust.anchors([issued, root], partial=False, others=False) == [issued, root]
    assert trust.anchors([issued], partial=False, others=True) == [issued]


def test_a_root_that_another_has_signed_too(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    leaf, crossed = authority.issue("DNS:localhost"), other.cross_sign(authority)
    root, issued, again = (certificate.certificates(path.read_bytes())[0] for path in (authority.cert, leaf.cert, crossed))
    assert certificate.subject(again) == certificate.subject(root) and certificate.issuer(again) != certificate.issuer(root)
    for loaded in ([root, again, issued], [issued, again, root]):
        assert trust.anchors(loaded, partial=False, others=False) == loaded
    assert trust.anchors([again, issued], partial=False, others=False) == []


def test_what_does_not_count(tmp_path: Path) -> None:
    """A root that has expired has nothing lead to it, and dates that cannot be read are of that one alone."""
    authority, past = Authority(tmp_path), Authority(tmp_path, "past", until="20210101000000Z")
    leaf = past.issue("DNS:localhost")
    root, old, issued = (certificate.certificates(path.read_bytes())[0] for path in (authority.cert, past.cert, leaf.cert))
    assert trust.anchors([issued, old], partial=False, others=False) == []
    bad = issued.replace(b"491231235959Z", b"491331235959Z")
    assert bad != issued and trust.anchors([bad, root], partial=True, others=False) == [root]
    later = certificate.certificates(authority.issue("DNS:localhost", since="20400101000000Z").cert.read_bytes())[0]
    assert trust.unchanged_until([later, old, bad, root]) == certificate.period(root)[1]
    assert trust.unchanged_until([later, old]) == certificate.period(later)[0]
    assert trust.unchanged_until([old]) is None
