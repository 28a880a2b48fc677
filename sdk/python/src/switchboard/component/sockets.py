"""The sockets of the loop: those that asyncio makes, and those that it is given, go by `switchboard:connect`.

asyncio's transports and its functions for sockets see a socket that does not block, and so are CPython's own. All other sockets stay
those of WASI 0.2, with which a program can block as it can without the loop.
"""

from __future__ import annotations

import _socket
import asyncio.base_events
import asyncio.selector_events
import errno
import os
import select
import socket
import types
import weakref
from typing import Any

from . import probe
from .addresses import AF_UNIX, checked
from .endpoint import Endpoint
from .failures import numbered
from .links import Link, os_error
from .options import SO_BROADCAST, SO_REUSEPORT
from .stream import Stream

_real = _socket.socket
# As a number: the enumeration takes long to compute with.
_PEEK = int(socket.MSG_PEEK)
_HARMLESS = int(getattr(socket, "MSG_DONTWAIT", 0)) | int(getattr(socket, "MSG_NOSIGNAL", 0))
_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
# What can be set on a socket before the loop has it, and how these are where nobody has.
_KEPT = [
    *((socket.SOL_SOCKET, name) for name in (socket.SO_KEEPALIVE, socket.SO_RCVBUF, socket.SO_SNDBUF)),
    *((socket.IPPROTO_TCP, name) for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)),
    (socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
]  # fmt: skip
_defaults: dict[tuple[int, int], dict[tuple[int, int], int]] = {}
_links: weakref.WeakKeyDictionary[socket.socket, Link] = weakref.WeakKeyDictionary()
_asked: weakref.WeakKeyDictionary[socket.socket, dict[tuple[int, int], Any]] = weakref.WeakKeyDictionary()
bound: weakref.WeakKeyDictionary[socket.socket, Any] = weakref.WeakKeyDictionary()
by_fd: dict[int, Link] = {}
kinds: dict[int, type[LoopSocket]] = {}
"""Families that have a class of their own."""


