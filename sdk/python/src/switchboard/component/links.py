"""What stands behind a socket that does not block: a connection or an endpoint of `switchboard:connect`."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

from .addresses import Address
from .failures import numbered

READ, WRITE = 1, 2
# How much is kept of what is on its way: what a system's own socket would have taken.
WINDOW = 256 * 1024
# How long what a closed socket had taken may take to be sent. A system's own sockets have no limit.
LINGER = 30


def would_block() -> BlockingIOError:
    """As a socket says that it has nothing, or takes nothing."""
    return BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def in_progress() -> BlockingIOError:
    """As a socket says that it is connecting."""
    return BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))


def os_error(number: int) -> OSError:
    """As the system's functions fail."""
    return numbered(number)


class Link:
    """One of them."""

    def __init__(self, sock: socket.socket, asked: dict[tuple[int, int], Any], local: Address | None) -> None:
        self.family = sock.family
        self.fd = sock.fileno()
        self.local = local
        self.closed = False
        self._asked = asked
        self._error: OSError | None = None
        self._late: asyncio.TimerHandle | None = None
        self._attempt: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self.wanted = 0
        """What the selector is asked to wait for."""
        self.hot: set[int] = set()
        """Where it is told that something may be ready now."""

    def changed(self, what: int) -> None:
        """It may be: to read, to write, or both."""
        if self.wanted & what:
            self.hot.add(self.fd)

    def readable(self) -> bool:
        """Whether to read would not block; what there is to read is asked for by this."""
        raise NotImplementedError

    def writable(self) -> bool:
        """Whether to write would not block."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes."""
        raise NotImplementedError

    async def opened(self) -> None:
        """Waits until it is open, or raises why it is not."""
        if self._attempt is None:
            error, self._error = self._error, None
            if error is not None:
                raise error
            return
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def tell(self, error: OSError | None) -> None:
        """It is, or is not."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            if error is None:
                waiter.set_result(None)
            else:
                self._error = None
                waiter.set_exception(error)

    def take_error(self) -> int:
        """As the option `SO_ERROR`."""
        error, self._error = self._error, None
        return 0 if error is None else error.errno or errno.EIO

    def linger(self, give_up: Callable[[], None]) -> None:
        """It is closed and still sends, for so long."""
        loop: Any = asyncio.get_running_loop()
        loop.lingering.add(self)
        self._late = loop.call_later(LINGER, give_up)

    def lingered(self) -> None:
        """It does no more."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
            loop: Any = asyncio.get_running_loop()
            loop.gone(self)
