"""Which files a program needs: the packages that it, and whatever it imports, mention.

Only names are looked for, not what a version of Python makes of the source: the program is for another Python than this one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]|import[ \t]+([\w., \t]+))", re.MULTILINE)

# What installs packages is part of none, however many mention it.
_NEVER = frozenset({"pip", "setuptools", "pkg_resources", "wheel", "_distutils_hack", "switchboard", "componentize_py"})
_SKIPPED_FOLDERS = frozenset({"__pycache__", "tests", "test"})
_METADATA = ("METADATA", "entry_points.txt", "top_level.txt")


def imports(source: str) -> list[str]:
    """The modules that `source` imports anywhere, relative ones left out.

    >>> imports("import a.b as c, d\\nif x:\\n    from e.f import g\\nfrom . import h")
    ['a.b', 'd', 'e.f']
    """
    found: dict[str, None] = {}
    for match in _IMPORT.finditer(source):
        if match[1]:
            found[match[1]] = None
        else:
            for part in match[2].split(","):
                found[part.split(" as ")[0].strip()] = None
    return [name for name in found if name and not name.startswith(".")]


@dataclass
class Gathered:
    """What a program needs."""

    files: dict[str, Path] = field(default_factory=dict)
    """Where each file is, by the path that it is to have."""
    packages: dict[str, Path] = field(default_factory=dict)
    """Top-level packages and modules, and in which folder they were found."""


def gather(sources: list[str], named: list[str], path: list[Path]) -> Gathered:
    """Everything along `path` that `sources` import, directly or not, and what is `named`."""
    result = Gathered()
    waiting = [*named, *(name for source in sources for name in imports(source))]
    seen = set(_NEVER - set(named)) | set(sys.stdlib_module_names)
    while waiting:
        top = waiting.pop().split(".")[0]
        if top in seen:
            continue
        seen.add(top)
        folder = next((folder for folder in path if any(_files(folder, top))), None)
        if folder is None:
            continue
        result.packages[top] = folder
        for file in _files(folder, top):
            result.files[file.relative_to(folder).as_posix()] = file
            if file.suffix == ".py":
                waiting += imports(file.read_text(encoding="utf-8", errors="replace"))
    for folder in dict.fromkeys(result.packages.values()):
        _add_metadata(result, folder)
    return result


def _files(folder: Path, top: str) -> Iterator[Path]:
    module = folder / f"{top}.py"
    if module.is_file():
        yield module
    package = folder / top
    if not package.is_dir():
        return
    files = [file for file in sorted(package.rglob("*")) if file.is_file() and _wanted(file.relative_to(folder))]
    if any(file.suffix == ".py" for file in files):
        yield from files


def _wanted(file: Path) -> bool:
    """Neither compiled for another machine, nor a test that came along."""
    if file.suffix in {".pyc", ".so", ".pyd", ".pyx", ".c", ".h"}:
        return False
    return not _SKIPPED_FOLDERS.intersection(file.parts[1:-1])


def _add_metadata(result: Gathered, folder: Path) -> None:
    """What `importlib.metadata` tells of the packages from `folder`: their versions and entry points."""
    for info in sorted(folder.glob("*.dist-info")):
        record = info / "RECORD"
        if not record.is_file():
            continue
        lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
        tops = {line.split(",")[0].split("/")[0].removesuffix(".py") for line in lines}
        if any(result.packages.get(top) == folder for top in tops):
            for name in _METADATA:
                if (info / name).is_file():
                    result.files[f"{info.name}/{name}"] = info / name
