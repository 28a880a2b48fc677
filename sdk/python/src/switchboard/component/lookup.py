"""`getaddrinfo` over WASI's name lookup, which can be waited for, with the checks and the words of glibc's."""

from __future__ import annotations

import socket
from typing import Any

from .addresses import address_of
from .bindings import Err, ip_name_lookup

_TYPES = {socket.SOCK_STREAM: socket.IPPROTO_TCP, socket.SOCK_DGRAM: socket.IPPROTO_UDP}
# As a number: the complement of flags knows those alone that have a name.
_FLAGS = int(
    socket.AI_PASSIVE | socket.AI_CANONNAME | socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    | socket.AI_V4MAPPED | socket.AI_ALL | socket.AI_ADDRCONFIG
)  # fmt: skip


def _failed(number: int, text: str) -> socket.gaierror:
    return socket.gaierror(number, text)


_NONAME = "Name or service not known"


async def getaddrinfo(host: Any, port: Any, family: int, kind: int, proto: int, flags: int) -> list[Any]:
    """As `socket.getaddrinfo`."""
    name = _name(host)
    if family not in (0, socket.AF_INET, socket.AF_INET6):
        raise _failed(socket.EAI_FAMILY, "ai_family not supported")
    if flags & ~_FLAGS or (flags & socket.AI_CANONNAME and name is None):
        raise _failed(socket.EAI_BADFLAGS, "Bad value for ai_flags")
    kinds = _kinds(kind, proto)
    number = _port(port, kinds, flags)
    if name is None and port is None:
        raise _failed(socket.EAI_NONAME, _NONAME)
    found = await _addresses(name, family, flags)
    canonical = (name or "") if flags & socket.AI_CANONNAME else ""
    answers = []
    for at, (of, text, scope) in enumerate(found):
        for index, (each, protocol) in enumerate(kinds):
            address = (text, number) if of == socket.AF_INET else (text, number, 0, scope)
            first = canonical if at == 0 and index == 0 else ""
            answers.append((socket.AddressFamily(of), each, protocol, first, address))
    return answers


def _name(host: Any) -> str | None:
    if host is None:
        return None
    if isinstance(host, str):
        if "\0" in host:
            raise ValueError("embedded null character")
        return host.encode("idna").decode("ascii") if not host.isascii() or "." in host or len(host) > 63 else host
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("ascii")
    raise TypeError("getaddrinfo() argument 1 must be string or None")


def _kinds(kind: int, proto: int) -> list[tuple[Any, int]]:
    every = [(socket.SOCK_STREAM, socket.IPPROTO_TCP), (socket.SOCK_DGRAM, socket.IPPROTO_UDP)]
    kinds = [(each, own) for each, own in every if kind in (0, each) and proto in (0, own)]
    if not kinds:
        raise _failed(socket.EAI_SOCKTYPE, "ai_socktype not supported")
    return kinds


def _port(port: Any, kinds: list[tuple[Any, int]], flags: int) -> int:
    if port is None:
        return 0
    if isinstance(port, (bytes, bytearray)):
        port = bytes(port).decode("ascii")
    if not isinstance(port, (int, str)):
        raise OSError("Int or String expected")
    try:
        number = int(port)
    except ValueError:
        number = -1
    else:
        if not 0 <= number <= 0xFFFF:
            number = -1
            flags |= socket.AI_NUMERICSERV
    if number < 0:
        if flags & socket.AI_NUMERICSERV:
            raise _failed(socket.EAI_NONAME if isinstance(port, str) else socket.EAI_SERVICE,
                          _NONAME if isinstance(port, str) else "Servname not supported for ai_socktype")  # fmt: skip
        for _, protocol in kinds:
            try:
                return socket.getservbyname(str(port), "tcp" if protocol == socket.IPPROTO_TCP else "udp")
            except OSError:
                continue
        raise _failed(socket.EAI_SERVICE, "Servname not supported for ai_socktype")
    return number


async def _addresses(name: str | None, family: int, flags: int) -> list[tuple[int, str, int]]:
    if name is None:
        both = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
        if not flags & socket.AI_PASSIVE:
            both = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
        return [(of, text, 0) for of, text in both if family in (0, of)]
    literal = _literal(name)
    if literal is not None:
        of, text, scope = literal
        if family in (0, of):
            return [literal]
        if family == socket.AF_INET6 and flags & socket.AI_V4MAPPED:
            return [(socket.AF_INET6, f"::ffff:{text}", 0)]
        raise _failed(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
    if flags & socket.AI_NUMERICHOST or not name or any(character in name for character in " []%:/"):
        raise _failed(socket.EAI_NONAME, _NONAME)
    try:
        answers = [address_of(each) for each in await ip_name_lookup.resolve_addresses(name)]
    except Err as told:
        raise _told(told.value) from None
    found = [(of, text, 0) for of, text in answers if family in (0, of)]
    if not found and family == socket.AF_INET6 and flags & socket.AI_V4MAPPED:
        found = [(socket.AF_INET6, f"::ffff:{text}", 0) for _, text in answers]
    if not found:
        raise _failed(socket.EAI_ADDRFAMILY, "Address family for hostname not supported")
    return found


def _literal(name: str) -> tuple[int, str, int] | None:
    """An address, also in the short forms of `inet_aton`."""
    try:
        return socket.AF_INET, socket.inet_ntoa(socket.inet_aton(name)) if name.strip() == name else "", 0
    except OSError:
        pass
    host, percent, zone = name.partition("%")
    try:
        text = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))
    except OSError:
        return None
    if not percent:
        return socket.AF_INET6, text, 0
    # WASI knows interfaces by their numbers alone.
    return (socket.AF_INET6, f"{text}%{zone}", int(zone)) if zone.isdigit() and text.startswith("fe80:") else None


def _told(failure: Any) -> socket.gaierror:
    match failure:
        case ip_name_lookup.ErrorCode_TemporaryResolverFailure():
            return _failed(socket.EAI_AGAIN, "Temporary failure in name resolution")
        case ip_name_lookup.ErrorCode_PermanentResolverFailure():
            return _failed(socket.EAI_FAIL, "Non-recoverable failure in name resolution")
        case ip_name_lookup.ErrorCode_AccessDenied():
            return _failed(socket.EAI_FAIL, "The host does not let this component look up names (-S allow-ip-name-lookup)")
    return _failed(socket.EAI_NONAME, _NONAME)
