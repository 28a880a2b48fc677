"""Runs a program in the component as `python` runs a script, and gives its exit status."""

from __future__ import annotations

import atexit
import importlib
import io
import random
import sys
import types
from typing import Any

from . import files, loop, sockets


def prepare(ready: list[str], name: str | None, source: str) -> None:
    """What can be done while the component is built: imports, and keeping what may be read later."""
    for module in ready:
        try:
            importlib.import_module(module)
        except Exception:
            # The program will be told, if it gets there.
            sys.modules.pop(module, None)
    files.keep()
    if name is not None:
        files.add(f"{files.PROGRAM}/{name}", source.encode())


def main(name: str | None, source: str) -> int:
    """Runs the program of the component, or without one the script that the first argument names."""
    started()
    arguments = sys.argv[1:]
    try:
        if name is not None:
            sys.argv[0] = path = f"{files.PROGRAM}/{name}"
            _execute(source, path)
        elif not arguments:
            _execute(sys.stdin.read(), "<stdin>")
        elif arguments[0] == "-c":
            sys.argv = ["-c", *arguments[2:]]
            _execute(arguments[1], "<string>")
        elif arguments[0] == "-m":
            import runpy

            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            sys.path.insert(0, arguments[0].rpartition("/")[0] or ".")
            with io.open_code(arguments[0]) as file:
                _execute(file.read(), arguments[0])
    except SystemExit as error:
        status = _status(error)
    except BaseException as error:
        _report(error)
        status = 1
    else:
        status = 0
    return _finish(status)


def started() -> None:
    """What has to be done when the component begins, since it is the memory of one that was built once."""
    files.show()
    loop.use()
    sockets.use()
    random.seed()
    from ..tls import engine

    engine.begin()
    import os

    sys.path[:0] = [folder for folder in os.environ.get("PYTHONPATH", "").split(":") if folder]


def _execute(source: str | bytes, path: str) -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace: dict[str, Any] = vars(module)
    namespace["__builtins__"] = sys.modules["builtins"]
    if not path.startswith("<"):
        namespace["__file__"] = path
    exec(compile(source, path, "exec"), namespace)


def _status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _report(error: BaseException) -> None:
    """The traceback without what is ours."""
    trace = error.__traceback__
    ours = __name__.rpartition(".")[0]
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(ours):
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _finish(status: int) -> int:
    try:
        atexit._run_exitfuncs()
    except BaseException as error:
        _report(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 120
    return status
