"""Callbacks, checks and exceptions of asyncio's connect calls, held to what CPython did for the same peers.

`golden` has what CPython 3.15 printed. `python -m pytest -k native` compares it with a CPython 3.14 or newer, where there is one, and
`GOLDEN=write` writes it anew.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import GUEST, LIMIT, TRACES, command, run
from pki import Authority, Leaf
from scripted import scripted

_GOLDEN = Path(__file__).parent / "golden"
_SCRIPTS = ("trace_streams", "trace_tls", "trace_datagrams", "checks")

_DATA = re.compile(r"   data b'([^']*)'")

# What differs, by the reason.
_SAME_DOT = "a name with a dot at its end is taken for the name without"
_TLS = {
    "the engine does not know its own hello when it comes back": ["- SSLError UNEXPECTED_MESSAGE", "+ SSLError PROTOCOL_ERROR"],
    _SAME_DOT: ["- SSLCertVerificationError CERTIFICATE_VERIFY_FAILED", "+    made", "+    returned", "+    lost None"],
}
_DIFFERENCES: dict[tuple[str, str], dict[str, list[str]]] = {
    ("trace_tls", "selector"): _TLS,
    ("trace_tls", "component"): _TLS,
    ("trace_streams", "selector"): {
        "WASI 0.2 has no word for a reset": [
            "-    lost ConnectionResetError(ECONNRESET Connection reset by peer)",
            "+    lost OSError(EIO I/O error)",
        ],
        "its sockets are called readable when they are not": ["+    get_buffer -1"] * 2,
    },
    ("trace_datagrams", "selector"): {
        "wasi-libc's word for it": [
            "-    error OSError(EMSGSIZE Message too long)",
            "+    error OSError(EMSGSIZE Message too large)",
        ],
        "Python's check of addresses, where the family does not fit": [
            "-    error gaierror(-9 Address family for hostname not supported)",
            "+    error OSError(unknown address family)",
        ],
    },
    ("checks", "component"): {
        "wasi-libc says so of a descriptor that is closed": [
            "- A-V13 OSError(EBADF Bad file descriptor)",
            "+ A-V13 OSError(EINVAL Invalid argument)",
        ],
    },
}


@pytest.fixture(scope="module")
def told(authority: Authority, leaf: Leaf) -> Iterator[dict[str, Any]]:
    with scripted(authority, leaf) as told:
        yield told


def _printed(interpreter: list[str], script: str, told: dict[str, Any]) -> str:
    done = run(interpreter, str(GUEST / f"{script}.py"), json.dumps(told))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("loop", ("component", "selector"))
@pytest.mark.parametrize("script", _SCRIPTS)
def test_as_cpython(script: str, loop: str, told: dict[str, Any], folder: Path, record_property: Callable[[str, object], None]) -> None:
    if (script, loop) == ("checks", "selector"):
        pytest.skip("wasi-libc looks names up in its own way, with its own words")
    here = _joined(_printed(command(folder, loop=loop), script, told))
    there = _joined((_GOLDEN / f"{script}.txt").read_text())
    different = [line.rstrip() for line in difflib.ndiff(there, here) if line[0] in "+-"]
    if loop == "selector":
        different = [line for line in different if not _allowed(line)]
    reasons = _DIFFERENCES.get((script, loop), {})
    if reasons:
        record_property(TRACES, [f"{script}, {loop} loop", "; ".join(reasons)])
    known = [line for lines in reasons.values() for line in lines]
    assert different == [line for line in known if loop == "component" or not _allowed(line)]


def _joined(text: str) -> list[str]:
    """The lines, of which those of data in a row are one: in how many pieces a stream comes depends on the moment."""
    lines: list[str] = []
    for line in text.splitlines():
        before, piece = (_DATA.fullmatch(each) for each in (lines[-1] if lines else "", line))
        if before and piece:
            lines[-1] = f"   data b'{before[1]}{piece[1]}'"
        else:
            lines.append(line)
    return lines


def _allowed(line: str) -> bool:
    """What happens now and then."""
    return line == "+    get_buffer -1"


def _native() -> str | None:
    for name in (os.environ.get("NATIVE_PYTHON"), "python3.15", "python3.14"):
        if name and (found := shutil.which(name)):
            return found
    return sys.executable if sys.version_info >= (3, 14) else None


@pytest.mark.parametrize("script", _SCRIPTS)
def test_native(script: str, told: dict[str, Any]) -> None:
    native = _native()
    if native is None:
        pytest.skip("no CPython 3.14 or newer here")
    printed = _printed([native], script, told)
    if os.environ.get("GOLDEN") == "write":
        (_GOLDEN / f"{script}.txt").write_text(printed)
    assert printed == (_GOLDEN / f"{script}.txt").read_text()


# Of some 30,000 sockets whose connecting is called off one is left open, out of Python's sight.
_KEPT_BY_HOST = 1


@pytest.mark.parametrize("loop", ("component", "selector"))
def test_a_thousand_timeouts_leave_nothing(told: dict[str, Any], loop: str) -> None:
    """Neither a call of the component nor a socket, a task or a timer; none waits for its connect; and the program goes on."""
    with contextlib.ExitStack() as stack:
        arguments = [*command(loop=loop), str(GUEST / "timeouts.py"), json.dumps(told | {"loop": loop})]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.callback(process.communicate)
        stack.callback(process.kill)
        limit = threading.Timer(LIMIT, process.kill)
        stack.callback(limit.cancel)
        limit.start()
        assert process.stdout is not None and process.stdin is not None
        before: Any = None
        for _ in range(2):
            left = json.loads(process.stdout.readline()), _sockets(process.pid)
            before = before or left
            # The host closes a socket a moment after it has said so.
            until = time.monotonic() + LIMIT / 2
            while left[1] > before[1] + _KEPT_BY_HOST and time.monotonic() < until:
                time.sleep(0.01)
                left = left[0], _sockets(process.pid)
            assert left[0] == before[0] and left[1] <= before[1] + _KEPT_BY_HOST
            process.stdin.write("\n")
            process.stdin.flush()
        late = json.loads(process.stdout.readline())
        said = process.communicate(timeout=LIMIT)[0]
    assert before[0] == dict.fromkeys(before[0], 0) | {"tasks": 2 if loop == "component" else 1}
    assert late == {"late": 1000, "early": 0, "waited": 0, "oversleeps": 0}
    assert said == "b'still here'\n"


def _sockets(process: int) -> int:
    """How many sockets the host has open."""
    folder = Path(f"/proc/{process}/fd")
    return sum(os.readlink(each).startswith("socket:") for each in folder.iterdir())


def test_a_connection_lives_from_one_export_to_the_next(told: dict[str, Any]) -> None:
    """And what was begun in one call goes on in the others."""
    done = run(command(built="sessions"), str(told["echo"]))
    expected = ["127.0.0.1", "one two", "True timed out", "three closed", "127.0.0.1 again"]
    assert (done.stdout.splitlines(), done.returncode) == (expected, 0), done.stderr


def test_other_imports_go_on(told: dict[str, Any]) -> None:
    said = _printed(command(loop="component"), "beside", told).splitlines()
    assert said == [
        "waits of another import: 3 while connected",
        "a busy loop lets others go on",
        "a cancelled import does no harm",
        "an exception that nobody asks for does no harm",
        "timers that are never due do no harm",
        "failures of datagrams that nobody asked for: 1",
        "kept of a call that has returned: None",
        "left pending at the end",
    ]
