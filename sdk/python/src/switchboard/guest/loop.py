"""asyncio's own event loop, without what a component has not: threads and signals.

CPython's selector loop runs over the sockets of WASI 0.2 as it is, but for the functions that would start a thread: they do
their work at once, and while it lasts nothing else goes on. That is name lookup first of all.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.selector_events
import asyncio.unix_events
import itertools
import socket
from collections.abc import Callable
from typing import Any


_PIECES = 64


class SelectorEventLoop(asyncio.unix_events._UnixSelectorEventLoop):  # type: ignore[misc,name-defined]
    """`asyncio.SelectorEventLoop` in a component."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Calls the function before it returns: there are no threads. An executor that is given may have its own way."""
        self._check_closed()
        if self._debug:
            self._check_callback(func, "run_in_executor")
        if executor is not None and not _is_thread_pool(executor):
            return asyncio.wrap_future(executor.submit(func, *args), loop=self)
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """There is none."""
        self._executor_shutdown_called = True

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        """There are no signals, which programs know from Windows."""
        raise NotImplementedError("a component gets no signals")

    def remove_signal_handler(self, sig: int) -> bool:
        """There are none."""
        return False

    # Nobody else could wake the loop: no other thread, no signal.
    def _make_self_pipe(self) -> None:
        self._internal_fds += 1
        self._ssock = self._csock = None

    def _close_self_pipe(self) -> None:
        self._internal_fds -= 1

    def _write_to_self(self) -> None:
        pass


def _write_send(self: Any) -> None:
    """`_SelectorSocketTransport._write_send` without a fault: CPython's forgets what a socket did not take after all.

    On Linux it is not used. Here a socket may be called ready to be written to and then take nothing.
    """
    assert self._buffer, "Data should not be empty"
    if self._conn_lost:
        return
    # Together, as where there is sendmsg: a second write may wait until the peer has acknowledged the first.
    pieces = list(itertools.islice(self._buffer, _PIECES))
    try:
        sent = self._sock.send(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        self._adjust_leftover_buffer(sent)
        while self._buffer and not self._buffer[0]:
            self._buffer.popleft()
    except (BlockingIOError, InterruptedError):
        return
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        self._loop._remove_writer(self._sock_fd)
        self._buffer.clear()
        self._fatal_error(error, "Fatal write error on socket transport")
        if self._empty_waiter is not None:
            self._empty_waiter.set_exception(error)
        return
    self._maybe_resume_protocol()
    if not self._buffer:
        self._loop._remove_writer(self._sock_fd)
        if self._empty_waiter is not None:
            self._empty_waiter.set_result(None)
        if self._closing:
            self._call_connection_lost(None)
        elif self._eof:
            self._sock.shutdown(socket.SHUT_WR)


_cpythons_writelines = asyncio.selector_events._SelectorSocketTransport.writelines  # type: ignore[attr-defined]


def _writelines(self: Any, list_of_data: Any) -> None:
    """`writelines` as it is since CPython 3.14.1: empty pieces are skipped, and after the end all of it, as by `write`."""
    pieces = [data for data in list_of_data if memoryview(data).nbytes]
    if self._conn_lost and not self._eof:
        for _ in pieces[:1]:
            self.write(b"".join(pieces))
        return
    _cpythons_writelines(self, pieces)


def _is_thread_pool(executor: object) -> bool:
    from concurrent.futures import ThreadPoolExecutor

    return isinstance(executor, ThreadPoolExecutor)


class _Policy(asyncio.events._AbstractEventLoopPolicy if hasattr(asyncio.events, "_AbstractEventLoopPolicy") else object):  # type: ignore[misc]
    """Makes that loop whoever asks for one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("There is no current event loop in thread 'MainThread'.")
        return self._loop

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        if loop is not None and not isinstance(loop, asyncio.AbstractEventLoop):
            raise TypeError(f"loop must be an instance of AbstractEventLoop or None, not '{type(loop).__name__}'")
        self._loop = loop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return SelectorEventLoop()


def mend() -> None:
    """Puts right what is wrong in CPython's transports."""
    transport = asyncio.selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
    transport._write_send, transport.writelines = _write_send, _writelines


def use() -> None:
    """Makes it the loop of `asyncio.run`, `asyncio.Runner` and `asyncio.new_event_loop`."""
    mend()
    asyncio.events._event_loop_policy = _Policy()
    asyncio.SelectorEventLoop = asyncio.EventLoop = asyncio.unix_events.SelectorEventLoop = SelectorEventLoop
