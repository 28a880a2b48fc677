"""A turn of asyncio's loop in less Python, which takes twice its native time in a component.

All is as in CPython's `BaseEventLoop` and `BaseSelectorEventLoop`, callbacks and their order first of all; what they have for the
debug mode, or for a selector of another's, is left to them.
"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import asyncio.events
import asyncio.unix_events
import contextvars
import heapq
import socket
from asyncio import format_helpers
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from .selector import Selector

_FEW_TIMERS = asyncio.base_events._MIN_SCHEDULED_TIMER_HANDLES  # type: ignore[attr-defined]
_LONGEST = asyncio.base_events.MAXIMUM_SELECT_TIMEOUT  # type: ignore[attr-defined]


class Handle(asyncio.events.Handle):
    """Of a loop that is not in debug mode."""

    __slots__ = ()

    def __init__(self, callback: Any, args: Any, loop: Any, context: contextvars.Context | None = None) -> None:
        self._context = contextvars.copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


_PLAIN = (Handle, asyncio.events.Handle, asyncio.events.TimerHandle)
_run = asyncio.events.Handle._run


def _without_ours(handle: Any, frame: int) -> Any:
    """The handle of the debug mode, whose traceback is of the program and of CPython alone."""
    if handle._source_traceback:
        del handle._source_traceback[frame]
    return handle


class Turns(asyncio.unix_events._UnixSelectorEventLoop):  # type: ignore[misc,name-defined]
    """The loop, as far as it runs callbacks and watches descriptors."""

    def call_soon(self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None) -> asyncio.Handle:
        if self._debug or self._closed:
            return _without_ours(super().call_soon(callback, *args, context=context), -1)
        handle = Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        selector, ready, scheduled = self._selector, self._ready, self._scheduled
        if self._debug or type(selector) is not Selector or len(scheduled) > _FEW_TIMERS:
            # The first is the earliest, even if it is cancelled.
            if type(selector) is Selector and (self._stopping or scheduled and scheduled[0]._when < self.time() + self._clock_resolution):
                selector.skipped = selector.skips
            super()._run_once()
            return
        while scheduled and scheduled[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(scheduled)._scheduled = False
        now = self.time() if scheduled else 0.0
        # What has come on the sockets has its turn before timers that are due; and a loop that is stopped before it runs asks once.
        if self._stopping or scheduled and scheduled[0]._when < now + self._clock_resolution:
            selector.skipped = selector.skips
        if (ready or self._stopping) and selector.skipped < selector.skips:
            selector.skipped += 1
        else:
            timeout = 0 if ready or self._stopping else min(scheduled[0]._when - now, _LONGEST) if scheduled else None
            if found := selector.select(timeout):
                self._process_events(found)
            # As in CPython's: what it refers to may go.
            found = None
            now = self.time() if scheduled else 0.0
        if scheduled:
            end = now + self._clock_resolution
            while scheduled and scheduled[0]._when < end:
                handle = heapq.heappop(scheduled)
                handle._scheduled = False
                ready.append(handle)
        # Whoever counts or times callbacks puts a function of his own there.
        plain = _PLAIN if asyncio.events.Handle._run is _run else ()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            if type(handle) not in plain:
                handle._run()
                continue
            try:
                handle._context.run(handle._callback, *handle._args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._failed(handle, error)
        handle = None

    def _failed(self, handle: Any, error: BaseException) -> None:
        """As in `Handle._run`."""
        callback = format_helpers._format_callback_source(handle._callback, handle._args)
        context = {"message": f"Exception in callback {callback}", "exception": error, "handle": handle}
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)

    def _ensure_fd_no_transport(self, fd: Any) -> None:
        number = fd if type(fd) is int else fd.fileno() if type(fd) is socket.socket else None
        if number is None or number in self._transports.data:
            super()._ensure_fd_no_transport(fd)

    def _add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        return self._watch(fd, EVENT_READ, callback, args) or _without_ours(super()._add_reader(fd, callback, *args), -2)

    def _add_writer(self, fd: Any, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        return self._watch(fd, EVENT_WRITE, callback, args) or _without_ours(super()._add_writer(fd, callback, *args), -2)

    def _watch(self, fd: Any, event: int, callback: Callable[..., object], args: Any) -> asyncio.Handle | None:
        if self._debug or self._closed or type(fd) is not int or fd < 0 or type(self._selector) is not Selector:
            return None
        handle = Handle(callback, args, self)
        self._selector.add(fd, event, handle)
        return handle

    def _remove_reader(self, fd: Any) -> bool:
        if type(fd) is not int or fd < 0 or type(self._selector) is not Selector:
            return super()._remove_reader(fd)
        return self._selector.remove(fd, EVENT_READ)

    def _remove_writer(self, fd: Any) -> bool:
        if type(fd) is not int or fd < 0 or type(self._selector) is not Selector:
            return super()._remove_writer(fd)
        return self._selector.remove(fd, EVENT_WRITE)
