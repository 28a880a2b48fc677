"""The WIT of a program: what it imports of Switchboard, and the command that it exports."""

from __future__ import annotations

import shutil
from pathlib import Path

from .tools import Missing

NAME = "command"

_WORLD = """\
package switchboard-py:command;

world command {
  import switchboard:connect/tls@0.1.0;
  import switchboard:connect/tls-engine@0.1.0;
%s  export wasi:cli/run@0.2.0;
}
"""
_ASYNC_WORLD = """\
package switchboard-py:command;

world command {
  import wasi:clocks/monotonic-clock@0.3.0;
  import wasi:sockets/ip-name-lookup@0.3.0;
  import wasi:cli/exit@0.3.0;
  import switchboard:connect/tls@0.1.0;
  import switchboard:connect/tls-engine@0.1.0;
  import switchboard:connect/streams@0.1.0;
  import switchboard:connect/datagrams@0.1.0;
  export wasi:cli/run@0.3.0;
}
"""
_EXIT = "  import wasi:cli/exit@0.3.0;\n"

_RUN = """\
package wasi:cli@0.2.0;

interface run {
  run: func() -> result;
}
"""
# Of WASI 0.2, `exit` has only success and failure.
_EXIT_WITH_CODE = """\
package wasi:cli@0.3.0;

interface exit {
  exit-with-code: func(status-code: u8);
}
"""


_OURS = Path(__file__).parent / "wit"


def interfaces() -> Path:
    """The folder with those of Switchboard. In a checkout it is a link, which git leaves a text where it may not make one."""
    if not (_OURS / "tls-engine.wit").is_file():
        raise Missing(f"{_OURS} is not the folder with Switchboard's WIT: install the wheel, or check out with git's core.symlinks")
    return _OURS


def write_async(folder: Path) -> None:
    """Writes to `folder` that of a program on the component model's loop."""
    ours = interfaces()
    (folder / "deps").mkdir(parents=True)
    (folder / "world.wit").write_text(_ASYNC_WORLD, encoding="utf-8")
    shutil.copytree(ours, folder / "deps" / "switchboard", ignore=shutil.ignore_patterns("deps"))
    for file in (ours / "deps").iterdir():
        shutil.copyfile(file, folder / "deps" / file.name)


def write(folder: Path, *, wasi_02: bool) -> None:
    """Writes it to `folder`: for hosts that have WASI 0.2 alone, or with exit codes."""
    ours = interfaces()
    contents = {
        "world.wit": _WORLD % ("" if wasi_02 else _EXIT),
        "deps/wasi-cli-run/run.wit": _RUN,
        "deps/switchboard/tls.wit": (ours / "tls.wit").read_text(encoding="utf-8"),
        "deps/switchboard/tls-engine.wit": (ours / "tls-engine.wit").read_text(encoding="utf-8"),
    }
    if not wasi_02:
        contents["deps/wasi-cli-exit/exit.wit"] = _EXIT_WITH_CODE
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
