"""Which of the certificates that were loaded are trusted: those that OpenSSL would stop at (`X509_verify_cert`)."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timezone

from . import certificate


def anchors(loaded: Collection[bytes], *, partial: bool, others: bool) -> list[bytes]:
    """Those that count today and, without `VERIFY_X509_PARTIAL_CHAIN`, lead to one that has issued itself; with `others`, maybe to
    one of those that are built in.
    """
    now = datetime.now(timezone.utc)
    good = [each for each, (since, until) in _periods(loaded) if since <= now <= until]
    # A root may be there a second time, as another one has signed it.
    issuers: dict[bytes, set[bytes]] = {}
    for each in good:
        issuers.setdefault(certificate.subject(each), set()).add(certificate.issuer(each))

    def leads_to_a_root(name: bytes) -> bool:
        seen: set[bytes] = set()
        ahead = {name}
        while ahead:
            name = ahead.pop()
            seen.add(name)
            found = issuers.get(name, set())
            if name in found or others and not found:
                return True
            ahead |= found - seen
        return False

    return [each for each in good if partial or leads_to_a_root(certificate.subject(each))]


def unchanged_until(loaded: Iterable[bytes]) -> datetime | None:
    """When the next of these begins to count, or ends, if one does."""
    now = datetime.now(timezone.utc)
    return min((moment for _, period in _periods(loaded) for moment in period if moment >= now), default=None)


def _periods(loaded: Iterable[bytes]) -> Iterator[tuple[bytes, tuple[datetime, datetime]]]:
    """Each with its dates. One whose dates cannot be read is passed over: it counts never, and the others do."""
    for each in loaded:
        with contextlib.suppress(ValueError):
            yield each, certificate.period(each)
