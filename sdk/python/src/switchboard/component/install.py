"""Puts the loop in the place of componentize-py's."""

from __future__ import annotations

import asyncio
import importlib
import sys

from ..guest import transports
from . import sockets, tasks, unix
from .loop import ComponentLoop

_installed: ComponentLoop | None = None


def install() -> ComponentLoop:
    """Gives asyncio to the component, and says which loop that is; again: the same."""
    global _installed
    if _installed is None:
        for name in _LATE:
            importlib.import_module(name)
        _bring_ssl()
        transports.mend()
        sockets.use()
        unix.use()
        _installed = ComponentLoop()
        asyncio.set_event_loop(_installed)
        _installed.begin()
        tasks.use(_installed)
    return _installed


# What asyncio and its users import late, when there is nothing to read it from.
_LATE = ("asyncio.unix_events", "encodings.idna", "encodings.latin_1", "ssl", "stringprep", "traceback")


def _bring_ssl() -> None:
    """componentize-py imports asyncio before `_ssl` can be there, and asyncio does without `ssl` then."""
    import ssl
    from asyncio import sslproto

    sslproto.SSLAgainErrors = ssl.SSLWantReadError, ssl.SSLSyscallError  # type: ignore[attr-defined]
    for name, module in list(sys.modules.items()):
        if name.startswith("asyncio.") and getattr(module, "ssl", ssl) is None:
            module.ssl = ssl  # type: ignore[attr-defined]
