"""Which of the options that WASI lacks the component and its host have: known only by trying."""

from __future__ import annotations

import errno
import socket
from typing import Any

from .addresses import Address
from .bindings import Err, connect, datagrams, streams
from .calls import begin
from .failures import connecting_failed
from .options import SO_BROADCAST, SO_REUSEPORT, connection_options, endpoint_options

OPTIONS = {(socket.SOL_SOCKET, SO_BROADCAST), (socket.SOL_SOCKET, SO_REUSEPORT)}
_ANYWHERE: Address = ("127.0.0.1", 0)

lacking: dict[tuple[int, int], OSError] = {}
"""Why those that were tried cannot be set."""
_tried: set[tuple[int, int]] = set()
_no_delay = False


async def known(name: int) -> None:
    """Tries it once, with an endpoint that nobody sends to."""
    option = (socket.SOL_SOCKET, name)
    if option in _tried:
        return
    _tried.add(option)
    attempt: Any = datagrams.Attempt()
    try:
        endpoint = await attempt.run(endpoint_options(socket.AF_INET, _ANYWHERE, None, {option: 1}))
        with endpoint:
            pass
    except Err as told:
        error = connecting_failed(told.value.failure, told.value.message)
        if error.errno in (errno.EOPNOTSUPP, errno.EACCES):
            lacking[option] = error
    finally:
        with attempt:
            pass


def no_delay() -> bool:
    """Whether a connection has `TCP_NODELAY`, which it has wherever that can be. Nothing connects to port 0: only the option is tried."""
    option = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
    if option not in _tried:
        _tried.add(option)
        attempt: Any = streams.Attempt()
        options = connection_options(socket.AF_INET, (_ANYWHERE[0], 0), None, {})
        options.no_delay = True

        def told(_: object, error: Any) -> None:
            global _no_delay
            with attempt:
                pass
            match getattr(getattr(error, "value", None), "failure", None):
                case connect.Failure_Os(failure):
                    _no_delay = "no-delay" not in failure.message

        begin(attempt.run(options), told)
    return _no_delay
