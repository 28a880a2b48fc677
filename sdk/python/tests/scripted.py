"""Peers with a script each, in threads of the tests."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from conftest import LIMIT, context_of
from pki import Authority, Leaf

_PIECE = 1 << 16


def _all(sock: Any) -> int:
    """Reads to the end, and says how much that was."""
    count = 0
    while data := sock.recv(_PIECE):
        count += len(data)
    return count


def echo(sock: socket.socket) -> None:
    while data := sock.recv(_PIECE):
        sock.sendall(data)


def hello(sock: socket.socket) -> None:
    """Says hello, closes its side, and waits for the end."""
    sock.sendall(b"hello")
    sock.shutdown(socket.SHUT_WR)
    _all(sock)


def reset(sock: socket.socket) -> None:
    """Answers once, and resets the connection at the next byte."""
    sock.sendall(sock.recv(1))
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def count(sock: socket.socket) -> None:
    """Tells at the end how much it got."""
    sock.sendall(str(_all(sock)).encode())


def later(sock: socket.socket) -> None:
    """Reads nothing before it has been asked to, by a byte; then tells how much it got."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    time.sleep(0.3)
    sock.sendall(str(_all(sock)).encode())


def silent(sock: socket.socket) -> None:
    """Neither reads nor says anything."""
    sock.recv(1, socket.MSG_PEEK)
    threading.Event().wait(LIMIT)


def gone(sock: socket.socket) -> None:
    """Closes at the first byte, having read it all."""
    sock.recv(_PIECE)


class Scripted:
    """All of them, and where they listen."""

    def __init__(self, stack: contextlib.ExitStack, authority: Authority, leaf: Leaf) -> None:
        self._stack = stack
        self.totals: list[int] = []
        context = context_of(leaf)

        def tls(script: Callable[[Any], None]) -> Callable[[socket.socket], None]:
            def serve(sock: socket.socket) -> None:
                with context.wrap_socket(sock, server_side=True) as secure:
                    script(secure)

            return serve

        def starttls(sock: socket.socket) -> None:
            sock.recv(_PIECE)
            sock.sendall(b"go ahead")
            tls(goodbye)(sock)

        def goodbye(secure: ssl.SSLSocket) -> None:
            """Echoes to the peer's goodbye, and says its own."""
            echo(secure)  # type: ignore[arg-type]
            with contextlib.suppress(OSError):
                secure.unwrap()

        def first_goodbye(secure: ssl.SSLSocket) -> None:
            secure.sendall(b"hello")
            with contextlib.suppress(OSError):
                secure.unwrap()

        def truncated(secure: ssl.SSLSocket) -> None:
            secure.sendall(b"hello")
            os.close(secure.detach())

        def total(sock: socket.socket) -> None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            time.sleep(0.3)
            self.totals.append(_all(sock))

        def totals(sock: socket.socket) -> None:
            until = time.monotonic() + LIMIT
            while not self.totals and time.monotonic() < until:
                time.sleep(0.01)
            sock.sendall(str(self.totals.pop()).encode())

        scripts = {
            "echo": echo, "hello": hello, "reset": reset, "count": count, "later": later, "silent": silent, "gone": gone,
            "total": total, "totals": totals, "tls": tls(goodbye), "tls_hello": tls(first_goodbye), "tls_truncated": tls(truncated),
            "starttls": starttls,
        }  # fmt: skip
        self.told: dict[str, Any] = {name: self._listen(script) for name, script in scripts.items()}
        self.told |= {"udp": self._datagrams(), "closed": self._closed(), "udp_closed": _udp_closed()}
        self.told |= {"full": self._full(), "ca": str(authority.cert)}

    def _listen(self, script: Callable[[socket.socket], None]) -> int:
        server = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def run(sock: socket.socket) -> None:
            with sock, contextlib.suppress(OSError):
                script(sock)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=run, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(server.getsockname()[1])

    def _datagrams(self) -> int:
        sock = self._stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    data, address = sock.recvfrom(_PIECE)
                    sock.sendto(data, address)

        threading.Thread(target=serve, daemon=True).start()
        return int(sock.getsockname()[1])

    def _closed(self) -> int:
        """A port where nobody listens, nor will: it is taken."""
        sock = self._stack.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])

    def _full(self) -> int:
        """A listener whose queue is full, so that nobody answers."""
        server = self._stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        return int(server.getsockname()[1])


def _udp_closed() -> int:
    """A port that nobody has."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def scripted(authority: Authority, leaf: Leaf) -> Iterator[dict[str, Any]]:
    """What a script is told of them."""
    with contextlib.ExitStack() as stack:
        yield Scripted(stack, authority, leaf).told
