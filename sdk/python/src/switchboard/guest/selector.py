"""A selector that asks WASI less, and waits less: an answer that is there may be had by trying."""

from __future__ import annotations

import select
import selectors
import time
from asyncio.events import Handle
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

from . import transports

# How often in a row the sockets are not asked while there is something else to do: of a program that waits for the answers of
# others, and of one that might be talking to itself, whose turns can be counted.
_SKIPS, _FEWER_SKIPS = 3, 1
# How often to try before waiting: to sleep, and to be woken by the host's other thread, takes longer than a few calls.
_TRIES = 8
# Of so many sockets; a call takes longer with each.
_FEW = 4
# An answer that came within this time, in seconds, was worth trying for.
_SOON = 0.000_2

_POLLED = {
    EVENT_READ: select.POLLIN,
    EVENT_WRITE: select.POLLOUT,
    EVENT_READ | EVENT_WRITE: select.POLLIN | select.POLLOUT,
}
_key = tuple.__new__


class Selector(selectors.PollSelector):
    """`selectors.PollSelector` for the event loop, whose handles are what it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.skips = _SKIPS
        self.skipped = 0
        self._tries = _TRIES

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            # Before each turn, also if callbacks are waiting, asyncio asks; which takes its time in WASI.
            if self.skipped < self.skips or not self._fd_to_key:
                self.skipped += 1
                return []
            self.skipped = 0
            return super().select(0)
        self.skipped = 0
        return self._tried() or self._waited(timeout)

    def _tried(self) -> list[tuple[SelectorKey, int]]:
        keys = self._fd_to_key
        if len(keys) == 1:
            (key,) = keys.values()
            if key.events == EVENT_READ and (transport := transports.reading(key.data)) is not None:
                # Once in any case: WASI calls a socket ready until a read has found nothing.
                return [(key, EVENT_READ)] if transports.read_ahead(transport, self._tries or 1) else []
        if 0 < len(keys) <= _FEW:
            for _ in range(self._tries):
                if found := super().select(0):
                    return found
        return []

    def _waited(self, timeout: float | None) -> list[tuple[SelectorKey, int]]:
        begun = time.monotonic()
        found = super().select(timeout)
        self._tries = _TRIES if time.monotonic() - begun < _SOON else self._tries >> 1
        return found

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        self.skips = _FEWER_SKIPS
        return super().register(fileobj, events, data)

    # What the loop does to a descriptor, in one step.

    def add(self, fd: int, event: int, handle: Handle) -> None:
        """Has `handle` run when there is `event`, instead of the one before."""
        if event == EVENT_READ and not transports.is_one(handle):
            self.skips = _FEWER_SKIPS
        key = self._fd_to_key.get(fd)
        if key is None:
            self._keep(fd, fd, event, (handle, None) if event == EVENT_READ else (None, handle))
            return
        reader, writer = key.data
        before, data = (reader, (handle, writer)) if event == EVENT_READ else (writer, (reader, handle))
        self._keep(key.fileobj, fd, key.events | event, data)
        if before is not None:
            before.cancel()

    def remove(self, fd: int, event: int) -> bool:
        """Ends that; says whether there was any."""
        key = self._fd_to_key.get(fd)
        if key is None:
            return False
        events = key.events & ~event
        reader, writer = key.data
        handle, data = (reader, (None, writer)) if event == EVENT_READ else (writer, (reader, None))
        if events:
            self._keep(key.fileobj, fd, events, data)
        else:
            del self._fd_to_key[fd]
            self._selector.unregister(fd)
        if handle is None:
            return False
        handle.cancel()
        return True

    def _keep(self, fileobj: Any, fd: int, events: int, data: Any) -> None:
        self._fd_to_key[fd] = _key(SelectorKey, (fileobj, fd, events, data))
        self._selector.register(fd, _POLLED[events])
