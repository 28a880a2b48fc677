"""The command says what is missing, and what went wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import LIMIT, TARGET
from switchboard import build, checks, cli, stopping, tools, world


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text("")
    arguments = ["build", str(tmp_path / "app.py"), "-o", str(tmp_path / "app.wasm")]
    assert cli.main([*arguments, "--component", str(tmp_path / "absent.wasm")]) == 1
    assert "absent.wasm is not a file" in capsys.readouterr().err
    monkeypatch.setenv("SWITCHBOARD_TLS_WASM", str(tmp_path / "elsewhere.wasm"))
    assert cli.main(arguments) == 1
    assert "SWITCHBOARD_TLS_WASM names" in capsys.readouterr().err
    monkeypatch.setattr(tools, "_targets", lambda _: iter(()))
    monkeypatch.setenv("PATH", "")
    assert cli.main(arguments) == 1
    assert "wac is not here: cargo install wac-cli" in capsys.readouterr().err
    monkeypatch.delenv("SWITCHBOARD_TLS_WASM")
    with pytest.raises(tools.Missing, match="make component"):
        tools.component()
    assert not (tmp_path / "app.wasm").exists()


@pytest.mark.parametrize("arguments", [[], ["--component-loop"]])
def test_without_the_wit(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("")
    # As git leaves a link where it may make none.
    (tmp_path / "wit").write_text("../../../../wit")
    monkeypatch.setattr(world, "_OURS", tmp_path / "wit")
    assert cli.main(["build", *arguments, "-o", str(tmp_path / "app.wasm"), str(tmp_path / "app.py")]) == 1
    assert "wit is not the folder with Switchboard's WIT" in capsys.readouterr().err


_BEFORE = [
    (["--component-loop", "--wasi-0.2"], "needs WASI 0.3"),
    (["--posix", "--wasi-0.2"], "needs WASI 0.3"),
    (["-i", "absent"], "-i absent: there is no such package in"),
    (["-p", "packages", "-i", "there.absent"], "-i there.absent: there is no such package in"),
    (["-p", "absent"], "-p absent: there is no such folder"),
    (["-o", "app.py"], "app.py is the program itself"),
    (["-o", "app.py/app.wasm"], "app.py is not a folder"),
    (["-o", "packages"], "packages is a folder"),
    (["--component", "app.py"], "app.py is not a WebAssembly component; wanted is switchboard-tls.wasm"),
    (["--component", "module.wasm"], "a WebAssembly module, not a component"),
    (["--component", "cut.wasm"], "cut.wasm ends too early"),
    (["--component", str(TARGET / "app.wasm")], "does not export switchboard:connect/tls@0.1.0; wanted is switchboard-tls.wasm"),
    (["--component", str(TARGET / "switchboard-tls.wasm"), "--component-loop"], "streams@0.1.0; wanted is switchboard.wasm"),
    (["--component", str(TARGET / "switchboard.wasm"), "--posix"], "has no Unix sockets; wanted is switchboard-posix.wasm"),
    (["--component", str(TARGET / "switchboard-posix.wasm")], "needs a host that has switchboard:posix"),
    (["--component", str(TARGET / "switchboard.wasm"), "--wasi-0.2"], "needs WASI 0.3"),
]


@pytest.mark.parametrize(("arguments", "said"), _BEFORE, ids=[" ".join(Path(word).name for word in words) for words, _ in _BEFORE])
def test_before_anything_is_built(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("")
    (tmp_path / "packages" / "there").mkdir(parents=True)
    (tmp_path / "packages" / "there" / "__init__.py").write_text("")
    (tmp_path / "module.wasm").write_bytes(b"\0asm\1\0\0\0")
    (tmp_path / "cut.wasm").write_bytes((TARGET / "switchboard-tls.wasm").read_bytes()[:100_000])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(build, "_run", _never)
    assert _status(["build", "-q", *arguments, "app.py"]) != 0
    assert said in capsys.readouterr().err


def test_before_it_is_built_to_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(build, "_run", _never)
    script = tmp_path / "app.py"
    script.write_text("")
    for arguments, said in ((["--posix"], "wasmtime has no switchboard:posix"), (["--dir", "absent::/"], "--dir absent::/: there is no")):
        assert _status(["run", *arguments, str(script)]) != 0
        assert said in capsys.readouterr().err
    monkeypatch.setattr(tools, "_targets", lambda _: iter(()))
    monkeypatch.setenv("PATH", "")
    for arguments in (["run"], ["build", "--compile"]):
        monkeypatch.setattr(tools, "wac", lambda: Path("wac"))
        assert _status([*arguments, str(script)]) == 1
        assert "wasmtime is not here: cargo install wasmtime-cli" in capsys.readouterr().err


def _never(*_: object) -> None:
    raise AssertionError("the build has begun")


def _status(arguments: list[str]) -> object:
    try:
        return cli.main(arguments)
    except SystemExit as error:
        return error.code


@pytest.mark.parametrize("python", [(3, 11), (3, 14)])
def test_a_program_that_is_none(
    python: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Python as new as the component's is believed; an older one may not know what it reads, and the component's is asked."""
    (tmp_path / "app.py").write_text("x = 1\ndef f(:\n")
    monkeypatch.setattr(build.sys, "version_info", python)
    monkeypatch.setattr(build, "_run", _never if python >= checks.GUEST else _asked)
    assert cli.main(["build", "-q", str(tmp_path / "app.py")]) == 1
    told = capsys.readouterr().err
    assert "app.py, line 2: invalid syntax: def f(:" in told
    assert ("Python 3.11 says" in told and "it was asked" in told) == (python < checks.GUEST)


