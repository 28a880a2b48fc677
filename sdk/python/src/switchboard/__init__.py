"""Python's network inside a WebAssembly component: `ssl` and asyncio as Python has them.

`switchboard-py build program.py` makes a component of a program, in which `ssl`, blocking sockets and asyncio work without
a change to the program.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["__version__", "install", "run"]
__version__ = "0.1.0"

_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T], *, debug: bool | None = None) -> _T:
    """Runs a coroutine to its end, as `asyncio.run`, which does the same in a component that `switchboard-py` made."""
    import asyncio

    return asyncio.run(main, debug=debug)


def install() -> Any:
    """Gives componentize-py's loop asyncio's connect calls, over `switchboard:connect`: in an application with exports of its own.

    To be called when the application is imported. The loop that it gives is the one that runs in every export.
    """
    from .component.install import install as put

    return put()
