"""A selector that never waits: it tells which sockets of the loop are ready, and is told when that may have changed."""

from __future__ import annotations

import selectors
from typing import Any

from . import sockets
from .links import READ, WRITE


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
        link.hot, link.wanted = self.hot, events
        self.hot.add(key.fd)
        return key  # type: ignore[no-any-return]

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().modify(fileobj, events, data)
        link = sockets.by_fd.get(key.fd)
        if link is not None:
            link.wanted = events
            self.hot.add(key.fd)
        return key  # type: ignore[no-any-return]

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = super().unregister(fileobj)
        link = sockets.by_fd.get(key.fd)
        if link is not None:
            link.wanted = 0
        return key  # type: ignore[no-any-return]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = []
        for fd in sorted(self.hot) if len(self.hot) > 1 else tuple(self.hot):
            link = sockets.by_fd.get(fd)
            mask = 0
            if link is not None:
                if link.wanted & READ and link.readable():
                    mask = READ
                if link.wanted & WRITE and link.writable():
                    mask |= WRITE
            if mask:
                ready.append((self._fd_to_key[fd], mask))
            else:
                self.hot.discard(fd)
        return ready
