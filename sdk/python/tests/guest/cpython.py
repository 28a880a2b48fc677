"""Runs modules of CPython's own tests, and prints as JSON which failed and with what."""

import asyncio
import contextlib
import io
import json
import re
import sys
import types
import unittest
import warnings

library, names = sys.argv[1], sys.argv[2:]
sys.path.append(library)
# The package alone: the rest of that library is of another Python.
package = types.ModuleType("test")
package.__path__ = [f"{library}/test"]
sys.modules["test"] = package
warnings.simplefilter("ignore")

import test.support  # noqa: E402

test.support.has_socket_support = True
if sys.version_info >= (3, 14):
    # What tests of CPython 3.13 tidy up, and 3.14 no longer has.
    asyncio.ThreadedChildWatcher = type("ThreadedChildWatcher", (), {})
    type(asyncio.events._event_loop_policy).get_child_watcher = lambda self: contextlib.nullcontext()


def last(trace):
    """The exception, which may be followed by lines that differ."""
    lines = trace.strip().splitlines()
    return next((line for line in reversed(lines) if re.match(r"[A-Za-z_][\w.]*(Error|Exception)\b", line)), lines[-1])


for name in names:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{name}")
        result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    failed, threads = {}, set()
    for case, trace in result.failures + result.errors:
        # A part of a test is the test.
        identifier = getattr(case, "test_case", case).id()
        if "can't start new thread" in trace:
            threads.add(identifier)
        else:
            failed.setdefault(identifier, last(trace))
    for case in threads:
        failed.pop(case, None)
    told = {"name": name, "ran": result.testsRun - len(result.skipped), "skipped": len(result.skipped)}
    told["why"] = sorted({reason for _, reason in result.skipped})
    told["threads"] = sorted(case.rpartition(".")[2] for case in threads)
    print(json.dumps(told | {"failed": {case.rpartition(".")[2]: text for case, text in failed.items()}}), flush=True)
