"""What the README shows works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import LIMIT
from switchboard import tools

_README = Path(__file__).parents[1] / "README.md"


_SESSIONS = Path(__file__).parent / "sessions" / "provider.py"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", _README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_commands(tmp_path: Path) -> None:
    (program,) = _blocks("python")
    (commands,) = _blocks("sh")
    (tmp_path / "program.py").write_text(program)
    folders = [str(Path(sys.executable).parent), str(tools.wasmtime().parent), os.environ["PATH"]]
    environment = os.environ | {"PATH": ":".join(folders)}
    assert len(commands.splitlines()) == 2
    for line in commands.splitlines():
        done = subprocess.run(line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=10 * LIMIT, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout == ("Hello from WebAssembly!\n" if " run " in line else ""), line


def test_the_application_is_one_that_runs() -> None:
    """`test_asyncio` calls its exports."""
    (application,) = _blocks("py")
    assert application in _SESSIONS.read_text(encoding="utf-8")


def test_there_is_no_other() -> None:
    shown = re.findall(r"^```(\w*)", _README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(filter(None, shown)) == ["py", "python", "sh"]
