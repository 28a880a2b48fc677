"""An endpoint for datagrams, as a socket that does not block."""

from __future__ import annotations

import errno
import socket
from collections import deque
from typing import Any

from .addresses import Address, from_python, to_python
from .bindings import datagrams
from .calls import begin
from .failures import connecting_failed, sending_failed
from .failures import os_error as told_error
from .links import READ, WINDOW, WRITE, Link, in_progress, os_error, would_block
from .options import endpoint_options

_BATCH = 64
_LONGEST = {socket.AF_INET: 65507, socket.AF_INET6: 65527}


class Endpoint(Link):
    """Opened when it is connected, or first used."""

    def __init__(self, sock: socket.socket, asked: dict[tuple[int, int], Any], local: Address | None) -> None:
        super().__init__(sock, asked, local)
        self._endpoint: Any = None
        self._remote: Address | None = None
        self._received: deque[Any] = deque()
        self._reading = self._writing = False
        self._unsent: deque[Any] = deque()
        self._size = 0
        self._refused: OSError | None = None

    def connect(self, sock: socket.socket, address: Address) -> None:
        """Chooses the peer; `BlockingIOError` says that this takes a moment."""
        if self._endpoint is not None or self._attempt is not None:
            raise os_error(errno.EISCONN)
        self.open(sock, address)
        if self._refused is not None:
            error, self._refused, self._error = self._refused, None, None
            raise error
        if self._endpoint is None:
            raise in_progress()

    def open(self, sock: socket.socket, remote: Address | None = None) -> None:
        """Begins, unless it has begun."""
        if self._endpoint is not None or self._attempt is not None or self._refused is not None:
            return
        self._attempt = datagrams.Attempt()
        begin(self._attempt.run(endpoint_options(self.family, self.local, remote, self._asked)), self._opened)

    def _opened(self, endpoint: Any, error: Any) -> None:
        attempt, self._attempt = self._attempt, None
        with attempt:
            pass
        if endpoint is not None:
            self._endpoint = endpoint
            self.local, self._remote = to_python(endpoint.local_address()), to_python(endpoint.remote_address())
        else:
            told = getattr(error, "value", None)
            self._error = self._refused = connecting_failed(told.failure, told.message) if told else os_error(errno.EIO)
            self._received.append(self._refused)
        if self.closed:
            self._release()
        else:
            self.tell(self._refused)
            self._flush()
            self.changed(READ | WRITE)

    def peer(self) -> Address:
        if self._remote is None:
            raise os_error(errno.ENOTCONN)
        return self._remote

    def readable(self) -> bool:
        if not self._received and self._endpoint is not None and not self._reading and not self.closed:
            self._reading = True
            begin(self._endpoint.next_batch(_BATCH, None), self._got)
        return bool(self._received)

    def _got(self, events: list[Any], error: Any) -> None:
        self._reading = False
        if self.closed:
            self._release()
            return
        for event in events or ():
            match event:
                case datagrams.Event_Received(datagram):
                    # A Unix socket without a name has no address.
                    self._received.append((datagram.data, to_python(datagram.address) or None))
                case datagrams.Event_Failed(failure):
                    self._failed(told_error(failure.code, failure.message))
        self.changed(READ | WRITE)

    def _failed(self, error: OSError) -> None:
        """For whoever receives next; of several in a row, as a socket has one `SO_ERROR`, the last one."""
        if self._received and isinstance(self._received[-1], OSError):
            self._received.pop()
        self._received.append(error)

    def receive(self, size: int, peek: bool = False) -> tuple[bytes, Address]:
        if not self._received:
            raise would_block()
        first = self._received[0] if peek else self._received.popleft()
        self.changed(READ | WRITE)
        if isinstance(first, OSError):
            raise first
        data, address = first
        return data[:size], address

    def writable(self) -> bool:
        return (self._attempt is None or self._remote is None) and self._size <= WINDOW // 2

    def send(self, data: Any, address: Address | None) -> int:
        view = memoryview(data).cast("B")
        if view.nbytes > _LONGEST.get(self.family, WINDOW):
            raise os_error(errno.EMSGSIZE)
        if address is None and self._remote is None and self._attempt is None:
            raise os_error(errno.EDESTADDRREQ)
        if self._size > WINDOW:
            raise would_block()
        outgoing = datagrams.Outgoing(bytes(view), None if address is None else from_python(self.family, address))
        self._unsent.append(outgoing)
        self._size += view.nbytes + 64
        self._flush()
        return view.nbytes

    def _flush(self) -> None:
        if self._writing or not self._unsent or self._endpoint is None:
            return
        batch, size = list(self._unsent), self._size
        self._unsent.clear()
        self._writing = True
        begin(self._endpoint.send_batch(batch), lambda told, _: self._sent(batch, size, told))

    def _sent(self, batch: list[Any], size: int, told: Any) -> None:
        self._writing = False
        self._size -= size
        if told is not None and not self.closed:
            count, result = told
            failure = getattr(result, "value", None)
            if count < len(batch) and failure is not None:
                # Those behind it were not tried.
                self._failed(sending_failed(failure))
                for outgoing in reversed(batch[count + 1 :]):
                    self._unsent.appendleft(outgoing)
                    self._size += len(outgoing.data) + 64
        self._flush()
        if self.closed:
            self._release()
        else:
            self.changed(READ | WRITE)

    def shutdown(self, how: int) -> None:
        """Does nothing to datagrams that were sent."""
        self.peer()

    def close(self) -> None:
        """Closes; what was taken to be sent still is."""
        if self.closed:
            return
        self.closed = True
        self._received.clear()
        if self._unsent or self._writing:
            self.linger(self._give_up)
        elif self._attempt is not None:
            self._attempt.cancel()
        self._release()

    def _give_up(self) -> None:
        self._unsent.clear()
        if self._endpoint is not None:
            self._endpoint.abort()
        elif self._attempt is not None:
            self._attempt.cancel()

    def _release(self) -> None:
        """Drops the endpoint, which must not be while a call of it is pending."""
        if self._endpoint is not None:
            if self._writing or self._unsent:
                self._flush()
                return
            if self._reading:
                self._endpoint.abort()
                return
            endpoint, self._endpoint = self._endpoint, None
            with endpoint:
                pass
        elif self._attempt is not None:
            return
        self._unsent.clear()
        self.lingered()
