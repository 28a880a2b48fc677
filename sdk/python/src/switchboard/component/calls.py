"""Calls of imports without a task of asyncio's, or a future, for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Done = Callable[[Any, Exception | None], object]

direct = False
"""Whether what is called just now is told its answer as soon as that comes, and not by the loop in one of its turns."""


def begin(call: Coroutine[Any, Any, Any], done: Done) -> None:
    """Begins it, and tells `done` its result or its exception: at once if it did not have to wait."""
    global direct
    direct = True
    try:
        pending = call.send(None)
    except StopIteration as ended:
        direct = False
        done(ended.value, None)
    except Exception as error:
        direct = False
        done(None, error)
    else:
        direct = False
        pending.resume = call, done


def answered(call: Coroutine[Any, Any, Any], done: Done, event: int) -> None:
    """Tells it, outside of all tasks."""
    value, failed = None, None
    try:
        call.send(event)
    except StopIteration as ended:
        value = ended.value
    except Exception as error:
        failed = error
    try:
        done(value, failed)
    except Exception as error:
        told = {"message": f"Exception in callback {done!r}", "exception": error}
        asyncio.get_running_loop().call_exception_handler(told)
