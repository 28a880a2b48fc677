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
