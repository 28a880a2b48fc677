"""The standard library's clients and asyncio's loop do in the component what they do natively."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import GUEST, LOOPS, command, native, run
from pki import Authority, Leaf
from servers import Servers


def both(script: str, *arguments: str, folders: tuple[Path, ...] = (), loop: str = "selector") -> str:
    """What a script prints, natively and in the component."""
    there = run(native(), str(GUEST / script), *arguments)
    assert there.returncode == 0, there.stderr
    here = run(command(*folders, loop=loop), str(GUEST / script), *arguments)
    assert here.returncode == 0, here.stderr
    assert here.stdout == there.stdout
    return here.stdout


@pytest.fixture
def servers(folder: Path, authority: Authority, leaf: Leaf) -> Iterator[Servers]:
    with contextlib.ExitStack() as stack:
        yield Servers(stack, folder, authority, leaf)


def test_clients_over_tls(servers: Servers, folder: Path) -> None:
    names = ("web", "starttls", "smtps", "imaps", "imap", "pop3s", "ftp")
    ports = [*servers.python("web"), *servers.python("mail", 2), *servers.python("dialogues", 4)]
    arguments = [f"{name}={port}" for name, port in zip(names, ports, strict=True)]
    said = both("stdlib.py", *arguments, servers.ca, folders=(folder,))
    assert "unable to get local issuer certificate" in said and "['one', 'two']" in said


def test_the_loop() -> None:
    said = both("loop.py")
    assert "a_silent_address 1" in said and "refused True" in said


def test_sockets_that_take_nothing_after_all() -> None:
    """Nothing is lost, nor out of order: WASI's sockets do so, and CPython 3.14 forgets what they did not take."""
    assert run(command(), str(GUEST / "written.py")).stdout == "True True\n"


@pytest.mark.parametrize("loop", LOOPS)
def test_the_documentations_echo_clients(loop: str) -> None:
    def answer(server: socket.socket) -> None:
        for _ in range(4):
            sock, _ = server.accept()
            with sock:
                sock.sendall(sock.recv(100))

    def answer_datagrams(server: socket.socket) -> None:
        while True:
            data, address = server.recvfrom(100)
            server.sendto(data, address)

    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        threading.Thread(target=answer, args=(tcp,), daemon=True).start()
        threading.Thread(target=_quietly(answer_datagrams), args=(udp,), daemon=True).start()
        said = both("echoes.py", str(tcp.getsockname()[1]), str(udp.getsockname()[1]), loop=loop)
    assert said.count("Hello World!") == 6


def _quietly(function):  # type: ignore[no-untyped-def]
    """Until the socket is closed."""

    def wrapped(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            function(sock)

    return wrapped
