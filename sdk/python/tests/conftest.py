"""The component that runs scripts, certificates, and peers."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pki import Authority, Leaf
from switchboard import tools

_HERE = Path(__file__).parent
TARGET = _HERE.parents[2] / "target"
GUEST = _HERE / "guest"
SITE = TARGET / "python" / "site"
LIMIT = 60


def command(*folders: Path, environment: dict[str, str] | None = None, loop: str = "selector", built: str = "") -> list[str]:
    """How to run a script in the component, which sees these folders, on asyncio's own loop or the component model's."""
    component = TARGET / "python" / f"{built or {'selector': 'python', 'component': 'loop'}[loop]}.cwasm"
    if not component.is_file():
        pytest.exit(f"{component} is not here: make test-python builds it", 2)
    seen = [word for folder in (GUEST, *folders) for word in ("--dir", f"{folder}::{folder}")]
    seen += [word for name, value in (environment or {}).items() for word in ("--env", f"{name}={value}")]
    run = [str(tools.wasmtime()), "run", "--allow-precompiled", "-S", "inherit-network,allow-ip-name-lookup"]
    return [*run, *seen, str(component)]


LOOPS = ("selector", "component")


def native() -> list[str]:
    """How to run a script in the Python of the tests."""
    return [sys.executable]


def run(interpreter: list[str], *arguments: str, **named: Any) -> subprocess.CompletedProcess[str]:
    """Runs a script to its end."""
    return subprocess.run([*interpreter, *arguments], capture_output=True, text=True, timeout=LIMIT, check=False, **named)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files of the whole run."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    """Whom everybody trusts."""
    return Authority(folder)


@pytest.fixture(scope="session")
def leaf(authority: Authority) -> Leaf:
    """A certificate for localhost."""
    return authority.issue("DNS:localhost", "IP:127.0.0.1")


Serve = Callable[..., int]


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Serves lines over TLS, a thread for each connection, until the tests are over; gives the port."""
    with contextlib.ExitStack() as stack:

        def start(leaf: Leaf, **settings: Any) -> int:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            threading.Thread(target=_accept, args=(server, context_of(leaf, **settings)), daemon=True).start()
            return int(server.getsockname()[1])

        yield start


def context_of(leaf: Leaf, *, alpn: list[str] | None = None, ca: Path | None = None, maximum: str | None = None) -> ssl.SSLContext:
    """A server's context, which asks for a certificate if there is an authority for clients."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(leaf.cert, leaf.key)
    if alpn:
        context.set_alpn_protocols(alpn)
    if ca:
        context.verify_mode = ssl.CERT_REQUIRED
    if maximum:
        context.maximum_version = ssl.TLSVersion[maximum]
    return context


def _accept(server: socket.socket, context: ssl.SSLContext) -> None:
    with contextlib.suppress(OSError):
        while True:
            raw, _ = server.accept()
            threading.Thread(target=_echo, args=(raw, context), daemon=True).start()


def _echo(raw: socket.socket, context: ssl.SSLContext) -> None:
    with raw, contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as tls:
        with tls.makefile("rwb") as file:
            for line in file:
                file.write(line)
                file.flush()
        tls.unwrap()


class Serving:
    """A script that serves, natively or in the component."""

    def __init__(self, interpreter: list[str], script: str, told: dict[str, Any]) -> None:
        arguments = [*interpreter, str(GUEST / script), json.dumps(told)]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.port = int(self.line())

    def line(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        timer = threading.Timer(LIMIT, self._process.kill)
        timer.start()
        try:
            return self._process.stdout.readline()
        finally:
            timer.cancel()

    def said(self) -> Any:
        """The next line, which is JSON."""
        return json.loads(self.line())

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that build components first: side by side with the others they take no longer than those."""
    items.sort(key=lambda item: item.path.name not in ("test_program.py", "test_readme.py", "test_unix.py"))


CPYTHONS_OWN = "CPython's own tests"
TRACES = "traces"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What it was tried with, and how CPython's own tests went."""
    folder = _HERE / "libraries"
    tried = {"urllib3", *(path.stem.removeprefix("use_") for path in folder.glob("use_*.py"))}
    pinned = [line for line in (folder / "requirements.txt").read_text().splitlines() if line.split("==")[0].removesuffix("-py") in tried]
    inside = importlib.metadata.version("componentize-py")
    terminalreporter.write_line(f"with componentize-py=={inside}, and of PyPI's libraries {', '.join(pinned)}")
    line = terminalreporter.write_line
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    own = [value for report in reports for name, value in report.user_properties if name == CPYTHONS_OWN]
    if any("test_cpython" in report.nodeid for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("NOT RUN", red=True)
        line(f"{CPYTHONS_OWN}: none ran, for there is no CPython 3.13 with its tests here")
    if own:
        ran, skipped, threads, failed = (sum(each[at] for each in own) for at in (2, 3, 4, 5))
        line(
            f"{CPYTHONS_OWN}, of {own[0][1]}: {ran} ran, {threads} of them need threads, {ran - threads - failed} passed, "
            f"{failed} failed as listed; {skipped} skipped themselves (Windows, Unix sockets, subprocesses)"
        )
        for name, *_, reasons in own:
            if reasons:
                line(f"  {name}: {', '.join(reasons)}")
    for name, value in [pair for report in reports for pair in report.user_properties]:
        if name == TRACES:
            line(f"Callbacks and exceptions of {value[0]} otherwise than CPython's: {value[1]}")


# Whom the tests trust they say themselves.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE"):
    os.environ.pop(_name, None)
