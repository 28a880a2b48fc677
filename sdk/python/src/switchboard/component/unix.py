"""Unix sockets, which WASI does not have: the contract's, where `switchboard-posix.wasm` and the host provide them."""

from __future__ import annotations

import asyncio
import asyncio.streams
import asyncio.unix_events
import errno
import socket
import struct
from typing import Any

from .addresses import AF_UNIX, checked
from .links import os_error
from .options import SO_BROADCAST, SO_REUSEPORT
from .sockets import LoopSocket, bound, kinds, link_of

_SO_PEERCRED = 17


class UnixSocket(LoopSocket):
    """One that does not block. The number is that of a socket of IP, which does nothing else."""

    __slots__ = ()

    def __init__(self, family: int = AF_UNIX, type: int = socket.SOCK_STREAM, proto: int = 0, fileno: Any = None) -> None:
        if proto:
            raise os_error(errno.EPROTONOSUPPORT)
        super().__init__(socket.AF_INET, type)

    @property
    def family(self) -> Any:
        return socket.AddressFamily(AF_UNIX)

    def bind(self, address: Any, /) -> None:
        if self.type != socket.SOCK_DGRAM:
            raise OSError(errno.EOPNOTSUPP, "a stream of the component model's loop cannot have a path of its own")
        if self in bound:
            raise os_error(errno.EINVAL)
        bound[self] = checked(self, address, "bind")

    def getsockname(self) -> Any:
        local = link_of(self).local
        # Until it is open that is what it was asked to be, as bytes.
        return local if isinstance(local, str) or (local or b"")[:1] == b"\0" else ""

    def getsockopt(self, level: int, name: int, *arguments: Any) -> Any:
        if (level, name) == (socket.SOL_SOCKET, _SO_PEERCRED):
            told = link_of(self).credentials()
            if told is None:
                raise os_error(errno.ENOTCONN)
            packed = struct.pack("3i", told.pid or 0, told.uid, told.gid)
            return packed[: arguments[0]] if arguments else struct.unpack_from("i", packed)[0]
        return super().getsockopt(level, name, *arguments)

    def setsockopt(self, level: int, name: int, *arguments: Any) -> None:
        if (level, name) == (socket.SOL_SOCKET, SO_REUSEPORT):
            raise os_error(errno.EOPNOTSUPP)
        super().setsockopt(level, name, *arguments)


async def bound_endpoint(address: str, *, broadcast: bool, reuse_port: bool) -> socket.socket:
    """A socket for datagrams that is at this address, for the loop to take: only to open it tells whether it can be there."""
    sock = UnixSocket(type=socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if reuse_port:
            asyncio.base_events._set_reuseport(sock)  # type: ignore[attr-defined]
        if broadcast:
            sock.setsockopt(socket.SOL_SOCKET, SO_BROADCAST, 1)
        sock.bind(address)
        await opened(sock, None)
    except BaseException:
        sock.close()
        raise
    return sock


async def opened(sock: socket.socket, address: Any) -> None:
    """Connects it, or opens one for datagrams with no peer."""
    link = link_of(sock)
    try:
        if address is None:
            link.open(sock)
        else:
            sock.connect(address)
            return
    except BlockingIOError:
        pass
    await link.opened()


async def _open_unix_connection(path: Any = None, *, limit: int = 2**16, **named: Any) -> Any:
    """As `asyncio.open_unix_connection`, which asyncio has only where Python has Unix sockets."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_unix_connection(lambda: protocol, path, **named)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def use() -> None:
    """Gives Python the family, and asyncio what it has only with it."""
    kinds[AF_UNIX] = UnixSocket
    if not hasattr(socket, "AF_UNIX"):
        member = int.__new__(socket.AddressFamily, AF_UNIX)
        member._name_, member._value_ = "AF_UNIX", AF_UNIX  # type: ignore[attr-defined]
        names: Any = socket.AddressFamily
        names._member_map_["AF_UNIX"] = names._value2member_map_[AF_UNIX] = member
        names._member_names_.append("AF_UNIX")
        socket.AF_UNIX = member  # type: ignore[misc]
        socket.SO_PEERCRED = _SO_PEERCRED  # type: ignore[misc]
    asyncio.open_unix_connection = asyncio.streams.open_unix_connection = _open_unix_connection
    asyncio.unix_events.socket = asyncio.base_events.socket  # type: ignore[attr-defined]
