"""The files that were there when the component was built, to be read where they were.

componentize-py keeps what was imported by then and nothing else. But programs import late, ask for the version of a package
and open files that stand beside a module; so the folders of the build are kept in memory, compressed, and the functions that
read files look there too. Nothing else sees a difference, and nothing can be written there.
"""

from __future__ import annotations

import _io
import builtins
import errno
import io
import os
import posix
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import Any

# Where componentize-py shows the standard library, its own modules, and the program with its packages.
_FOLDERS = ("/python", "/bundled", "/world", "/0")
# The program's own source.
PROGRAM = "/program"
# Of the standard library, what needs a screen, an installer or a C compiler.
_LEFT_OUT = frozenset({
    "__pycache__", "_pyrepl", "config-3.14-wasm32-wasi", "curses", "ensurepip", "idlelib", "pydoc_data", "site-packages", "test",
    "tkinter", "turtledemo", "venv",
})  # fmt: skip

_files: dict[str, tuple[int, bytes]] = {}
_folders: dict[str, set[str]] = {}


def keep() -> None:
    """Keeps all folders of the build; while building."""
    for root in _FOLDERS:
        for folder, below, names in os.walk(root):
            below[:] = [name for name in below if not (folder == "/python" and name in _LEFT_OUT) and name != "__pycache__"]
            _folders.setdefault(folder, set()).update(below)
            for name in names:
                with open(f"{folder}/{name}", "rb") as file:
                    add(f"{folder}/{name}", file.read())


def add(path: str, data: bytes) -> None:
    """Keeps one file."""
    folder, _, name = path.rpartition("/")
    _folders.setdefault(folder, set()).add(name)
    _files[path] = (len(data), zlib.compress(data, 1))


def read(path: str) -> bytes | None:
    """A file that was kept."""
    kept = _files.get(path)
    return None if kept is None else zlib.decompress(kept[1])


def _ours(path: object) -> str | None:
    """The path, if it leads to what was kept, or is in one of its folders."""
    if isinstance(path, int) or path is None:
        return None
    try:
        name = os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        return None
    if not name.startswith((*_FOLDERS, PROGRAM)):
        return None
    name = os.path.normpath(name)
    root = "/" + name.split("/")[1]
    return name if root in _FOLDERS or root == PROGRAM else None


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _status(path: str) -> os.stat_result:
    if path in _files:
        return os.stat_result((stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, _files[path][0], 0, 0, 0))
    if path in _folders:
        return os.stat_result((stat.S_IFDIR | 0o555, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    raise _missing(path)


def _names(path: str) -> list[str]:
    if path in _files:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    if path not in _folders:
        raise _missing(path)
    return sorted(_folders[path])


class _Entry:
    """As `os.DirEntry`."""

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        self.path = f"{folder}/{name}"

    def __fspath__(self) -> str:
        return self.path

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return _status(self.path)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self.path in _folders

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self.path in _files

    def is_symlink(self) -> bool:
        return False

    def is_junction(self) -> bool:
        return False

    def inode(self) -> int:
        return 0


class _Entries:
    """As the iterator of `os.scandir`."""

    def __init__(self, folder: str) -> None:
        self._entries = iter([_Entry(folder, name) for name in _names(folder)])

    def __iter__(self) -> Iterator[_Entry]:
        return self._entries

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _opened(path: str, mode: str, encoding: str | None, errors: str | None, newline: str | None) -> Any:
    if set(mode) & set("wax+"):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
    data = read(path)
    if data is None:
        if path in _folders:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        raise _missing(path)
    if "b" in mode:
        return io.BytesIO(data)
    return io.TextIOWrapper(io.BytesIO(data), encoding or "utf-8", errors, newline)


def show() -> None:
    """Lets the functions that read files see what was kept; when the program begins."""
    real_open = builtins.open

    def opening(file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None, errors: str | None = None,
                newline: str | None = None, closefd: bool = True, opener: Any = None) -> Any:  # fmt: skip
        path = _ours(file)
        if path is not None:
            return _opened(path, mode, encoding, errors, newline)
        return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)

    def reading(real: Callable[..., Any], ours: Callable[[str], Any]) -> Callable[..., Any]:
        def function(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            mine = _ours(path)
            return real(path, *arguments, **named) if mine is None else ours(mine)

        return function

    def accessible(path: str) -> bool:
        return path in _files or path in _folders

    functions: dict[str, Callable[[str], Any]] = {
        "stat": _status, "lstat": _status, "listdir": _names, "scandir": _Entries, "access": accessible
    }  # fmt: skip
    for name, ours in functions.items():
        wrapped = reading(getattr(posix, name), ours)
        setattr(posix, name, wrapped)
        setattr(os, name, wrapped)
    opening.__name__ = opening.__qualname__ = "open"
    builtins.open = io.open = _io.open = opening  # type: ignore[assignment]
    _io.open_code = reading(_io.open_code, lambda path: _opened(path, "rb", None, None, None))  # type: ignore[assignment]
    import tokenize

    tokenize._builtin_open = opening  # type: ignore[attr-defined]
