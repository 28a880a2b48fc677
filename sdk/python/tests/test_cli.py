"""The command says what is missing, and what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from switchboard import cli, tools


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


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "build" in capsys.readouterr().out
