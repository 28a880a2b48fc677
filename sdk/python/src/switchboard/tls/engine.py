"""The component's interfaces, and whether they can be called already.

While a component is built nothing of other components can be called: contexts are made then, but used only later.
"""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import tls, tls_engine

__all__ = ["Err", "begin", "begun", "tls", "tls_engine"]

_begun = False


def begin() -> None:
    """The program runs."""
    global _begun
    _begun = True


def begun() -> bool:
    """Whether it does."""
    return _begun
