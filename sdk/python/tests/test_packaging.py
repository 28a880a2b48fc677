"""What is published has all that it needs: the licences, the WIT, the mark of its types."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

_PROJECT = Path(__file__).parents[1]
_WIT = _PROJECT.parents[1] / "wit"
_LICENCES = ("LICENSE-MIT", "LICENSE-Apache-2.0_WITH_LLVM-exception")


def _built(kind: str, project: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True, timeout=60)
    (made,) = folder.iterdir()
    return made


def test_the_wheel_of_the_source_distribution(tmp_path: Path) -> None:
    """Which is made elsewhere, where there is no checkout."""
    with tarfile.open(_built("sdist", _PROJECT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    for name in _LICENCES:
        assert (source / name).read_bytes() == (_PROJECT.parents[1] / name).read_bytes()
    with zipfile.ZipFile(_built("wheel", source, tmp_path / "wheel")) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read("switchboard-0.1.0.dist-info/METADATA").decode()
        assert {f"switchboard-0.1.0.dist-info/licenses/{name}" for name in _LICENCES} <= names
        for file in _WIT.rglob("*.wit"):
            assert wheel.read(f"switchboard/wit/{file.relative_to(_WIT).as_posix()}") == file.read_bytes()
    modules = {f"switchboard/{file.relative_to(_PROJECT / 'src' / 'switchboard').as_posix()}" for file in _PROJECT.glob("src/**/*.py")}
    assert modules | {"switchboard/py.typed"} <= names
    assert "License-Expression: Apache-2.0 WITH LLVM-exception OR MIT" in metadata and "Classifier: Typing :: Typed" in metadata
