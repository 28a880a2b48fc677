"""Python's addresses, options and exceptions, and the contract's."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from .bindings import connect, datagrams, sockets, streams

Address = tuple[Any, ...]

# What a failure of WASI is called by POSIX. WASI has one for the several ways not to find a host.
_NUMBERS = {
    sockets.ErrorCode_AccessDenied: errno.EACCES,
    sockets.ErrorCode_NotSupported: errno.EOPNOTSUPP,
    sockets.ErrorCode_InvalidArgument: errno.EINVAL,
    sockets.ErrorCode_OutOfMemory: errno.ENOMEM,
    sockets.ErrorCode_Timeout: errno.ETIMEDOUT,
    sockets.ErrorCode_InvalidState: errno.EINVAL,
    sockets.ErrorCode_AddressNotBindable: errno.EADDRNOTAVAIL,
    sockets.ErrorCode_AddressInUse: errno.EADDRINUSE,
    sockets.ErrorCode_RemoteUnreachable: errno.EHOSTUNREACH,
    sockets.ErrorCode_ConnectionRefused: errno.ECONNREFUSED,
    sockets.ErrorCode_ConnectionBroken: errno.EPIPE,
    sockets.ErrorCode_ConnectionReset: errno.ECONNRESET,
    sockets.ErrorCode_ConnectionAborted: errno.ECONNABORTED,
    sockets.ErrorCode_DatagramTooLarge: errno.EMSGSIZE,
}


# What glibc calls otherwise than wasi-libc.
_TEXTS = {
    errno.EADDRINUSE: "Address already in use",
    errno.EADDRNOTAVAIL: "Cannot assign requested address",
    errno.EHOSTUNREACH: "No route to host",
    errno.EMSGSIZE: "Message too long",
    errno.ENOTCONN: "Transport endpoint is not connected",
    errno.EISCONN: "Transport endpoint is already connected",
    errno.ETIMEDOUT: "Connection timed out",
}


def numbered(number: int) -> OSError:
    """An error of the system by its number, with Linux's text."""
    return OSError(number, _TEXTS.get(number) or os.strerror(number))


def os_error(code: Any, message: str | None = None) -> OSError:
    """A failure of the operating system."""
    number = _NUMBERS.get(type(code))
    if number is None:
        return OSError(errno.EIO, message or getattr(code, "value", None) or os.strerror(errno.EIO))
    return numbered(number)


def connecting_failed(failure: Any, message: str) -> OSError:
    """Why a socket of one address was not connected or bound."""
    match failure:
        case connect.Failure_Os(value):
            return os_error(value.code, value.message)
        case connect.Failure_InvalidArgument() | connect.Failure_NotSupported():
            return OSError(errno.EINVAL, message)
        case connect.Failure_RefusedNetwork():
            return OSError(errno.EACCES, message)
        case connect.Failure_TimedOut():
            return os_error(sockets.ErrorCode_Timeout())
        case connect.Failure_Cancelled():
            return OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
    return OSError(errno.EIO, message)


def stream_failed(failure: Any) -> OSError:
    """Why a connection has ended."""
    match failure:
        case streams.StreamFailure_Socket(code):
            return os_error(code)
        case streams.StreamFailure_TimedOut():
            return os_error(sockets.ErrorCode_Timeout())
    return os_error(sockets.ErrorCode_ConnectionAborted())


def sending_failed(failure: Any) -> OSError:
    """Why a datagram was not sent."""
    match failure:
        case datagrams.SendFailure_RefusedNetwork(text):
            return PermissionError(errno.EACCES, text)
        case datagrams.SendFailure_InvalidArgument(text):
            return OSError(errno.EINVAL, text)
    return OSError(errno.EBADF, os.strerror(errno.EBADF))


