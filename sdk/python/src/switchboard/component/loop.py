"""The event loop: asyncio's own, of which only the waiting and what is waited for are of the component model."""

from __future__ import annotations

import asyncio
import errno
import heapq
import os
import socket
import sys
import threading
from typing import Any

from ..guest.loop import SelectorEventLoop
from . import lookup, sockets
from .bindings import monotonic_clock
from .calls import begin
from .links import Link
from .selector import Selector

_NO_UNIX = "not supported: WASI has no Unix sockets"
_NO_SERVER = "the component model's loop connects and does not listen; a program that switchboard-py builds does"


class ComponentLoop(SelectorEventLoop):
    """What runs while an export is called. It never waits itself: it runs some turns, and asks to be woken."""

    def __init__(self) -> None:
        self._ours = Selector()
        super().__init__(self._ours)
        self.lingering: set[Link] = set()
        """Sockets that were closed and still send."""
        self._alarms: list[float] = []
        self._drained: list[asyncio.Future[None]] = []

    async def drained(self) -> None:
        """Waits until what sockets had taken before they were closed is sent, within its time."""
        while self.lingering:
            waiter = self.create_future()
            self._drained.append(waiter)
            await waiter

    def gone(self, link: Link) -> None:
        """A socket that was closed sends no more."""
        self.lingering.discard(link)
        if not self.lingering:
            for waiter in self._drained:
                if not waiter.done():
                    waiter.set_result(None)
            self._drained.clear()

    def begin(self) -> None:
        """It is running from now on."""
        self._thread_id = threading.get_ident()
        asyncio._set_running_loop(self)

    def run_some(self, turns: int) -> bool:
        """Runs what is ready, at most so many turns, and says whether there is more."""
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)
        for _ in range(turns):
            self._run_once()
            if not self._ready and not self._ours.hot and not self._due():
                return self._set_alarm()
        return True

    def _due(self) -> bool:
        return bool(self._scheduled) and self._scheduled[0]._when <= self.time() + self._clock_resolution

    def _set_alarm(self) -> bool:
        """Waits for the first timer, unless that is waited for already. Says whether it is due."""
        while self._scheduled and self._scheduled[0]._cancelled:
            # As `_run_once` will.
            self._timer_cancelled_count -= 1
            heapq.heappop(self._scheduled)._scheduled = False
        if not self._scheduled:
            return False
        when = self._scheduled[0]._when
        if self._alarms and min(self._alarms) <= when:
            return False
        left = when - self.time()
        if left <= 0:
            return True
        self._alarms.append(when)
        begin(monotonic_clock.wait_for(int(left * 1e9) + 1), lambda _, __: self._alarms.remove(when))
        return when not in self._alarms

    # What it cannot do.

    def close(self) -> None:
        """It is there as long as the component."""
        raise RuntimeError("Cannot close a running event loop")

    async def create_server(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(_NO_SERVER)

    async def create_unix_server(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(_NO_SERVER)

    async def sock_accept(self, sock: socket.socket) -> Any:
        raise NotImplementedError(_NO_SERVER)

    # Connecting.

    async def getaddrinfo(
        self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[Any]:
        """Looks a name up, while other things go on."""
        return await lookup.getaddrinfo(host, port, family, type, proto, flags)

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connects a socket, which is the loop's from then on."""
        self._take(sock)
        await super().sock_connect(sock, address)

    async def sock_recvfrom(self, sock: socket.socket, bufsize: int) -> Any:
        self._take(sock)
        return await super().sock_recvfrom(sock, bufsize)

    async def sock_recvfrom_into(self, sock: socket.socket, buf: Any, nbytes: int = 0) -> Any:
        self._take(sock)
        return await super().sock_recvfrom_into(sock, buf, nbytes)

    async def sock_sendto(self, sock: socket.socket, data: Any, address: Any) -> int:
        self._take(sock)
        return await super().sock_sendto(sock, data, address)

    def _take(self, sock: socket.socket) -> None:
        if sock.gettimeout() == 0:
            sockets.adopt(sock)

    def _make_socket_transport(
        self, sock: Any, protocol: Any, waiter: Any = None, *, extra: Any = None, server: Any = None, context: Any = None
    ) -> Any:
        sockets.stream_of(sock)
        return super()._make_socket_transport(sock, protocol, waiter, extra=extra, server=server, **_given(context))

    def _make_ssl_transport(self, rawsock: Any, *arguments: Any, **named: Any) -> Any:
        sockets.stream_of(rawsock)
        return super()._make_ssl_transport(rawsock, *arguments, **named)

    def _make_datagram_transport(self, sock: Any, protocol: Any, address: Any = None, waiter: Any = None, extra: Any = None) -> Any:
        sockets.endpoint_of(sock)
        return super()._make_datagram_transport(sock, protocol, address, waiter, extra)

    async def create_unix_connection(
        self, protocol_factory: Any, path: Any = None, *, ssl: Any = None, sock: Any = None, server_hostname: Any = None,
        ssl_handshake_timeout: Any = None, ssl_shutdown_timeout: Any = None,
    ) -> Any:  # fmt: skip
        """Checks what asyncio checks, and says that there is no such thing."""
        assert server_hostname is None or isinstance(server_hostname, str)
        if ssl:
            if server_hostname is None:
                raise ValueError("you have to pass server_hostname when using ssl")
        elif server_hostname is not None:
            raise ValueError("server_hostname is only meaningful with ssl")
        elif ssl_handshake_timeout is not None:
            raise ValueError("ssl_handshake_timeout is only meaningful with ssl")
        elif ssl_shutdown_timeout is not None:
            raise ValueError("ssl_shutdown_timeout is only meaningful with ssl")
        if path is not None:
            if sock is not None:
                raise ValueError("path and sock can not be specified at the same time")
            os.fspath(path)
            raise OSError(errno.EAFNOSUPPORT, _NO_UNIX)
        if sock is None:
            raise ValueError("no path and sock were specified")
        raise ValueError(f"A UNIX Domain Stream Socket was expected, got {sock!r}")


def _given(context: Any) -> dict[str, Any]:
    return {} if context is None else {"context": context}
