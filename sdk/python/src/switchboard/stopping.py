"""A signal that ends the command is an exception first, so that what it has begun is removed, and no program of it stays."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Windows has no SIGHUP.
_ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(BaseException):
    """A signal has ended it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


class _State:
    held = False
    """While a program is being started, it could not be ended."""
    came: int | None = None


@contextmanager
def tidied_up() -> Iterator[None]:
    """Raises `Stopped` for those signals. Such as are ignored, as after nohup, stay so, and such as Python does not handle."""
    if threading.current_thread() is not threading.main_thread():
        # None comes here, and the handlers are the main thread's to set.
        yield
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _ENDING}
    before = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    _State.held, _State.came = False, None

    def stop(number: int, _: object) -> None:
        # Once is enough: the next one would come while it is being removed.
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        if _State.held:
            _State.came = number
        else:
            raise Stopped(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _State.held, _State.came = False, None


def run(command: list[str | Path], **named: Any) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run`, which leaves a program alone if the signal comes while it is started."""
    _State.held = True
    try:
        process = subprocess.Popen(command, **named)
    except BaseException:
        _State.held = False
        raise
    with process:
        try:
            _State.held = False
            if _State.came is not None:
                raise Stopped(_State.came)
            out, err = process.communicate()
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
