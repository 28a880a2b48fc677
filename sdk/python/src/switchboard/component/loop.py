"""The event loop: asyncio's own, of which only the waiting and what is waited for are of the component model."""

from __future__ import annotations

import asyncio
import heapq
import socket
import sys
import threading
from typing import Any

from ..guest.loop import SelectorEventLoop
from . import lookup, probe, sockets, unix
from .addresses import AF_UNIX
from .bindings import monotonic_clock
from .calls import begin
from .links import Link
from .options import SO_BROADCAST, SO_REUSEPORT
from .selector import Selector

_NO_SERVER = "the component model's loop connects and does not listen: for a program that does, build without --component-loop"
# From so many on, asyncio's own turn may clear them away.
_CANCELLED = 50
# A timer may be due never, and is waited for again after this. The wait for one that is cancelled keeps its task no longer.
_LONGEST = 60.0


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
        sys.set_asyncgen_hooks(firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook)

    def run_some(self, turns: int) -> bool:
        """Runs what is ready, at most so many turns, and says whether there is more."""
        for _ in range(turns):
            if not self._ready and not self._ours.hot and not self._due():
                return self._set_alarm()
            self._run_once()
        return True

    def _run_once(self) -> None:
        """A turn, as asyncio's, without what is done for waiting."""
        if self._debug or self._scheduled and (self._timer_cancelled_count > _CANCELLED or self._due()):
            super()._run_once()
            return
        if self._ours.hot:
            events = self._ours.select()
            if events:
                self._process_events(events)
        ready = self._ready
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

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
        now = self.time()
        if when <= now:
            return True
        # Not by way of the difference: what is a little later than the first timer would be waited for again and again.
        due = min(when, now + _LONGEST)
        self._alarms.append(due)
        begin(monotonic_clock.wait_for(int((due - now) * 1e9) + 1), lambda _, __: self._alarms.remove(due))
        return due not in self._alarms

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
        if isinstance(sock, unix.UnixSocket):
            # Without the address in its failures, which are the system's own.
            await unix.opened(sock, address)
        else:
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

    async def create_datagram_endpoint(self, *arguments: Any, **named: Any) -> Any:
        """As asyncio's, which asks a socket at once what only the component knows."""
        given = dict(zip(("protocol_factory", "local_addr", "remote_addr"), arguments)) | named
        local, remote, broadcast = (given.get(name) for name in ("local_addr", "remote_addr", "allow_broadcast"))
        unix_alone = given.get("family") == AF_UNIX and given.get("sock") is None
        if not unix_alone:
            for name, wanted in ((SO_REUSEPORT, given.get("reuse_port")), (SO_BROADCAST, broadcast)):
                if wanted and given.get("sock") is None:
                    await probe.known(name)
        elif isinstance(local, str) and local and isinstance(remote, str | None) and (not remote or broadcast):
            sock = await unix.bound_endpoint(local, broadcast=bool(broadcast), reuse_port=bool(given.get("reuse_port")))
            transport, protocol = await super().create_datagram_endpoint(given["protocol_factory"], sock=sock)
            transport._address = remote or None
            return transport, protocol
        return await super().create_datagram_endpoint(*arguments, **named)


def _given(context: Any) -> dict[str, Any]:
    return {} if context is None else {"context": context}
