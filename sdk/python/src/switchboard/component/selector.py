"""A selector that never waits: it tells which sockets of the loop are ready, and is told when that may have changed."""

from __future__ import annotations

import selectors
from typing import Any

from . import sockets
from .links import Link


class Selector(selectors._BaseSelectorImpl):  # type: ignore[misc,name-defined]
    """Of sockets that do not block."""

    def __init__(self) -> None:
        super().__init__()
        self.hot: set[int] = set()
        """Those that may be ready."""

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        link = sockets.by_fd.get(self._fileobj_lookup(fileobj))
        if link is None:
            raise NotImplementedError(
                f"{fileobj!r} cannot be waited for on the component model: it is no socket that was connected by loop.sock_connect"
            )
        key = super().register(fileobj, events, data)
        link.changed = lambda: self.hot.add(link.fd)
        self.hot.add(key.fd)
        return key  # type: ignore[no-any-return]

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().modify(fileobj, events, data)
        self.hot.add(key.fd)
        return key  # type: ignore[no-any-return]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = []
        for fd in sorted(self.hot):
            key, link = self._fd_to_key.get(fd), sockets.by_fd.get(fd)
            mask = 0 if key is None or link is None else _ready(link, key.events)
            if mask:
                ready.append((key, mask))
            else:
                self.hot.discard(fd)
        return ready


def _ready(link: Link, events: int) -> int:
    mask = 0
    if events & selectors.EVENT_READ and link.readable():  # type: ignore[attr-defined]
        mask |= selectors.EVENT_READ
    if events & selectors.EVENT_WRITE and link.writable():  # type: ignore[attr-defined]
        mask |= selectors.EVENT_WRITE
    return mask
