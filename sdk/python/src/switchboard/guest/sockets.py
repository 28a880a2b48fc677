"""`socket.socketpair`, which asks a socket for its address while it is still connecting: wasi-libc ends the program there."""

from __future__ import annotations

import select
import socket


def socketpair(
    family: int = socket.AF_INET, type: int = socket.SOCK_STREAM, proto: int = 0
) -> tuple[socket.socket, socket.socket]:
    """Two sockets that are connected, over the loopback interface."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise ValueError("Only AF_INET and AF_INET6 socket address families are supported")
    if type != socket.SOCK_STREAM:
        raise ValueError("Only SOCK_STREAM socket type is supported")
    if proto != 0:
        raise ValueError("Only protocol zero is supported")
    with socket.socket(family, type, proto) as listener:
        listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        listener.listen()
        client = socket.socket(family, type, proto)
        try:
            client.setblocking(False)
            try:
                client.connect(listener.getsockname())
            except BlockingIOError:
                pass
            server, address = listener.accept()
            select.select([], [client], [])
            client.setblocking(True)
            if address != client.getsockname():
                server.close()
                raise ConnectionError("Unexpected peer connection")
        except BaseException:
            client.close()
            raise
    return server, client


def use() -> None:
    """Puts it in the place of Python's."""
    socket.socketpair = socketpair
