"""Connecting in less Python, and with less to ask of WASI, where the address is a number already."""

from __future__ import annotations

import _socket
import asyncio
import asyncio.base_events
import socket
from collections.abc import Callable
from typing import Any

from .turns import Turns

_socket_type = socket.socket
_type, _proto = (vars(_socket.socket)[name].__get__ for name in ("type", "proto"))
_cpythons_set_nodelay = asyncio.base_events._set_nodelay  # type: ignore[attr-defined]
_FAMILIES = ((":", socket.AF_INET6), (".", socket.AF_INET))


def _made(family: int) -> socket.socket:
    """As `socket.socket` makes it."""
    sock = _socket_type.__new__(_socket_type)
    _socket.socket.__init__(sock, family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock._io_refs, sock._closed = 0, False  # type: ignore[attr-defined]
    return sock


def _numeric(host: Any, port: Any) -> tuple[int, tuple[Any, ...]] | None:
    """The family and the address, if the host is an address in the words that `getpeername` has for it."""
    if type(host) is not str or type(port) is not int:
        return None
    for sign, family in _FAMILIES:
        if sign in host:
            try:
                same = socket.inet_ntop(family, socket.inet_pton(family, host)) == host
            except (OSError, ValueError):
                return None
            if not same:
                return None
            return family, (host, port) if family == socket.AF_INET else (host, port, 0, 0)
    return None


def _set_nodelay(sock: Any) -> None:
    """As CPython's, which makes members of enumerations of three numbers to compare them."""
    if type(sock) is not _socket_type:
        _cpythons_set_nodelay(sock)
    elif _type(sock) == socket.SOCK_STREAM and _proto(sock) == socket.IPPROTO_TCP:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Connecting(Turns):
    """The loop, as far as it connects."""

    async def create_connection(self, protocol_factory: Callable[[], Any], host: Any = None, port: Any = None, **named: Any) -> Any:
        """By the shortest way if only a number and a port are said."""
        # Not where a test, or a library for proxies, has put a socket of its own in the place of Python's.
        plain = not named and not self._debug and asyncio.base_events.socket.socket is _socket_type  # type: ignore[attr-defined]
        # Nor where a loop that was derived from this one connects in its own way.
        plain = plain and type(self).sock_connect is Connecting.sock_connect
        found = _numeric(host, port) if plain else None
        if found is None:
            return await super().create_connection(protocol_factory, host, port, **named)
        family, address = found
        sock = _made(family)
        try:
            sock.setblocking(False)
            await self._connect(sock, address)
        except:
            try:
                sock.close()
            except OSError:
                pass
            raise
        protocol = protocol_factory()
        waiter = self.create_future()
        # The name of the peer is known.
        transport = self._make_socket_transport(sock, protocol, waiter, extra={"peername": address})
        try:
            await waiter
        except:
            transport.close()
            raise
        return transport, protocol

    async def sock_connect(self, sock: Any, address: Any) -> None:
        asyncio.base_events._check_ssl_socket(sock)  # type: ignore[attr-defined]
        if self._debug and sock.gettimeout() != 0:
            raise ValueError("the socket must be non-blocking")
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            named = {"family": sock.family, "type": sock.type, "proto": sock.proto}
            resolved = await self._ensure_resolved(address, **named, loop=self)
            address = resolved[0][4]
        await self._connect(sock, address)

    async def _connect(self, sock: Any, address: Any) -> None:
        fd = sock.fileno()
        try:
            sock.connect(address)
            return
        except (BlockingIOError, InterruptedError):
            pass
        except ConnectionRefusedError as error:
            # As Linux tells of it, which tells it late: asyncio then says nothing of the address.
            raise ConnectionRefusedError(error.errno, f"Connect call failed {address}") from None
        self._ensure_fd_no_transport(fd)
        connected = self.create_future()
        handle = self._add_writer(fd, self._sock_connect_cb, connected, sock, address)
        try:
            await connected
        finally:
            if not handle.cancelled():
                self._remove_writer(fd)
            # Needed to break cycles when an exception occurs.
            connected = handle = None


def use() -> None:
    """Has transports ask less of a socket."""
    asyncio.base_events._set_nodelay = _set_nodelay  # type: ignore[attr-defined]