class LoopSocket(socket.socket):
    """A socket that does not block. The system's socket that it has is never connected, and lends its number alone."""

    # The same layout, so that a socket that exists can become one.
    __slots__ = ()

    def __new__(cls, family: int = -1, *_: Any, **__: Any) -> Any:
        return super().__new__(kinds.get(family, cls))

    def bind(self, address: Any, /) -> None:
        if self in bound:
            raise os_error(errno.EINVAL)
        address = checked(self, address, "bind")
        if address[1] and _asked.get(self, {}).get((socket.SOL_SOCKET, SO_REUSEPORT)):
            # Others may have it, who are told by the component alone.
            bound[self] = address
            return
        # Tried on another socket, which tells what is wrong with it and which port is free: this one is bound as it connects.
        trial = _real(self.family, self.type, self.proto)
        try:
            trial.bind(address)
            bound[self] = trial.getsockname()
        except OSError as error:
            raise numbered(error.errno or errno.EINVAL) from None
        finally:
            trial.close()

    def connect(self, address: Any, /) -> None:
        address = checked(self, address, "connect")
        link = _links.get(self)
        if link is None:
            # Telling the system's own failures is left to it.
            if self.fileno() < 0:
                raise os_error(errno.EBADF)
            link = _new(self)
        link.connect(self, address)

    def connect_ex(self, address: Any, /) -> int:
        try:
            self.connect(address)
        except OSError as error:
            if error.errno is None or isinstance(error, socket.gaierror):
                raise
            return error.errno
        return 0

    def send(self, data: Any, flags: int = 0, /) -> int:
        _refuse(flags)
        link = link_of(self)
        return link.send(data, None) if isinstance(link, Endpoint) else link.send(data)

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        view = memoryview(data).cast("B")
        while view.nbytes:
            view = view[self.send(view) :]

    def sendmsg(self, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /) -> int:
        if ancdata:
            raise os_error(errno.EOPNOTSUPP)
        data = b"".join(buffers)
        return self.send(data, flags) if address is None else self.sendto(data, flags, address)

    def sendto(self, data: Any, *arguments: Any) -> int:
        link = link_of(self)
        if not isinstance(link, Endpoint):
            return link.send(data)
        address = checked(self, arguments[-1], "sendto")
        link.open(self)
        return link.send(data, address)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if size < 0:
            raise ValueError("negative buffersize in recv")
        _refuse(flags & ~_PEEK)
        link = link_of(self)
        told = link.receive(size, flags & _PEEK != 0)
        return told[0] if isinstance(link, Endpoint) else told

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or view.nbytes, flags)
        view[: len(data)] = data
        return len(data)

    def recvfrom(self, size: int, flags: int = 0, /) -> tuple[bytes, Any]:
        _refuse(flags & ~_PEEK)
        link = link_of(self)
        told = link.receive(size, flags & _PEEK != 0)
        return told if isinstance(link, Endpoint) else (told, None)

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        view = memoryview(buffer).cast("B")
        data, address = self.recvfrom(nbytes or view.nbytes, flags)
        view[: len(data)] = data
        return len(data), address

    def shutdown(self, how: int, /) -> None:
        link_of(self).shutdown(how)

    def getsockname(self) -> Any:
        link = _links.get(self)
        if link is not None and link.local is not None:
            return link.local
        return bound[self] if self in bound else super().getsockname()

    def getpeername(self) -> Any:
        return link_of(self).peer()

    def getsockopt(self, level: int, name: int, *arguments: Any) -> Any:
        link = _links.get(self)
        if link is not None and (level, name) == (socket.SOL_SOCKET, socket.SO_ERROR):
            return link.take_error()
        if isinstance(link, Stream) and link.local is not None and (level, name) == _NO_DELAY:
            return int(_asked.get(self, {}).get(_NO_DELAY) != 0 and probe.no_delay())
        return super().getsockopt(level, name, *arguments)

    def setsockopt(self, level: int, name: int, *arguments: Any) -> None:
        option = (level, name)
        if option == _NO_DELAY and (arguments != (0,) or self in _links):
            # It is set as the socket connects, where it can be. asyncio sets it always.
            return
        if self in _links:
            # The contract sets options before it connects.
            raise OSError(errno.ENOPROTOOPT, f"{os.strerror(errno.ENOPROTOOPT)}: the socket is connected already")
        if option in probe.OPTIONS or option == _NO_DELAY:
            if arguments[0] and option in probe.lacking:
                raise probe.lacking[option]
        else:
            super().setsockopt(level, name, *arguments)
        if len(arguments) == 1 and isinstance(arguments[0], int):
            _asked.setdefault(self, {})[option] = arguments[0]

    def _real_close(self, _ss: Any = _real) -> None:
        link = _links.pop(self, None)
        _ss.close(self)
        if link is not None:
            _forget(link)


def _refuse(flags: int) -> None:
    """What the contract does not have is not passed over. These sockets neither wait nor send signals anyway."""
    if flags & ~_HARMLESS:
        raise os_error(errno.EOPNOTSUPP)


def _new(sock: socket.socket) -> Any:
    kind = Stream if sock.type == socket.SOCK_STREAM else Endpoint
    link = kind(sock, _asked.get(sock, {}), bound.get(sock))
    _links[sock] = by_fd[link.fd] = link
    # A socket that is forgotten is closed.
    weakref.finalize(sock, _forget, link).atexit = False
    return link


def link_of(sock: socket.socket) -> Any:
    """What stands behind it."""
    fd = sock.fileno()
    if fd < 0:
        raise os_error(errno.EBADF)
    return by_fd.get(fd) or _new(sock)


def _forget(link: Any) -> None:
    if by_fd.get(link.fd) is link:
        del by_fd[link.fd]
    link.close()


