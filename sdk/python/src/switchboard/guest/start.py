"""Runs a program in the component as `python` runs a script, and gives its exit status."""

from __future__ import annotations

import atexit
import importlib
import io
import random
import socket
import sys
import types
from typing import Any

from . import files, loop, sockets


def prepare(ready: list[str], name: str | None, source: str, flags: int = 0) -> None:
    """What can be done while the component is built: imports, and keeping what may be read later."""
    if name is not None:
        # Better said now than when it runs.
        compile(source, name, "exec", flags=flags, dont_inherit=True)
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
    try:
        if name is None and sys.argv[1:2] == ["-m"]:
            import runpy

            sys.argv = sys.argv[2:]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            _execute(*chosen(name, source))
    except SystemExit as error:
        code = status(error)
    except BaseException as error:
        report(error)
        code = 1
    else:
        code = 0
    return finish(code)


def chosen(name: str | None, source: str) -> tuple[str | bytes, str]:
    """The source of what is to be run, and its path; sets `sys.argv` and `sys.path`."""
    arguments = sys.argv[1:]
    if name is not None:
        sys.argv[0] = f"{files.PROGRAM}/{name}"
        return source, sys.argv[0]
    if not arguments:
        return sys.stdin.read(), "<stdin>"
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        return arguments[1], "<string>"
    sys.argv = arguments
    sys.path.insert(0, arguments[0].rpartition("/")[0] or ".")
    with io.open_code(arguments[0]) as file:
        return file.read(), arguments[0]


def started(*, own_loop: bool = True) -> None:
    """What has to be done when the component begins, since it is the memory of one that was built once."""
    files.show()
    if own_loop:
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
    # Without the future statements of this module.
    exec(compile(source, path, "exec", dont_inherit=True), namespace)


def status(error: SystemExit) -> int:
    """The exit status that it asks for."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def report(error: BaseException, ours: str = __name__.rpartition(".")[0]) -> None:
    """The traceback without what is ours."""
    trace = error.__traceback__
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__", "")).startswith(ours):
        trace = trace.tb_next
    hint = refused(error)
    if hint is not None:
        error.add_note(hint)
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def refused(error: BaseException | None, seen: set[int] | None = None) -> str | None:
    """What a host that permits no network has to be told, where that is why it failed."""
    # `raise error from error` is possible.
    seen = set() if seen is None else seen
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            return next(filter(None, (refused(each, seen) for each in error.exceptions)), None)
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_FAIL:
            return "The host may not permit the lookup of names, nor of addresses: wasmtime run -S inherit-network,allow-ip-name-lookup"
        if isinstance(error, PermissionError) and error.errno is not None and error.filename is None:
            return "The host may not permit the network: wasmtime run -S inherit-network,allow-ip-name-lookup"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def finish(code: int) -> int:
    """Runs what was registered by `atexit`, and gives the status."""
    try:
        atexit._run_exitfuncs()
    except BaseException as error:
        report(error)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120
    return code
