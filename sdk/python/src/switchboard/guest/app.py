"""The export `wasi:cli/run`."""

from __future__ import annotations

from _switchboard_program import READY, SCRIPT, SOURCE
from componentize_py_types import Err

from . import start

start.prepare(READY, SCRIPT, SOURCE)


class Run:
    """Runs the program."""

    def run(self) -> None:
        status = start.main(SCRIPT, SOURCE)
        if status == 0:
            return
        try:
            from wit_world.imports import exit
        except ImportError:
            # WASI 0.2 knows only that it failed.
            raise Err(None) from None
        exit.exit_with_code(status)