def adopt(sock: socket.socket) -> None:
    """Takes a socket that somebody else made and set not to block, with what it is bound to."""
    if isinstance(sock, LoopSocket) or sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.fileno() < 0:
        return
    peer = None
    try:
        peer = sock.getpeername()
    except OSError:
        pass
    if peer is not None and sock.type == socket.SOCK_STREAM:
        raise NotImplementedError(
            f"{sock!r} was connected by WASI 0.2, which the component model's loop cannot wait for; connect it by loop.sock_connect"
        )
    try:
        local = sock.getsockname()
    except OSError:
        local = None
    asked = _options_of(sock)
    if local is not None and local[1]:
        # The system's socket must not keep what the other one is to be bound to.
        held = sock.fileno()
        _real.__init__(sock, sock.family, sock.type, sock.proto)
        socket.close(held)
        _real.setblocking(sock, False)
        bound[sock] = local
        for (level, name), value in asked.items():
            _real.setsockopt(sock, level, name, value)
    if asked:
        _asked[sock] = asked
    sock.__class__ = LoopSocket
    if peer is not None:
        link_of(sock).open(sock, peer)


def _options_of(sock: socket.socket) -> dict[tuple[int, int], Any]:
    """What was set on it, as far as the contract has it: where it differs from one that was just made."""
    kind = sock.family, sock.type
    if kind not in _defaults:
        fresh = _real(*kind)
        try:
            _defaults[kind] = _values(fresh)
        finally:
            fresh.close()
    return {option: value for option, value in _values(sock).items() if value != _defaults[kind].get(option)}


def _values(sock: _socket.socket) -> dict[tuple[int, int], int]:
    values = {}
    for level, name in _KEPT:
        try:
            values[int(level), int(name)] = _real.getsockopt(sock, level, name)
        except OSError:
            # Of the other family, or kind.
            pass
    return values


def endpoint_of(sock: socket.socket) -> None:
    """Takes one for datagrams, and opens it."""
    adopt(sock)
    link_of(sock).open(sock)


def stream_of(sock: socket.socket) -> None:
    """Takes one for a transport, connected or not."""
    adopt(sock)
    link_of(sock)


class _Poll:
    """As `select.poll`, also for sockets of the loop, for which it does not wait: that is the loop's."""

    def __init__(self) -> None:
        self._poll = _real_poll()
        self._ours: dict[int, int] = {}

    def register(self, fd: Any, eventmask: int = select.POLLIN | select.POLLPRI | select.POLLOUT, /) -> None:
        number = fd if isinstance(fd, int) else fd.fileno()
        if number in by_fd:
            self._ours[number] = eventmask
        else:
            self._poll.register(number, eventmask)

    def modify(self, fd: Any, eventmask: int, /) -> None:
        self.unregister(fd)
        self.register(fd, eventmask)

    def unregister(self, fd: Any, /) -> None:
        number = fd if isinstance(fd, int) else fd.fileno()
        if self._ours.pop(number, None) is None:
            self._poll.unregister(number)

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        ready = []
        for number, mask in self._ours.items():
            link: Any = by_fd.get(number)
            event = select.POLLNVAL if link is None else 0
            if link is not None:
                event |= select.POLLIN if mask & select.POLLIN and link.readable() else 0
                event |= select.POLLOUT if mask & select.POLLOUT and link.writable() else 0
            if event:
                ready.append((number, event))
        if ready or self._ours:
            return ready
        return self._poll.poll(timeout)


_real_poll = select.poll


def use() -> None:
    """Has asyncio make these."""
    seen = types.ModuleType("socket")
    vars(seen).update(vars(socket))
    seen.socket = LoopSocket  # type: ignore[attr-defined]
    seen.AF_UNIX, seen.SO_BROADCAST, seen.SO_REUSEPORT = AF_UNIX, SO_BROADCAST, SO_REUSEPORT  # type: ignore[attr-defined]
    asyncio.base_events.socket = seen  # type: ignore[attr-defined]
    asyncio.selector_events._HAS_SENDMSG = True  # type: ignore[attr-defined]
    asyncio.selector_events.SC_IOV_MAX = 64  # type: ignore[attr-defined]
    select.poll = _Poll  # type: ignore[assignment,misc]
