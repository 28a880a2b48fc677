"""The component model's tasks, driven by asyncio's loop: what replaces the machinery of componentize-py.

Every call of an asynchronous export is a task with a set of waitables. Whenever the host delivers an event to any of them, the
loop runs what is ready, for all of them. What an import was asked for belongs to the task that runs then, which
stays, after it has returned, until that has come: a call into another component must not outlive its task.

Nothing that was begun can be called off from Python. A call whose awaiter was cancelled is kept with its arguments until its
answer has come, which is dropped.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import sys
import traceback
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import componentize_py_async_support as support
import componentize_py_runtime as runtime
import wit_world
from componentize_py_types import Err, Ok

from ..tls import engine
from . import calls
from .links import Link
from .loop import ComponentLoop

_EXIT, _YIELD, _WAIT = 0, 1, 2
_NONE, _SUBTASK, _CANCELLED = 0, 1, 6
_STREAM_EVENTS = range(2, 6)
_RETURNED = 2
# How many turns the loop has before the host may deliver what has come.
_TURNS = 64

_loop: ComponentLoop
_tasks: set[_Task] = set()
_current: _Task | None = None
_pending: dict[int, _Pending] = {}
# Begun outside of all tasks, as in an export that is not asynchronous; the next task takes them.
_unclaimed: set[int] = set()
_arguments: Any = None


class _Pending:
    """A call that has not returned."""

    __slots__ = ("arguments", "future", "owner", "promise", "resume")

    def __init__(self, future: asyncio.Future[int] | None, promise: int, arguments: Any) -> None:
        self.future = future
        """Who awaits it in the loop."""
        self.resume: Any = None
        """Or who is told at once."""
        self.promise = promise
        # Resources among them are lent until the call returns.
        self.arguments = arguments
        self.owner: _Task | None = None


class _Task:
    """A call of an export."""

    def __init__(self, index: int, borrows: int, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.index, self.borrows = index, borrows
        self.returned = False
        self.owed: frozenset[Link] | None = None
        """Closed sockets that still sent when it was done, and are waited for: not those that others close later."""
        self.spawned = 0
        self.waiting: set[int] = set()
        self._set: int | None = None
        self._bell: Any = None
        self._ringing: tuple[int, int] | None = None
        self.root = _loop.create_task(coroutine, context=contextvars.Context())

    def join(self, waitable: int) -> None:
        if self._set is None:
            self._set = runtime.waitable_set_new()
        runtime.waitable_join(waitable, self._set)
        self.waiting.add(waitable)

    def wake(self) -> None:
        """Has the host call this task soon: it hears from a stream of its own."""
        if self._ringing is not None:
            return
        if self._bell is None:
            self._bell = wit_world.byte_stream()
        writer, reader = self._bell
        asked = runtime.stream_read(reader.type_, reader.handle, 1)
        if not isinstance(asked, Err):
            raise AssertionError("a stream that nobody has written to had something to read")
        self._ringing = asked.value
        self.join(asked.value[0])
        runtime.stream_write(writer.type_, writer.handle, b"!")

    @property
    def ringing(self) -> bool:
        """Whether it will be called soon, after what else has come."""
        return self._ringing is not None

    def rung(self, waitable: int, event: int) -> bool:
        """Whether that was it."""
        if self._ringing is None or self._ringing[0] != waitable:
            return False
        runtime.promise_get_result(event, self._ringing[1])
        self._ringing = None
        return True

    def finish(self) -> None:
        """Tells the caller how its call has ended."""
        self.returned = True
        try:
            result: Any = Ok(self.root.result())
        except Err as error:
            result = error
        runtime.call_task_return(self.index, self.borrows, result)

    def left(self) -> None:
        """It is over."""
        _tasks.discard(self)
        if self._set is not None:
            runtime.waitable_set_drop(self._set)
        if self._bell is not None:
            for end in self._bell:
                end.__exit__(None, None, None)

    def wait(self) -> int:
        if self._set is None:
            self._set = runtime.waitable_set_new()
        runtime.context_set(self)
        return _WAIT | (self._set << 4)


def _first_poll(index: int, borrows: int, coroutine: Any) -> int:
    _begin()
    task = _Task(index, borrows, coroutine)
    _tasks.add(task)
    return _poll(task)


def _begin() -> None:
    """The first call: what was not to be done while the component was built."""
    if not engine.begun():
        engine.begin()
        random.seed()


def _callback(event: int, waitable: int, detail: int) -> int:
    task = runtime.context_get()
    runtime.context_set(None)
    if event == _SUBTASK:
        if detail >= _RETURNED:
            runtime.waitable_join(waitable, 0)
            runtime.subtask_drop(waitable)
            _ended(task, waitable, detail)
    elif event in _STREAM_EVENTS:
        runtime.waitable_join(waitable, 0)
        _ended(task, waitable, detail)
    elif event == _NONE:
        # It has yielded.
        task.wake()
    # A caller may want to cancel its call; it is told the result all the same, which is allowed.
    if task.ringing and event != _CANCELLED:
        return task.wait()
    return _poll(task)


def _ended(task: _Task, waitable: int, event: int) -> None:
    task.waiting.discard(waitable)
    if task.rung(waitable, event):
        return
    call = _pending.pop(waitable)
    if call.owner is not None:
        call.owner.waiting.discard(waitable)
    if call.future is None:
        calls.answered(*call.resume, event)
    elif call.future.done():
        # Nobody waits for it any more. Resources among the values close as they are dropped.
        runtime.promise_get_result(event, call.promise)
    else:
        call.future.set_result(event)


def _poll(task: _Task) -> int:
    global _current
    outer, _current = _current, task
    try:
        if _unclaimed:
            for waitable in list(_unclaimed):
                _join(waitable)
            _unclaimed.clear()
        try:
            busy = _loop.run_some(_TURNS)
        except SystemExit as error:
            _exit(error)
            raise
        for other in list(_tasks):
            if other.root.done() and not other.returned:
                if other.owed is None:
                    other.owed = frozenset(_loop.lingering)
                if other.owed & _loop.lingering:
                    continue
                if other is task:
                    task.finish()
                else:
                    other.wake()
        if busy:
            # Others first, above all the host; then what has come is taken, and the bell is heard last.
            runtime.context_set(task)
            return _YIELD
        if task.returned and not task.spawned and not task.waiting:
            task.left()
            return _EXIT
        return task.wait()
    finally:
        _current = outer


def _join(waitable: int) -> None:
    if _current is None:
        _unclaimed.add(waitable)
        return
    _current.join(waitable)
    call = _pending.get(waitable)
    if call is not None:
        call.owner = _current


@types.coroutine
def _told(call: _Pending) -> Generator[_Pending, int, int]:
    return (yield call)


async def _await_result(result: Any) -> Any:
    """Waits for an import's answer."""
    global _arguments
    arguments, _arguments = _arguments, None
    if isinstance(result, Ok):
        return result.value
    waitable, promise = result.value
    future = None if calls.direct else _loop.create_future()
    call = _pending[waitable] = _Pending(future, promise, arguments)
    _join(waitable)
    if future is None:
        event = await _told(call)
    else:
        try:
            event = await future
        except BaseException:
            if future.done() and not future.cancelled():
                # It had just come.
                runtime.promise_get_result(future.result(), promise)
            raise
    return runtime.promise_get_result(event, promise)


