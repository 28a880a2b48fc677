"""Runs each example as a component of its own: `make example-python`."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE.parents[1] / "sdk" / "python" / "tests"))
from conftest import LIMIT, SITE, authority, folder, leaf  # noqa: E402, F401
from pki import Authority, Leaf  # noqa: E402
from servers import Servers  # noqa: E402
from switchboard import tools  # noqa: E402


@pytest.fixture
def servers(folder: Path, authority: Authority, leaf: Leaf) -> Iterator[Servers]:  # noqa: F811
    with contextlib.ExitStack() as stack:
        yield Servers(stack, folder, authority, leaf)


def built(name: str, folder: Path) -> list[str]:  # noqa: F811
    """A component of an example, and how to run it."""
    output = folder / f"{name}.wasm"
    build = [sys.executable, "-m", "switchboard", "build", "-p", str(SITE), str(_HERE / f"{name}.py"), "-o", str(output)]
    subprocess.run(build, check=True, timeout=10 * LIMIT)
    seen = ["--dir", f"{folder}::{folder}"]
    return [str(tools.wasmtime()), "run", "-S", "inherit-network,allow-ip-name-lookup", *seen, str(output)]


def said(command: list[str], *arguments: str) -> str:
    """What it prints."""
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=2 * LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fetch(servers: Servers, folder: Path) -> None:  # noqa: F811
    (port,) = servers.python("web")
    base = f"https://localhost:{port}"
    pages = said(built("fetch", folder), "--ca", servers.ca, f"{base}/one", f"{base}/big")
    assert pages == f"{base}/one HTTP/1.1 200 OK 12\n{base}/big HTTP/1.1 200 OK {1 << 21}\n"


def test_cache(servers: Servers, folder: Path) -> None:  # noqa: F811
    assert said(built("cache", folder), "localhost", servers.redis(), servers.ca) == "Hello from WebAssembly!\nvisits: 10\n"


def test_chat(folder: Path) -> None:  # noqa: F811
    command = built("chat", folder)
    with contextlib.ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            process = stack.enter_context(subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True))
            # Compiled when it first runs, which takes a while.
            stack.callback(process.kill)
            timer = threading.Timer(2 * LIMIT, process.kill)
            timer.start()
            stack.callback(timer.cancel)
            return process

        def line(process: subprocess.Popen[str]) -> str:
            assert process.stdout is not None
            return process.stdout.readline()

        server = start("serve", "0")
        port = line(server).split()[-1]
        ann = start("join", port, "Ann")
        assert line(ann) == "Welcome!\n"
        bob = start("join", port, "Bob", "Hello?")
        assert (line(bob), line(ann)) == ("Welcome!\n", "Bob: Hello?\n")


def test_udp_echo(folder: Path) -> None:  # noqa: F811
    assert said(built("udp_echo", folder)) == "datagram 0\ndatagram 1\ndatagram 2\n"
