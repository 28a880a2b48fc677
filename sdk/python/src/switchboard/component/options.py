"""What was set on a socket, as options of the contract."""

from __future__ import annotations

import socket
from typing import Any

from .addresses import AF_UNIX, Address, host, host_address
from .bindings import connect, datagrams, streams

SO_BROADCAST = getattr(socket, "SO_BROADCAST", 6)
SO_REUSEPORT = getattr(socket, "SO_REUSEPORT", 15)

Asked = dict[tuple[int, int], Any]
"""The options of a socket that were set, by level and name."""


def _family(number: int) -> Any:
    if number == AF_UNIX:
        return connect.Family.UNIX
    return connect.Family.INET if number == socket.AF_INET else connect.Family.INET6


def connection_options(family: int, address: Address, local: Address | None, asked: Asked) -> Any:
    """To connect a socket to one address."""
    keep_alive = no_delay = None
    if asked:
        if asked.get((socket.SOL_SOCKET, socket.SO_KEEPALIVE)):
            idle, interval = (asked.get((socket.IPPROTO_TCP, name)) for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL))
            count = asked.get((socket.IPPROTO_TCP, socket.TCP_KEEPCNT))
            keep_alive = streams.KeepAlive(*(value and value * 10**9 for value in (idle, interval)), count)
        if asked.get((socket.IPPROTO_TCP, socket.TCP_NODELAY)) == 0:
            no_delay = False
    return streams.ConnectionOptions(
        host=host(address),
        service=connect.Service_Port(address[1]),
        addresses=None,
        family=_family(family),
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
        hop_limit=_hop_limit(family, asked),
        receive_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_RCVBUF)),
        send_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_SNDBUF)),
        # Absent it is set wherever it can be, as asyncio does.
        no_delay=no_delay,
    )


def unix_options(path: bytes, asked: Asked) -> Any:
    """To connect to a Unix socket."""
    return streams.UnixOptions(
        path=path,
        sock=None,
        tls=None,
        server_name=None,
        handshake_timeout=None,
        shutdown_timeout=None,
        timeout=None,
        receive_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_RCVBUF)),
        send_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_SNDBUF)),
    )


def endpoint_options(family: int, local: Address | None, remote: Address | None, asked: Asked) -> Any:
    """For datagrams."""
    unix = family == AF_UNIX
    return datagrams.EndpointOptions(
        local_address=None if local is None or unix else host_address(local),
        remote_address=None if remote is None or unix else host_address(remote),
        unix_local=local if unix else None,
        unix_remote=remote if unix else None,
        family=_family(family),
        protocol=None,
        lookup_flags=connect.LookupFlags(0),
        reuse_address=False,
        reuse_port=bool(asked.get((socket.SOL_SOCKET, SO_REUSEPORT))),
        allow_broadcast=bool(asked.get((socket.SOL_SOCKET, SO_BROADCAST))),
        sock=None,
        all_errors=False,
        timeout=None,
        refuse_networks=[],
        hop_limit=None if unix else _hop_limit(family, asked),
        receive_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_RCVBUF)),
        send_buffer_size=asked.get((socket.SOL_SOCKET, socket.SO_SNDBUF)),
        queue_limit=None,
    )


def _hop_limit(family: int, asked: Asked) -> Any:
    if family == socket.AF_INET:
        return asked.get((socket.IPPROTO_IP, socket.IP_TTL))
    return asked.get((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS))
