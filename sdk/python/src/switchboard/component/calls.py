"""Calls of imports without a task of asyncio's for each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any


def begin(call: Coroutine[Any, Any, Any], done: Callable[[Any, Exception | None], object]) -> None:
    """Begins it, and tells `done` its result or its exception: at once if it did not have to wait."""
    try:
        future = call.send(None)
    except StopIteration as ended:
        done(ended.value, None)
        return
    except Exception as error:
        done(None, error)
        return
    future._asyncio_future_blocking = False
    future.add_done_callback(lambda _: begin(call, done))
