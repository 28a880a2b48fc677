"""What a connection's ciphertext goes through: a socket, or a pair of `MemoryBIO`."""

from __future__ import annotations

import _socket
import time
import weakref
from typing import Any, Protocol

from . import constants as c
from .bio import MemoryBIO
from .errors import SSLError, error, want_read, want_write

_HEADER = 5
_TYPES = range(20, 25)


class Wire(Protocol):
    """Moves ciphertext."""

    takes_all: bool
    """Whether it takes whatever it is sent, at once."""

    def begin(self, operation: str) -> None:
        """An operation of this name begins, which a timeout may end."""

    def receive(self) -> bytes:
        """What has come; none at the end. Raises `SSLWantReadError` where it would have to wait and must not."""

    def send(self, data: bytes) -> int:
        """Sends some of it, and says how much. Raises `SSLWantWriteError` as above."""

    def outside(self) -> Any:
        """The socket, if it is one."""


class _Records:
    """Takes a record at a time, as OpenSSL does: what follows the last one is not TLS, and not ours to take.

    Nor is what a program waits for by `select`, which sees only what was left.
    """

    _header = b""
    _left = 0

    def _take(self, count: int) -> bytes:
        """At most so many bytes, as `Wire.receive`."""
        raise NotImplementedError

    def receive(self) -> bytes:
        """A record, or what there is of it."""
        if self._left:
            return self._body()
        data = self._take(_HEADER - len(self._header))
        self._header += data
        if not data or self._header[0] not in _TYPES or len(self._header) < _HEADER:
            # Of what is no record the engine says so.
            return data
        self._left, self._header = int.from_bytes(self._header[3:], "big"), b""
        try:
            return data + self._body() if self._left else data
        except (SSLError, TimeoutError):
            return data

    def _body(self) -> bytes:
        data = self._take(self._left)
        self._left -= len(data)
        return data


class Memory(_Records):
    """A pair of buffers, moved by whoever made them."""

    takes_all = True

    def __init__(self, incoming: MemoryBIO, outgoing: MemoryBIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def begin(self, operation: str) -> None:
        pass

    def _take(self, count: int) -> bytes:
        data = self._incoming.read(count)
        if not data and not self._incoming.eof:
            raise want_read()
        return data

    def send(self, data: bytes) -> int:
        return self._outgoing.write(data)

    def outside(self) -> None:
        return None


class Socket(_Records):
    """A socket, blocking or not, with its timeout."""

    takes_all = False

    def __init__(self, sock: _socket.socket) -> None:
        # It holds the connection, which must not hold it.
        self._sock = weakref.ref(sock)
        self._operation = "handshake"
        self._deadline: float | None = None

    def _alive(self) -> _socket.socket:
        sock = self._sock()
        if sock is None:
            raise error(SSLError, c.SSL_ERROR_SSL, "Underlying socket connection gone", library=None)
        return sock

    def begin(self, operation: str) -> None:
        timeout = _socket.socket.gettimeout(self._alive())
        self._operation = operation
        self._deadline = time.monotonic() + timeout if timeout else None

    def _take(self, count: int) -> bytes:
        try:
            return self._within(_socket.socket.recv, count)
        except BlockingIOError:
            raise want_read() from None

    def send(self, data: bytes) -> int:
        try:
            return self._within(_socket.socket.send, data)
        except BlockingIOError:
            raise want_write() from None

    def _within(self, method: Any, argument: Any) -> Any:
        """Calls a method of the socket with what is left of the timeout."""
        sock = self._alive()
        timeout = _socket.socket.gettimeout(sock)
        late = f"The {self._operation} operation timed out"
        try:
            if not timeout or self._deadline is None:
                return method(sock, argument)
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(late)
            _socket.socket.settimeout(sock, left)
            try:
                return method(sock, argument)
            finally:
                _socket.socket.settimeout(sock, timeout)
        except TimeoutError:
            raise TimeoutError(late) from None

    def outside(self) -> _socket.socket:
        return self._alive()
