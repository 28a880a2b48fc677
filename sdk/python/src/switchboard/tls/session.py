"""`ssl.SSLSession`."""

from __future__ import annotations

import time
from typing import Any


class SSLSession:
    """A session that was agreed on.

    The engine remembers sessions itself, by server and context, and resumes them without being asked; this tells of
    one, and may be given back to where it would be resumed anyway.
    """

    __module__ = "ssl"

    def __init__(self, context: Any, identifier: bytes, has_ticket: bool) -> None:
        self._context = context
        self._identifier = identifier
        self._has_ticket = has_ticket
        self._time = int(time.time())

    @property
    def id(self) -> bytes:
        """Tells it from others."""
        return self._identifier

    @property
    def time(self) -> int:
        """When it began, in seconds since 1970."""
        return self._time

    @property
    def timeout(self) -> int:
        """How many seconds it may be resumed for."""
        return 7200

    @property
    def has_ticket(self) -> bool:
        """Whether the server may have sent a ticket."""
        return self._has_ticket

    @property
    def ticket_lifetime_hint(self) -> int:
        """As `timeout`, if there is a ticket."""
        return self.timeout if self._has_ticket else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SSLSession) and other._identifier == self._identifier

    def __hash__(self) -> int:
        return hash(self._identifier)
