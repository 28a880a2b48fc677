"""The command says what is missing, and what went wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from switchboard import build, cli, tools


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


def test_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["build", "-q", str(tmp_path / "absent.py")]) == 1
    assert "absent.py" in capsys.readouterr().err


def test_a_program_says_its_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "app.py"
    for written in ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "\ufeffx = 'é'\n".encode()):
        script.write_bytes(written)
        assert "x = 'é'" in build._source(script) and not build._source(script).startswith("\ufeff")
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
    assert build._stage(tmp_path / "made", options) == "beside, installed"
    facts: dict[str, list[str]] = {}
    exec((tmp_path / "made" / "stage" / "_switchboard_program.py").read_text(), facts)
    assert "installed" in facts["READY"] and "beside" not in facts["READY"]


def test_a_program_that_a_signal_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "build", lambda _: None)
    monkeypatch.setattr(cli.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, -9))
    assert cli.main(["run", str(tmp_path / "app.py")]) == 137


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "build" in capsys.readouterr().out
