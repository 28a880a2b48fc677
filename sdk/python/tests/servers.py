"""Servers for the tests: scripts, and programs of the system."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from conftest import GUEST, LIMIT, SITE, native
from pki import Authority, Leaf

_PEERS = GUEST.parent / "peers"


class Servers:
    """The servers, and where they listen."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, authority: Authority, leaf: Leaf) -> None:
        self._stack, self._folder, self._leaf = stack, folder, leaf
        self.ca = str(authority.cert)

    def python(self, name: str, count: int = 1) -> list[str]:
        """A peer in Python, which tells so many ports."""
        arguments = [*native(), str(_PEERS / f"{name}_server.py"), str(self._leaf.cert), str(self._leaf.key)]
        process = self._start(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        assert process.stdout is not None
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        ports = [process.stdout.readline().strip() for _ in range(count)]
        timer.cancel()
        assert all(ports), f"{name} did not start"
        return ports

    def redis(self) -> str:
        """The server of Debian's package, over TLS alone."""
        port = _free_port()
        tls = ["--tls-cert-file", str(self._leaf.cert), "--tls-key-file", str(self._leaf.key), "--tls-ca-cert-file", self.ca]
        options = ["--port", "0", "--tls-port", port, "--tls-auth-clients", "no", "--save", "", "--bind", "127.0.0.1"]
        self._start([_program("redis-server"), *options, *tls, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        return _listening(port)

    def nats(self) -> str:
        """The server of Debian's package, over TLS alone."""
        port = _free_port()
        tls = ["--tls", "--tlscert", str(self._leaf.cert), "--tlskey", str(self._leaf.key)]
        self._start([_program("nats-server"), "-a", "127.0.0.1", "-p", port, *tls], stderr=subprocess.DEVNULL)
        return _listening(port)

    def _start(self, arguments: list[str], **named: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(arguments, **named)  # type: ignore[call-overload]
        self._stack.callback(process.communicate)
        self._stack.callback(process.kill)
        return process  # type: ignore[no-any-return]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(SITE)}


def _program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    assert found, f"{name} is not here"
    return found


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def _listening(port: str) -> str:
    """The port, when somebody listens there; these servers do not say when."""
    until = time.monotonic() + LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port)), LIMIT).close()
            return port
        except ConnectionRefusedError:
            assert time.monotonic() < until, f"nobody listens at {port}"
            time.sleep(0.01)
