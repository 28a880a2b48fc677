"""asyncio's own event loop, without what a component has not: threads and signals.

CPython's selector loop runs over the sockets of WASI 0.2 as it is, but for the functions that would start a thread: they do
their work at once, and while it lasts nothing else goes on. That is name lookup first of all.
"""

from __future__ import annotations

import asyncio
import asyncio.events
import asyncio.unix_events
import selectors
from collections.abc import Callable
from typing import Any

from . import connecting, transports
from .selector import Selector


class SelectorEventLoop(connecting.Connecting):
    """`asyncio.SelectorEventLoop` in a component."""

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector or Selector())

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


def use() -> None:
    """Makes it the loop of `asyncio.run`, `asyncio.Runner` and `asyncio.new_event_loop`."""
    transports.use()
    connecting.use()
    asyncio.events._event_loop_policy = _Policy()
    asyncio.SelectorEventLoop = asyncio.EventLoop = asyncio.unix_events.SelectorEventLoop = SelectorEventLoop
