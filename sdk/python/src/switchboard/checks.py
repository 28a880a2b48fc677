"""What is wrong with what is asked for: found before the build, which takes long."""

from __future__ import annotations

import ast
import os
import sys
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

# The Python inside the component.
GUEST = (3, 14)

_COMPONENT, _MODULE = b"\0asm\x0d\0\1\0", b"\0asm\1\0\0\0"
# The ids of a component's sections (component-model, Binary.md).
_IMPORTS, _EXPORTS = 10, 11
_CONNECT = "switchboard:connect/"
# What its standard library has besides that of an older Python.
_NEW = {"annotationlib", "compression"}


class Failed(Exception):
    """It cannot be built; the text says why."""


def source_of(script: Path) -> str:
    """The text of a program, in the encoding that it says."""
    try:
        with tokenize.open(script) as file:
            return file.read()
    except (SyntaxError, UnicodeError) as error:
        raise Failed(f"{script}: {error}") from None


def syntax_error(source: str, name: str, *, top_level_await: bool) -> str | None:
    """What this Python, which may be older than the component's, does not understand in a program."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if top_level_await else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, name, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f"{name}, line {error.lineno}: {error.msg}" + (f": {line}" if line else "")
    except ValueError as error:
        return f"{name}: {error}"
    return None


def check_output(output: Path, script: Path | None) -> None:
    """Whether the component can be written there."""
    if output.is_dir():
        raise Failed(f"{output} is a folder")
    if script is not None and output.exists() and output.samefile(script):
        raise Failed(f"{output} is the program itself: name another file with -o")
    folder = next(folder for folder in output.absolute().parents if folder.exists())
    if not folder.is_dir():
        raise Failed(f"{output} cannot be written: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Failed(f"{output} cannot be written: no permission to write to {folder}")


def check_path(folders: list[Path]) -> None:
    """Whether those of `-p` are there."""
    for folder in folders:
        if not folder.is_dir():
            raise Failed(f"-p {folder}: there is no such folder")


def check_included(names: list[str], found: dict[str, Path], looked_in: list[Path]) -> None:
    """Whether those of `-i` are there: `found` has the top-level packages, and where each is."""
    for name in names:
        top, *rest = name.split(".")
        if top in sys.stdlib_module_names or top in _NEW:
            continue
        module = None if top not in found else found[top].joinpath(top, *rest)
        if module is None or rest and not module.is_dir() and not module.with_name(f"{rest[-1]}.py").is_file():
            where = ", ".join(map(str, looked_in)) or "any folder: no virtual environment is active, and there is no -p"
            raise Failed(f"-i {name}: there is no such package in {where} (its name is the one that is imported)")


def check_component(component: Path, *, wanted: str, whole: bool, posix: bool, wasi_02: bool) -> None:
    """Whether it is the one that is to be plugged in, which is called `wanted`: wac leaves open what it does not have."""
    data = component.read_bytes()
    if not data.startswith(_COMPONENT):
        what = "a WebAssembly module, not a component" if data.startswith(_MODULE) else "not a WebAssembly component"
        raise Failed(f"{component} is {what}; wanted is {wanted}")
    imports = exports = b""
    try:
        for kind, content in _sections(data):
            imports += content if kind == _IMPORTS else b""
            exports += content if kind == _EXPORTS else b""
    except IndexError:
        raise Failed(f"{component} ends too early; wanted is {wanted}") from None
    for name in ("tls", "tls-engine", *(("streams", "datagrams") if whole else ())):
        if f"{_CONNECT}{name}@0.1.0".encode() not in exports:
            raise Failed(f"{component} does not export {_CONNECT}{name}@0.1.0; wanted is {wanted}")
    if posix and b"switchboard:posix/" not in imports:
        raise Failed(f"{component} has no Unix sockets; wanted is {wanted}")
    if not posix and b"switchboard:posix/" in imports:
        raise Failed(f"{component} needs a host that has switchboard:posix, for which --posix builds; wanted is {wanted}")
    if wasi_02 and b"@0.3." in imports:
        raise Failed(f"{component} needs WASI 0.3, and --wasi-0.2 is given; wanted is {wanted}")


def _sections(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_COMPONENT)
    while at < len(data):
        kind, size, shift = data[at], 0, 0
        while True:
            at += 1
            size |= (data[at] & 0x7F) << shift
            shift += 7
            if data[at] < 0x80:
                break
        at += 1
        if at + size > len(data):
            raise IndexError
        yield kind, data[at : at + size]
        at += size