def _asked(*_: object) -> None:
    raise checks.Failed("it was asked")


def test_what_this_python_understands() -> None:
    assert checks.syntax_error("await x", "app.py", top_level_await=True) is None
    assert "outside function" in str(checks.syntax_error("await x", "app.py", top_level_await=False))
    assert "null" in str(checks.syntax_error("\0", "app.py", top_level_await=False))
    # Warnings are for when it runs.
    assert checks.syntax_error("1 is 1; '\\d'", "app.py", top_level_await=False) is None


_ENDED = """\
import signal
import sys
from pathlib import Path
from switchboard import cli, tools
# Whoever runs the tests in the background may have them ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
tools.componentize_py = lambda: Path(sys.argv[1])
tools.wasmtime = lambda: Path(sys.argv[2])
if sys.argv[3] == "running":
    cli.build, sys.argv[3] = lambda _: None, "run"
sys.exit(cli.main(sys.argv[3:]))
"""
# Leaves a file where componentize-py would, says that it runs, and stays.
_STAYING = "#!/bin/sh\n{first}\nprintf . > {told}\nexec sleep 60\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("arguments", [["build", "-o", "app.wasm"], ["run"], ["running"]], ids=["build", "run", "running"])
def test_a_signal_leaves_nothing(arguments: list[str], number: signal.Signals, tmp_path: Path) -> None:
    told, temporary, script = (tmp_path / name for name in ("told", "temporary", "app.py"))
    os.mkfifo(told)
    temporary.mkdir()
    script.write_text("")
    programs = [tmp_path / "componentize-py", tmp_path / "wasmtime"]
    for program, first in zip(programs, ('touch "$TMPDIR/left"', ""), strict=True):
        program.write_text(_STAYING.format(first=first, told=told))
        program.chmod(0o755)
    command = [sys.executable, "-c", _ENDED, *map(str, programs), *arguments, str(script)]
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        with told.open("rb") as file:
            assert file.read() == b"."
        assert [each.name.startswith("switchboard-py-") for each in temporary.iterdir()] == [True] * (1 + ("run" in arguments))
        process.send_signal(number)
        process.communicate(timeout=LIMIT)
    assert process.returncode == 128 + number
    assert list(temporary.iterdir()) == []
    assert {each.name for each in tmp_path.iterdir()} == {"told", "temporary", "app.py", "componentize-py", "wasmtime"}


def test_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["build", "-q", str(tmp_path / "absent.py")]) == 1
    assert "absent.py" in capsys.readouterr().err


def test_a_program_says_its_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "app.py"
    for written in ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "\ufeffx = 'é'\n".encode()):
        script.write_bytes(written)
        source = checks.source_of(script)
        assert "x = 'é'" in source and not source.startswith("\ufeff")
    script.write_bytes(b"x = '\xe9'\n")
    assert cli.main(["build", "-q", str(script), "-o", str(tmp_path / "app.wasm")]) == 1
    assert "app.py: " in capsys.readouterr().err


def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text("")
    assert cli.main(["build", "-q", str(tmp_path / "app.py"), "-o", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "_stage", lambda *_: "")
    monkeypatch.setattr(build, "_run", lambda *_: None)
    monkeypatch.setattr(build.shutil, "copyfile", full)
    assert cli.main(["build", "-q", str(tmp_path / "app.py"), "-o", str(tmp_path / "app.wasm")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_the_programs_own_modules_do_not_run_while_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import beside\n")
    (tmp_path / "beside.py").write_text("import installed")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "installed.py").write_text("")
    options = build.Options(tmp_path / "app.py", tmp_path / "app.wasm", path=[tmp_path / "packages"])
    (tmp_path / "made").mkdir()
    assert build._stage(tmp_path / "made", "import beside\n", options) == "beside, installed"
    facts: dict[str, list[str]] = {}
    exec((tmp_path / "made" / "stage" / "_switchboard_program.py").read_text(), facts)
    assert "installed" in facts["READY"] and "beside" not in facts["READY"]


def test_a_signal_while_a_program_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended all the same."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def starting(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **named))
        signal.raise_signal(signal.SIGTERM)
        return started[0]

    monkeypatch.setattr(stopping.subprocess, "Popen", starting)
    with pytest.raises(stopping.Stopped) as told, stopping.tidied_up():
        stopping.run(["sleep", "60"])
    assert (told.value.status, started[0].returncode) == (143, -signal.SIGKILL)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_signals_that_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of another thread, and those whose handler Python does not know."""
    before, seen = signal.getsignal(signal.SIGTERM), []

    def tidied() -> None:
        with stopping.tidied_up():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=tidied)
    thread.start()
    thread.join()
    real = signal.getsignal
    with monkeypatch.context() as patched:
        patched.setattr(stopping.signal, "getsignal", lambda _: None)
        with stopping.tidied_up():
            seen.append(real(signal.SIGTERM))
    assert seen == [before, before] and real(signal.SIGTERM) == before
    tidied()
    assert seen[2] != before and real(signal.SIGTERM) == before


def test_a_program_that_a_signal_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "build", lambda _: None)
    monkeypatch.setattr(cli.stopping, "run", lambda command, **_: subprocess.CompletedProcess(command, -9))
    assert cli.main(["run", str(tmp_path / "app.py")]) == 137


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "build" in capsys.readouterr().out
