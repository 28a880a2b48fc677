"""Where the programs and components are that a build needs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


class Missing(Exception):
    """Something is not here; the text says how to get it."""


def componentize_py() -> Path:
    """The program of PyPI's package `componentize-py`."""
    return _program("componentize-py", [Path(sys.executable).parent], "pip install componentize-py==0.25.1")


def wac() -> Path:
    """The program that plugs components together."""
    return _program("wac", _targets("debug"), "cargo install wac-cli, or make build in a checkout of Switchboard")


def wasmtime() -> Path:
    """The program that runs components."""
    how = "cargo install wasmtime-cli, or make build in a checkout of Switchboard; it has to be wasmtime 48 or newer"
    return _program("wasmtime", _targets("debug"), how)


TLS, WHOLE, POSIX = "switchboard-tls.wasm", "switchboard.wasm", "switchboard-posix.wasm"
_VARIABLES = {TLS: "SWITCHBOARD_TLS_WASM", WHOLE: "SWITCHBOARD_WASM", POSIX: "SWITCHBOARD_POSIX_WASM"}


def component(name: str = TLS) -> Path:
    """`switchboard-tls.wasm`, which has the TLS, or another: named by the environment, or built in a checkout."""
    variable = _VARIABLES[name]
    named = os.environ.get(variable)
    if named:
        if not Path(named).is_file():
            raise Missing(f"{variable} names {named}, which is no file")
        return Path(named)
    for folder in _targets("."):
        if (folder / name).is_file():
            return folder / name
    raise Missing(
        f"{name} is not here: make component in a checkout of Switchboard writes it to target/; "
        f"elsewhere, name it with --component or in {variable}"
    )


def _program(name: str, folders: list[Path] | Iterator[Path], how: str) -> Path:
    for folder in folders:
        if (folder / name).is_file() and os.access(folder / name, os.X_OK):
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not here: {how}")
    return Path(found)


def _targets(folder: str) -> Iterator[Path]:
    """The folder `target` of the checkout that this was installed from, or is run in."""
    for start in (Path(sys.prefix), Path.cwd(), Path(__file__)):
        for parent in (start, *start.parents):
            if (parent / "wit" / "tls-engine.wit").is_file() and (parent / "target").is_dir():
                yield parent / "target" / folder
                break
