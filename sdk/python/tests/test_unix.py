"""Unix sockets, and the options that WASI lacks: as natively where the component and its host have them, else an error that tells."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import GUEST, LIMIT, TARGET, command, context_of, native, run
from pki import Authority, Leaf
from scripted import echo, scripted


@pytest.fixture(scope="module")
def told(authority: Authority, leaf: Leaf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Servers at Unix sockets, in a folder with a short name."""
    folder = tmp_path_factory.mktemp("unix")
    context = context_of(leaf)

    def secure(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            echo(tls)
            tls.unwrap()

    with contextlib.ExitStack() as stack:
        _listen(stack, str(folder / "echo"), echo)
        _listen(stack, "\0" + str(folder), echo)
        _listen(stack, str(folder / "tls"), secure)
        reflector = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        reflector.bind(str(folder / "datagrams"))
        threading.Thread(target=_reflect, args=(reflector,), daemon=True).start()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(folder / "dead"))
        (folder / "file").write_text("")
        yield {"folder": str(folder)} | stack.enter_context(scripted(authority, leaf))


def _listen(stack: contextlib.ExitStack, path: str, script: Callable[[Any], None]) -> None:
    server = stack.enter_context(socket.socket(socket.AF_UNIX))
    server.bind(path)
    server.listen()

    def serve(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            script(sock)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def _reflect(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data, address = sock.recvfrom(1 << 16)
            if address:
                sock.sendto(data, address)


def _posix(folder: str) -> list[str]:
    return [str(TARGET / "debug" / "posix-run"), folder, str(TARGET / "python" / "posix.wasm")]


@pytest.fixture(scope="module")
def compiled() -> None:
    """The first run compiles it, which takes a while; the others have it from the cache."""
    subprocess.run([*_posix("-"), "-c", "pass"], check=True, timeout=10 * LIMIT)


def _printed(interpreter: list[str], *arguments: str) -> list[str]:
    done = run(interpreter, str(GUEST / "unix_sockets.py"), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.usefixtures("compiled")
def test_as_natively(told: dict[str, Any]) -> None:
    here = _printed(_posix(told["folder"]), json.dumps(told))
    for name in ("both", "local", "broadcast", "mine", "shared"):
        Path(told["folder"], name).unlink(missing_ok=True)
    assert here == _printed(native(), json.dumps(told))


@pytest.mark.usefixtures("compiled")
def test_what_is_not_granted(told: dict[str, Any]) -> None:
    said = _printed(_posix("-"), json.dumps(told), "denied")
    denied = "PermissionError(EACCES Permission denied)"
    reuse_port = "ValueError(reuse_port not supported by socket module, SO_REUSEPORT defined but not implemented.)"
    assert said == ["not_permitted", denied, denied, denied, reuse_port, denied, "no delay 0"]


def test_where_there_is_no_such_capability(told: dict[str, Any]) -> None:
    """The error names what would have it."""
    said = _printed(command(loop="component"), json.dumps(told), "denied")
    assert len(said) == 7 and said[6] == "no delay 0" and all("switchboard-posix.wasm" in line for line in said[1:4]), said
    assert said[4] == "ValueError(reuse_port not supported by socket module, SO_REUSEPORT defined but not implemented.)"
    assert "allow-broadcast" in said[5] or "switchboard-posix.wasm" in said[5], said
