"""A selector that asks WASI less, and waits less: an answer that is there may be had by trying."""

from __future__ import annotations

import select
import selectors
from asyncio.events import Handle
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey
from typing import Any

from . import transports

# How often in a row the sockets are not asked while there is something else to do: of a program that waits for the answers of
# others, and of one that might be talking to itself, whose turns can be counted.
_SKIPS, _FEWER_SKIPS = 3, 1
# How often to try before waiting, at most: to sleep, and to be woken by the host's other thread, takes longer than a few calls.
_TRIES = 48
# After so many waits it is tried again whether trying helps: where the peer needs this processor, it does not.
_AGAIN = 128
# Of so many sockets; a call takes longer with each.
_FEW = 4

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
        self._tries, self._waits = _TRIES, 0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            # Before each turn, also if callbacks are waiting, asyncio asks; which takes its time in WASI.
            if self.skipped < self.skips or not self._fd_to_key:
                self.skipped += 1
                return []
            self.skipped = 0
            return super().select(0)
        self.skipped = 0
        return self._tried() or super().select(timeout)

    def _tried(self) -> list[tuple[SelectorKey, int]]:
        keys, found = self._fd_to_key, []
        transport, used = None, 0
        if len(keys) == 1:
            (key,) = keys.values()
            if key.events == EVENT_READ:
                transport = transports.reading(key.data, key.fd)
        if transport is not None:
            # Once in any case: WASI calls a socket ready until a read has found nothing.
            if used := transports.read_ahead(transport, self._tries or 1):
                found = [(key, EVENT_READ)]
        elif 0 < len(keys) <= _FEW:
            for used in range(1, self._tries + 1):
                if found := super().select(0):
                    break
        self._learn(used if found else 0)
        return found

    def _learn(self, used: int) -> None:
        """How long it is to be tried the next time, after it took so many, or was in vain."""
        if used > 1:
            self._tries = min(2 * used + 2, _TRIES)
        elif not used:
            self._waits += 1
            self._tries = self._tries >> 1 if self._waits % _AGAIN else _TRIES

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        self.skips = _FEWER_SKIPS
        return super().register(fileobj, events, data)

    # What the loop does to a descriptor, in one step.

    def add(self, fd: int, event: int, handle: Handle) -> None:
        """Has `handle` run when there is `event`, instead of the one before."""
        if event == EVENT_READ and not transports.is_stream(handle):
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
