"""A connection, as a stream socket that does not block."""

from __future__ import annotations

import errno
import socket
from collections import deque
from typing import Any

from .addresses import AF_UNIX, Address, to_python
from .bindings import streams
from .calls import begin
from .failures import connecting_failed, stream_failed
from .links import READ, WINDOW, WRITE, Link, in_progress, os_error, would_block
from .options import connection_options, unix_options


class Stream(Link):
    """Reads ahead once, when somebody wants to read, and writes behind up to a window."""

    def __init__(self, sock: socket.socket, asked: dict[tuple[int, int], Any], local: Address | None) -> None:
        super().__init__(sock, asked, local)
        self._connection: Any = None
        self._remote: Address | None = None
        self._received: deque[bytes] = deque()
        self._reading = self._ended = False
        self._unsent: deque[bytes] = deque()
        self._size = 0
        self._writing = self._half_closed = self._said_end = False
        self._failed: OSError | None = None

    # Connecting.

    def connect(self, sock: socket.socket, address: Address) -> None:
        """Begins to connect; `BlockingIOError` says so."""
        if self._connection is not None:
            raise os_error(errno.EISCONN)
        if self._attempt is not None:
            raise os_error(errno.EALREADY)
        self._attempt = streams.Attempt()
        if self.family == AF_UNIX:
            call = self._attempt.run_unix(unix_options(address, self._asked))
        else:
            call = self._attempt.run(connection_options(self.family, address, self.local, self._asked))
        begin(call, self._connected)
        raise in_progress()

    def _connected(self, connection: Any, error: Any) -> None:
        # Dropped only now: it must not be while it runs.
        attempt, self._attempt = self._attempt, None
        with attempt:
            pass
        if connection is not None:
            self._connection = connection
            self.local, self._remote = to_python(connection.local_address()), to_python(connection.remote_address())
        elif not self.closed:
            told = error.value if hasattr(error, "value") else None
            self._error = connecting_failed(told.failure, told.message) if told else os_error(errno.EIO)
        if self.closed:
            self._release()
        else:
            self.tell(self._error)
            self.changed(READ | WRITE)

    def credentials(self) -> Any:
        """Who the peer of a Unix socket is."""
        return None if self._connection is None else self._connection.peer_credentials()

    def peer(self) -> Address:
        if self._remote is None:
            raise os_error(errno.ENOTCONN)
        return self._remote

    # Reading.

    def readable(self) -> bool:
        if self._received or self._ended or self._failed:
            return True
        if self._connection is None:
            # One that is not connected says so when it is read.
            return self._attempt is None
        if not self._reading and not self.closed:
            self._reading = True
            begin(self._connection.read(WINDOW), self._got)
        return bool(self._received or self._ended or self._failed)

    def _got(self, data: bytes, error: Any) -> None:
        self._reading = False
        if self.closed:
            self._release()
            return
        if error is not None:
            self._fail(error)
        elif data:
            self._received.append(data)
        else:
            self._ended = True
        self.changed(READ)

    def receive(self, size: int, peek: bool = False) -> bytes:
        if self._connection is None:
            raise os_error(errno.ENOTCONN)
        if size <= 0:
            return b""
        if self._received:
            first = self._received.popleft()
            if peek or len(first) > size:
                self._received.appendleft(first if peek else first[size:])
                first = first[:size]
            return first
        if self._failed is not None:
            error, self._failed = self._failed, None
            self._ended = True
            raise error
        if self._ended:
            return b""
        raise would_block()

    # Writing.

    def writable(self) -> bool:
        if self._connection is None:
            return self._attempt is None
        return self._size <= WINDOW // 2 or self._half_closed

    def send(self, data: Any) -> int:
        if self._connection is None:
            raise os_error(errno.ENOTCONN)
        if self._half_closed:
            raise os_error(errno.EPIPE)
        room = WINDOW - self._size
        if room <= 0:
            raise would_block()
        if type(data) is bytes and len(data) <= room:
            taken = data
        else:
            taken = bytes(memoryview(data).cast("B")[:room])
        self._unsent.append(taken)
        self._size += len(taken)
        self._flush()
        return len(taken)

    def _flush(self) -> None:
        if self._writing or self._connection is None:
            return
        if self._unsent:
            data = self._unsent[0] if len(self._unsent) == 1 else b"".join(self._unsent)
            self._unsent.clear()
            self._writing = True
            begin(self._connection.write(data), lambda _, error: self._sent(len(data), error))
        elif self._half_closed and not self._said_end and not self.closed:
            self._said_end = self._writing = True
            begin(self._connection.write_eof(), lambda _, error: self._sent(0, error))

    def _sent(self, size: int, error: Any) -> None:
        self._writing = False
        self._size -= size
        if error is not None:
            self._unsent.clear()
            self._size = 0
            self._half_closed = self._said_end = True
            if not self.closed:
                self._fail(error)
        self._flush()
        if self.closed:
            self._release()
        else:
            self.changed(WRITE if self._failed is None else READ | WRITE)

    def shutdown(self, how: int) -> None:
        if self._connection is None:
            raise os_error(errno.ENOTCONN)
        if how in (socket.SHUT_RD, socket.SHUT_RDWR):
            self._received.clear()
            self._ended = True
        if how in (socket.SHUT_WR, socket.SHUT_RDWR):
            self._half_closed = True
            self._flush()
        self.changed(READ | WRITE)

    def _fail(self, error: Any) -> None:
        if self._failed is None and not self._ended:
            self._failed = stream_failed(getattr(error, "value", None))

    # Closing.

    def close(self) -> None:
        """Closes; what was taken to be sent still is, within its time."""
        if self.closed:
            return
        self.closed = True
        self._received.clear()
        if self._attempt is not None:
            self._attempt.cancel()
        elif self._connection is not None:
            if self._writing or self._unsent:
                self.linger(self._connection.abort)
            self._release()

    def _release(self) -> None:
        """Drops the connection, which must not be while a call of it is pending."""
        if self._connection is None or self._writing or self._unsent:
            return
        if self._reading:
            self._connection.abort()
            return
        connection, self._connection = self._connection, None
        with connection:
            pass
        self.lingered()
