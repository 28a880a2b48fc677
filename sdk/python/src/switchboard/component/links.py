"""What stands behind a socket that does not block: a connection or an endpoint of `switchboard:connect`."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

from .values import Address, numbered

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
        self.changed: Callable[[], None] = lambda: None
        """Tells the selector that something may be ready now."""

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