def _spawn(coroutine: Any) -> None:
    """As `componentize_py_async_support.spawn`: the call of the export is not over before this is."""
    owner, task = _current, asyncio.ensure_future(coroutine, loop=_loop)
    if owner is None:
        return
    owner.spawned += 1

    def done(_: object) -> None:
        owner.spawned -= 1
        if owner is not _current:
            owner.wake()

    task.add_done_callback(done)


def _exit(error: SystemExit) -> None:
    """`sys.exit` in a task or a callback, if this component may end the program."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    try:
        from wit_world.imports import exit
    except ImportError:
        traceback.print_exc()
        return
    code = error.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr, flush=True)
        code = 1
    exit.exit_with_code((code or 0) & 0xFF)


def pending() -> int:
    """How many calls of imports have not returned."""
    return len(_pending)


def use(loop: ComponentLoop) -> None:
    """Puts this in the place of componentize-py's own."""
    global _loop
    _loop = loop
    call_import: Callable[[int, Any], Any] = runtime.call_import

    def remembering(index: int, arguments: Any) -> Any:
        global _arguments
        _arguments = arguments
        result = call_import(index, arguments)
        if not isinstance(result, Err):
            # It has returned: nothing is lent any more.
            _arguments = None
        return result

    runtime.call_import = remembering
    support._loop = loop
    support.first_poll, support.callback, support._poll = _first_poll, _callback, _poll
    support.await_result, support.spawn = _await_result, _spawn
