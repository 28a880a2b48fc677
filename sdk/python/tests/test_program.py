"""A program becomes a component with all that it needs, and runs as with `python`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import LIMIT, LOOPS, command, run
from switchboard import cli, tools

_PROGRAM = """\
import sys
import beside
from package import told

print(__name__, sys.argv[1:], beside.late(), told())
import json, os
print(beside.NAME, json.loads("[1]"))
sys.exit(int(sys.argv[1]))
"""
_BESIDE = """\
import os

# Of the run, not of the build.
NAME = os.environ.get("NAME")


def late():
    import importlib.metadata, importlib.resources, pkgutil, wave, package.lazy

    return [
        importlib.metadata.version("package"),
        importlib.resources.files("package").joinpath("data.txt").read_text(),
        pkgutil.get_data("package", "data.txt").decode(),
        [module.name for module in pkgutil.iter_modules(package.__path__)],
        package.lazy.NAME,
        wave.__name__,
    ]
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    files = {
        "program.py": _PROGRAM,
        "beside.py": _BESIDE,
        "packages/package/__init__.py": "def told():\n    return open(__file__.replace('__init__.py', 'data.txt')).read()\n",
        "packages/package/lazy.py": "NAME = __name__\n",
        "packages/package/data.txt": "data",
        "packages/package-1.2.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: package\nVersion: 1.2.3\n",
        "packages/package-1.2.3.dist-info/RECORD": "package/__init__.py,,\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "program.py"


_SAID = "__main__ ['{}'] ['1.2.3', 'data', 'data', ['lazy'], 'package.lazy', 'wave'] data\n{} [1]\n"


def _switchboard_py(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "switchboard", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=10 * LIMIT, check=False)


def test_it_is_built(program: Path) -> None:
    """For hosts that have WASI 0.2 alone, too."""
    output = program.parent / "out" / "program.cwasm"
    arguments = ["-p", str(program.parent / "packages"), "--wasi-0.2", "--compile", "-o", str(output), str(program)]
    built = _switchboard_py("build", *arguments)
    assert (built.returncode, built.stdout) == (0, ""), built.stderr
    assert "componentizing" in built.stderr and "with beside, package" in built.stderr
    for status in (0, 3):
        wasmtime = [str(tools.wasmtime()), "run", "--allow-precompiled", "-S", "p3=n", "--env", "NAME=value", str(output)]
        done = run(wasmtime, str(status))
        assert (done.stdout, done.returncode) == (_SAID.format(status, "value"), min(status, 1)), done.stderr


def test_it_is_run(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it may see, and its own arguments. What it is built of is what `build` builds."""
    commands: list[list[str]] = []

    def record(command: list[Any], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 3)

    folder = f"{program.parent}::/data"
    monkeypatch.setattr(cli, "build", lambda options: commands.append([str(options.script), *map(str, options.path)]))
    monkeypatch.setattr(cli.stopping, "run", record)
    assert cli.main(["run", "-p", "packages", "--env", "NAME=value", "--dir", folder, str(program), "3", "--flag"]) == 3
    (built, ran) = commands
    assert built == [str(program), "packages"]
    assert ran[1:4] == ["run", "-S", "inherit-network,allow-ip-name-lookup"]
    assert ran[4:8] == ["--dir", folder, "--env", "NAME=value"] and ran[8].endswith("program.wasm") and ran[9:] == ["3", "--flag"]


def test_its_exit_status() -> None:
    for loop in LOOPS:
        assert run(command(loop=loop), "-c", "import sys; sys.exit(3)").returncode == 3
        assert run(command(loop=loop), "-c", "import asyncio\nasyncio.run(asyncio.sleep(0))").returncode == 0
        assert run(command(loop=loop), "-c", "1 / 0").returncode == 1


def test_an_exception_that_is_its_own_cause() -> None:
    for raising in ("raise error from error", "raise PermissionError('mine') from None"):
        done = run(command(), "-c", f"try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    {raising}")
        assert done.returncode == 1 and "Error: " in done.stderr and "The host may" not in done.stderr, done.stderr


def test_its_annotations_are_its_own() -> None:
    for loop in LOOPS:
        done = run(command(loop=loop), "-c", "class Told:\n    x: int = 0\nprint(Told.__annotations__)")
        assert done.stdout == "{'x': <class 'int'>}\n", done.stderr


def test_a_script_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import helper, sys\nprint(sys.argv, __file__, helper.NAME)\nraise SystemExit('bad')\n")
    (tmp_path / "helper.py").write_text("NAME = __name__\n")
    done = run(command(tmp_path), str(tmp_path / "script.py"), "a", "b")
    path = str(tmp_path / "script.py")
    assert (done.stdout, done.stderr, done.returncode) == (f"{[path, 'a', 'b']} {path} helper\n", "bad\n", 1)


def test_other_ways_to_give_one(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    given = {"PYTHONPATH": str(tmp_path)}
    assert run(command(tmp_path, environment=given), "-m", "module", "x").stdout == "__main__ ['x']\n"
    assert run(command(), "-c", "import sys; print(sys.argv)", "x").stdout == "['-c', 'x']\n"
    assert run(command(), input="print(6 * 7)").stdout == "42\n"


def test_an_exception_is_told_as_python_tells_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import json, atexit\natexit.register(print, 'at exit')\ndef function():\n    json.loads('x')\nfunction()\n")
    done = run(command(tmp_path), str(script))
    assert (done.stdout, done.returncode) == ("at exit\n", 1)
    assert done.stderr.startswith(f'Traceback (most recent call last):\n  File "{script}", line 5, in <module>\n    function()\n')
    assert "json/decoder.py" in done.stderr and done.stderr.rstrip().endswith("Expecting value: line 1 column 1 (char 0)")
    assert "switchboard" not in done.stderr


def test_each_run_has_its_own_randomness() -> None:
    script = "import random, uuid, os, ssl; print(random.random(), uuid.uuid4(), os.urandom(8), ssl.RAND_bytes(8))"
    assert run(command(), "-c", script).stdout != run(command(), "-c", script).stdout


def test_what_was_kept_cannot_be_changed() -> None:
    script = (
        "import json, os\n"
        "for function in (lambda: open(json.__file__, 'w'), lambda: os.listdir('/python/json/x'), lambda: open('/python/absent')):\n"
        "    try: function()\n"
        "    except OSError as error: print(type(error).__name__, error.filename)\n"
        "print(len(open(json.__file__).read()) > 1000, os.path.isdir('/python/json'), sorted(os.listdir('/python/json'))[0])\n"
        "print(next(os.walk('/python/json'))[2][0])\n"
    )
    said = run(command(), "-c", script).stdout.splitlines()
    assert said[0].startswith("OSError /python/json/__init__.py")
    assert said[1:3] == ["FileNotFoundError /python/json/x", "FileNotFoundError /python/absent"]
    assert said[3:] == ["True True __init__.py", "__init__.py"]


def test_run_is_asyncios() -> None:
    script = "import asyncio, switchboard\nprint(switchboard.run(asyncio.sleep(0, 'ran')))"
    assert run(command(), "-c", script).stdout == "ran\n"
    assert run([sys.executable], "-c", script).stdout == "ran\n"


def test_what_the_host_does_not_permit() -> None:
    """The exception is Python's, and a note says how it is permitted."""
    connecting = "import socket\nsocket.create_connection(({host!r}, 1))"
    streams = "import asyncio\nasyncio.run(asyncio.open_connection({host!r}, 1))"
    for loop in LOOPS:
        whole = command(loop=loop)
        allowed = whole.index("-S")
        refused = whole[:allowed] + whole[allowed + 2 :]
        for script, host in ((connecting, "localhost"), (connecting, "127.0.0.1"), (streams, "localhost"), (streams, "127.0.0.1")):
            done = run(refused, "-c", script.format(host=host))
            assert done.returncode == 1
            error, note = done.stderr.splitlines()[-2:]
            assert re.match(r"socket\.gaierror: |PermissionError: ", error), done.stderr
            assert note.endswith("wasmtime run -S inherit-network,allow-ip-name-lookup")
        # Of another reason nothing is said.
        assert run(whole, "-c", connecting.format(host="127.0.0.1")).stderr.splitlines()[-1].startswith("ConnectionRefusedError")


def test_the_component_models_loop_says_how_to_listen() -> None:
    for listening in ("create_server(print, '127.0.0.1', 0)", "create_unix_server(print, 'path')"):
        script = f"import asyncio\nasync def main():\n    await asyncio.get_running_loop().{listening}\nasyncio.run(main())"
        done = run(command(loop="component"), "-c", script)
        assert done.stderr.splitlines()[-1].endswith("build without --component-loop"), done.stderr
