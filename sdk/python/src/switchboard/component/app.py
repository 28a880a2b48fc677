"""The export `wasi:cli/run` of a program on the component model's loop."""

from __future__ import annotations

import ast

from _switchboard_program import READY, SCRIPT, SOURCE
from wit_world import exports

from ..guest import start
from . import program
from .install import install

start.prepare(READY, SCRIPT, SOURCE, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
_loop = install()


class Run(exports.Run):
    """Runs the program."""

    async def run(self) -> None:
        status = await program.main(SCRIPT, SOURCE)
        await _loop.drained()
        if status:
            from wit_world.imports import exit

            exit.exit_with_code(status)
