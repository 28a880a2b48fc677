"""Addresses as Python's sockets have them, and as the contract has them."""

from __future__ import annotations

import os
import socket
from typing import Any

from .bindings import connect, sockets

AF_UNIX = 3
"""What wasi-libc calls it. Python has no name for it in a component, until `sockets.use` gives it one."""

Address = Any
"""A tuple; of a Unix socket a path, or bytes if it is an abstract name."""

# The field of the system's structure, which ends with a NUL, but for an abstract name.
_LONGEST_PATH = 108


def to_python(address: Any) -> Address | None:
    """An address as Python's sockets tell it."""
    match address:
        case None:
            return None
        case connect.Address_Unix(path):
            return bytes(path) if path[:1] == b"\0" else os.fsdecode(bytes(path))
        case connect.Address_Ip(inner):
            return _ip(inner)
    raise TypeError(f"an address that is not known: {address!r}")


def _ip(address: Any) -> Address:
    match address:
        case sockets.IpSocketAddress_Ipv4(value):
            return (".".join(map(str, value.address)), value.port)
        case sockets.IpSocketAddress_Ipv6(value):
            return (_text6(value.address, value.scope_id), value.port, value.flow_info, value.scope_id)
    raise TypeError(f"an address that is not one of IP: {address!r}")


def from_python(family: int, address: Address) -> Any:
    """An address that `checked` has let pass."""
    if family == AF_UNIX:
        return connect.Address_Unix(address)
    packed = socket.inet_pton(family, address[0].partition("%")[0])
    if family == socket.AF_INET:
        inner = sockets.IpSocketAddress_Ipv4(sockets.Ipv4SocketAddress(address[1], tuple(packed)))
    else:
        groups = tuple(int.from_bytes(packed[at : at + 2], "big") for at in range(0, 16, 2))
        flow, scope = (*address[2:], 0, 0)[:2]
        inner = sockets.IpSocketAddress_Ipv6(sockets.Ipv6SocketAddress(address[1], flow, groups, scope))
    return connect.Address_Ip(inner)


def host_address(address: Address) -> Any:
    """The same, for an option that may hold a name."""
    return connect.HostAddress(host(address), connect.Service_Port(address[1]))


def host(address: Address) -> str:
    """Its first part, with the zone of IPv6."""
    scope = address[3] if len(address) > 3 else 0
    name: str = address[0].partition("%")[0]
    return f"{name}%{scope}" if scope else name


def _text6(groups: tuple[int, ...], scope: int) -> str:
    text = socket.inet_ntop(socket.AF_INET6, b"".join(group.to_bytes(2, "big") for group in groups))
    return f"{text}%{scope}" if scope else text


def address_of(packed: Any) -> tuple[int, str]:
    """An answer of a name server: the family and the address."""
    match packed:
        case sockets.IpAddress_Ipv4(value):
            return socket.AF_INET, ".".join(map(str, value))
        case sockets.IpAddress_Ipv6(value):
            return socket.AF_INET6, _text6(value, 0)
    raise TypeError(f"an address that is not one of IP: {packed!r}")


def checked(sock: socket.socket, address: Any, call: str) -> Address:
    """The address, if it is one for such a socket, in the words of CPython if not."""
    if sock.family == AF_UNIX:
        return _path(address)
    name, longest = ("AF_INET", 2) if sock.family == socket.AF_INET else ("AF_INET6", 4)
    if not isinstance(address, tuple):
        raise TypeError(f"{call}(): {name} address must be tuple, not {type(address).__name__}")
    if not 2 <= len(address) <= longest:
        raise TypeError(f"{call}(): {name} address must be a pair (host, port)" if longest == 2 else
                        f"{call}(): {name} address must be a tuple (host, port[, flowinfo[, scopeid]])")  # fmt: skip
    host, port = address[:2]
    if not isinstance(port, int):
        raise TypeError(f"'{type(port).__name__}' object cannot be interpreted as an integer")
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{call}(): port must be 0-65535.")
    if not isinstance(host, str):
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if not _is_literal(sock.family, host):
        other = socket.AF_INET6 if sock.family == socket.AF_INET else socket.AF_INET
        if _is_literal(other, host):
            raise socket.gaierror(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
        # A socket's own methods look names up at once, which takes the time that it takes.
        return tuple(socket.getaddrinfo(host, port, sock.family, sock.type)[0][4])
    return address


def _path(address: Any) -> bytes:
    path = os.fsencode(address) if isinstance(address, str) else bytes(memoryview(address))
    if len(path) + (path[:1] != b"\0") > _LONGEST_PATH:
        raise OSError("AF_UNIX path too long")
    return path


def _is_literal(family: int, host: str) -> bool:
    try:
        socket.inet_pton(family, host.partition("%")[0])
    except OSError:
        return False
    return True
