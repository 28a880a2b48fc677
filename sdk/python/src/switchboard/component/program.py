"""Runs a program where a loop runs already: what it runs at its top level by `asyncio.run` is awaited there."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys
import types
import weakref
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..guest import start

_T = TypeVar("_T")
_NAME = "__switchboard_run"


async def main(name: str | None, source: str) -> int:
    """Runs the program of the component, or without one the script that the first argument names, and gives its status."""
    start.started(own_loop=False)
    try:
        text, path = start.chosen(name, source)
        await _execute(text, path)
    except SystemExit as error:
        status = start.status(error)
    except BaseException as error:
        start.report(error, ours=__name__.rpartition(".")[0])
        status = 1
    else:
        status = 0
    _leave_resources()
    return start.finish(status)


def _leave_resources() -> None:
    """What has not been closed ends with the component; to drop it while a call of it is pending would trap."""
    for finalizer, info in weakref.finalize._registry.items():  # type: ignore[attr-defined]
        if getattr(info.func, "__module__", None) == "componentize_py_runtime":
            finalizer.atexit = False


async def _execute(text: str | bytes, path: str) -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace: dict[str, Any] = vars(module)
    namespace["__builtins__"] = sys.modules["builtins"]
    namespace[_NAME] = run
    if not path.startswith("<"):
        namespace["__file__"] = path
    tree = ast.fix_missing_locations(_Awaiting().visit(ast.parse(text, path)))
    # Without the future statements of this module.
    result = eval(compile(tree, path, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True), namespace)
    if inspect.iscoroutine(result):
        await result


class _Awaiting(ast.NodeTransformer):
    """Turns `asyncio.run(…)` into `await …`, where nothing is called yet."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(ast.Name("asyncio" | "switchboard"), "run"):
                call = ast.copy_location(ast.Call(ast.Name(_NAME, ast.Load()), node.args, node.keywords), node)
                return ast.copy_location(ast.Await(call), node)
        return node

    def _as_it_is(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = _as_it_is
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _as_it_is


async def run(main: Coroutine[Any, Any, _T], *, debug: bool | None = None, loop_factory: object = None) -> _T:
    """As `asyncio.run`, on the loop that runs."""
    if loop_factory is not None:
        raise NotImplementedError("loop_factory: the component model's loop runs already")
    loop = asyncio.get_running_loop()
    if not inspect.isawaitable(main):
        raise TypeError("An asyncio.Future, a coroutine or an awaitable is required")
    before, was_debug = asyncio.all_tasks(loop), loop.get_debug()
    if debug is not None:
        loop.set_debug(debug)
    try:
        return await loop.create_task(_awaited(main))
    finally:
        rest = asyncio.all_tasks(loop) - before
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in rest:
            if not task.cancelled() and task.exception() is not None:
                said = {"message": "unhandled exception during asyncio.run() shutdown", "exception": task.exception(), "task": task}
                loop.call_exception_handler(said)
        await loop.shutdown_asyncgens()
        loop._asyncgens_shutdown_called = False  # type: ignore[attr-defined]
        loop.set_debug(was_debug)


async def _awaited(main: Any) -> Any:
    return await main
