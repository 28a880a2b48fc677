"""Which of the certificates that were loaded are trusted: those that OpenSSL would stop at (`X509_verify_cert`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone

from . import certificate


def anchors(loaded: Collection[bytes], *, partial: bool, others: bool) -> list[bytes]:
    """Those that count today and, without `VERIFY_X509_PARTIAL_CHAIN`, lead to one that has issued itself; with `others`, maybe to
    one of those that are built in.
    """
    issuers = {certificate.subject(each): certificate.issuer(each) for each in loaded}
    now = datetime.now(timezone.utc)

    def leads_to_a_root(name: bytes) -> bool:
        seen: set[bytes] = set()
        while name not in seen:
            seen.add(name)
            issuer = issuers.get(name)
            if issuer is None:
                return others
            if issuer == name:
                return True
            name = issuer
        return False

    found = []
    for each in loaded:
        since, until = certificate.period(each)
        if since <= now <= until and (partial or leads_to_a_root(certificate.subject(each))):
            found.append(each)
    return found
