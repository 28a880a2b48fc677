"""Which of the options that WASI lacks the component and its host have: known only by trying."""

from __future__ import annotations

import errno
import socket
from typing import Any

from .addresses import Address
from .bindings import Err, datagrams
from .failures import connecting_failed
from .options import SO_BROADCAST, SO_REUSEPORT, endpoint_options

OPTIONS = {(socket.SOL_SOCKET, SO_BROADCAST), (socket.SOL_SOCKET, SO_REUSEPORT)}
_ANYWHERE: Address = ("127.0.0.1", 0)

lacking: dict[tuple[int, int], OSError] = {}
"""Why those that were tried cannot be set."""
_tried: set[tuple[int, int]] = set()


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
