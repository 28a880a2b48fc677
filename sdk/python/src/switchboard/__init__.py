"""Python's network inside a WebAssembly component: `ssl` and asyncio as Python has them.

`switchboard-py build program.py` makes a component of a program, in which `ssl`, blocking sockets and asyncio work without
a change to the program.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["__version__", "run"]
__version__ = "0.1.0"

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T], *, debug: bool | None = None) -> _T:
    """Runs a coroutine to its end, as `asyncio.run`, which does the same in a component that `switchboard-py` made."""
    import asyncio

    return asyncio.run(main, debug=debug)