def to_python(address: Any) -> Address | None:
    """An address as Python's sockets tell it."""
    match address:
        case None:
            return None
        case sockets.IpSocketAddress_Ipv4(value):
            return (".".join(map(str, value.address)), value.port)
        case sockets.IpSocketAddress_Ipv6(value):
            return (_text6(value.address, value.scope_id), value.port, value.flow_info, value.scope_id)
    raise TypeError(f"an address that is not one of IP: {address!r}")


def from_python(family: int, address: Address) -> Any:
    """An address that `checked` has let pass."""
    packed = socket.inet_pton(family, address[0].partition("%")[0])
    if family == socket.AF_INET:
        return sockets.IpSocketAddress_Ipv4(sockets.Ipv4SocketAddress(address[1], tuple(packed)))
    groups = tuple(int.from_bytes(packed[at : at + 2], "big") for at in range(0, 16, 2))
    flow, scope = (*address[2:], 0, 0)[:2]
    return sockets.IpSocketAddress_Ipv6(sockets.Ipv6SocketAddress(address[1], flow, groups, scope))


def host_address(address: Address) -> Any:
    """The same, for an option that may hold a name."""
    return connect.HostAddress(_host(address), connect.Service_Port(address[1]))


def _host(address: Address) -> str:
    scope = address[3] if len(address) > 3 else 0
    host: str = address[0].partition("%")[0]
    return f"{host}%{scope}" if scope else host


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


def _is_literal(family: int, host: str) -> bool:
    try:
        socket.inet_pton(family, host.partition("%")[0])
    except OSError:
        return False
    return True


def _family(number: int) -> Any:
    return connect.Family.INET if number == socket.AF_INET else connect.Family.INET6


def connection_options(sock: socket.socket, address: Address, local: Address | None, asked: dict[tuple[int, int], Any]) -> Any:
    """To connect a socket to one address, with what was set on it."""
    keep_alive = None
    if asked.get((socket.SOL_SOCKET, socket.SO_KEEPALIVE)):
        idle, interval = (asked.get((socket.IPPROTO_TCP, name)) for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL))
        count = asked.get((socket.IPPROTO_TCP, socket.TCP_KEEPCNT))
        keep_alive = streams.KeepAlive(*(value and value * 10**9 for value in (idle, interval)), count)
    return streams.ConnectionOptions(
        host=_host(address),
        service=connect.Service_Port(address[1]),
        addresses=None,
        family=_family(sock.family),
        protocol=None,
        lookup_flags=connect.LookupFlags(0),
        sock=None,
        local_addresses=[] if local is None else [host_address(local)],
        tls=None,
        server_name=None,
        handshake_timeout=None,
        shutdown_timeout=None,
        happy_eyeballs_delay=None,
        interleave=None,
        race_until=None,
        all_errors=False,
        timeout=None,
        refuse_networks=[],
        keep_alive=keep_alive,
        hop_limit=_hop_limit(sock, asked),
        receive_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_RCVBUF)),
        send_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_SNDBUF)),
    )


def endpoint_options(
    sock: socket.socket, local: Address | None, remote: Address | None, asked: dict[tuple[int, int], Any]
) -> Any:
    """For datagrams."""
    return datagrams.EndpointOptions(
        local_address=None if local is None else host_address(local),
        remote_address=None if remote is None else host_address(remote),
        family=_family(sock.family),
        protocol=None,
        lookup_flags=connect.LookupFlags(0),
        reuse_address=False,
        reuse_port=False,
        allow_broadcast=False,
        sock=None,
        all_errors=False,
        timeout=None,
        refuse_networks=[],
        hop_limit=_hop_limit(sock, asked),
        receive_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_RCVBUF)),
        send_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_SNDBUF)),
        queue_limit=None,
    )


def _hop_limit(sock: socket.socket, asked: dict[tuple[int, int], Any]) -> Any:
    if sock.family == socket.AF_INET:
        return asked.get((socket.IPPROTO_IP, socket.IP_TTL))
    return asked.get((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS))
