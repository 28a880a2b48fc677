"""Libraries from PyPI, unmodified, print in the component what they print natively, against the same servers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import GUEST, LOOPS, SITE, command, native, run
from pki import Authority, Leaf
from servers import Servers, environment

_LIBRARIES = GUEST.parent / "libraries"


@pytest.fixture(scope="module")
def arguments(folder: Path, authority: Authority, leaf: Leaf) -> Iterator[dict[str, list[str]]]:
    """What each script is told."""
    with contextlib.ExitStack() as stack:
        servers = Servers(stack, folder, authority, leaf)
        web, redis, nats = servers.python("web"), [servers.redis()], [servers.nats()]
        mail, names = servers.python("mail", 2), servers.python("dns", 2)
        ports = {"httpx": web, "aiohttp": web, "requests": web, "websockets": web}
        ports |= {"redis": redis, "nats": nats, "aiosmtplib": mail, "dnspython": names}
        yield {name: [*each, servers.ca] for name, each in ports.items()}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("name", sorted(path.stem.removeprefix("use_") for path in _LIBRARIES.glob("use_*.py")))
def test_the_same_as_natively(name: str, arguments: dict[str, list[str]], folder: Path, loop: str) -> None:
    script = str(_LIBRARIES / f"use_{name}.py")
    there = run(native(), script, *arguments[name], env=environment())
    assert there.returncode == 0, there.stderr
    here = run(command(folder, _LIBRARIES, SITE, environment={"PYTHONPATH": str(SITE)}, loop=loop), script, *arguments[name])
    assert here.returncode == 0, here.stderr
    assert here.stdout == there.stdout
    assert here.stdout.count("\n") >= 3
