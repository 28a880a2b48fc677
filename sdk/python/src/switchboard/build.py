"""A component from a Python program: gathers, componentizes, plugs, and compiles if asked to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import checks, stopping, tools, world
from .checks import Failed
from .gather import gather, imports

# What a program without a script of its own, which runs any, has ready when it starts.
_READY = [
    "argparse", "asyncio", "base64", "concurrent.futures", "dataclasses", "email.message", "email.policy", "encodings.idna",
    "ftplib", "functools", "hashlib", "http.client", "http.cookies", "imaplib", "json", "logging", "pathlib", "poplib",
    "re", "runpy", "smtplib", "socket", "ssl", "traceback", "typing", "unittest", "urllib.request", "uuid", "zlib",
]  # fmt: skip
# What the standard library imports late, whoever uses a network.
_LATE = ["asyncio", "encodings.idna", "encodings.latin_1", "encodings.ascii", "runpy", "socket", "ssl", "stringprep", "traceback"]


# The module with the exports; not one of a package, which componentize-py does not take.
_APP = "_switchboard_app"
# As measured on two cores.
_LONG = "some 10 s, 30 where others work too"


@dataclass
class Options:
    """What to build."""

    script: Path | None
    """The program; without, the component runs the script that is its first argument."""
    output: Path
    path: list[Path] = field(default_factory=list)
    """Folders to look for packages in, before those of this environment."""
    include: list[str] = field(default_factory=list)
    """Packages to take along that nothing mentions."""
    component: Path | None = None
    """`switchboard-tls.wasm`, or for the component model's loop `switchboard.wasm`."""
    compile: bool = False
    """Compile it for this machine, so that it starts at once."""
    wasi_02: bool = False
    """Ask the host for WASI 0.2 alone."""
    component_loop: bool = False
    """Run asyncio on the component model, beside other imports, and not over blocking sockets."""
    posix: bool = False
    """On that loop: with Unix sockets, which the host has to provide too."""
    quiet: bool = False


def build(options: Options) -> Path:
    """Builds a component, and says where it is. Raises `Failed` and `tools.Missing`."""
    componentize_py, wac = tools.componentize_py(), tools.wac()
    wasmtime = tools.wasmtime() if options.compile else None
    component = _component(options)
    world.interfaces()
    checks.check_path(options.path)
    checks.check_output(options.output, options.script)
    source = _source(options)
    with tempfile.TemporaryDirectory(prefix="switchboard-py-") as name:
        folder = Path(name)
        with _step("gathering", options):
            said = _stage(folder, source, options)
        if said and not options.quiet:
            print(f"  with {said}", file=sys.stderr)
        with _step(f"componentizing ({_LONG})", options):
            command = [componentize_py, "-q", "-d", "wit", "-w", world.NAME, "componentize", _APP]
            # It would look for more in the environment that it runs in.
            _run([*command, "-p", "stage", "-o", "app.wasm"], folder, {"VIRTUAL_ENV": str(folder / "empty")})
        with _step("plugging", options):
            _run([wac, "plug", "app.wasm", "--plug", component, "-o", "plugged.wasm"], folder)
        made = folder / "plugged.wasm"
        if wasmtime is not None:
            with _step(f"compiling ({_LONG})", options):
                _run([wasmtime, "compile", "plugged.wasm", "-o", "plugged.cwasm"], folder)
            made = folder / "plugged.cwasm"
        options.output.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, also for one that is just being run.
        beside = options.output.with_name(f".{options.output.name}.{os.getpid()}")
        try:
            shutil.copyfile(made, beside)
            beside.replace(options.output)
        finally:
            beside.unlink(missing_ok=True)
    return options.output


def _component(options: Options) -> Path:
    """What is plugged in."""
    wanted = tools.TLS
    if options.component_loop or options.posix:
        wanted = tools.POSIX if options.posix else tools.WHOLE
    component = options.component or tools.component(wanted)
    if not component.is_file():
        raise tools.Missing(f"{component} is not a file")
    whole = wanted != tools.TLS
    checks.check_component(component, wanted=wanted, whole=whole, posix=options.posix, wasi_02=options.wasi_02)
    return component.resolve()


def search_path(options: Options) -> list[Path]:
    """Where packages are looked for: beside the script, where asked to, and where pip puts them."""
    folders = [] if options.script is None else [options.script.resolve().parent]
    folders += [folder.resolve() for folder in options.path]
    environment = os.environ.get("VIRTUAL_ENV")
    if environment:
        folders += sorted(Path(environment).glob("lib/python*/site-packages"))
    if sys.prefix != sys.base_prefix:
        folders.append(Path(sysconfig.get_path("purelib")))
    return list(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def _source(options: Options) -> str:
    """The text of the program, which this Python has looked at, if it is not older than the component's."""
    if options.script is None:
        return ""
    source = checks.source_of(options.script)
    wrong = checks.syntax_error(source, str(options.script), top_level_await=options.component_loop)
    if wrong is not None:
        if sys.version_info >= checks.GUEST:
            raise Failed(wrong)
        said = f"Python {sys.version_info[0]}.{sys.version_info[1]} says {wrong}"
        print(f"{said}\n  the component has {checks.GUEST[0]}.{checks.GUEST[1]}, which is asked as it is built", file=sys.stderr)
    return source


def _stage(folder: Path, source: str, options: Options) -> str:
    """Puts into `folder` what componentize-py is to see, and says which packages that are."""
    if options.component_loop:
        world.write_async(folder / "wit")
    else:
        world.write(folder / "wit", wasi_02=options.wasi_02)
    path = search_path(options)
    needed = gather([source], options.include, path)
    checks.check_included(options.include, needed.packages, path)
    stage = folder / "stage"
    shutil.copytree(Path(__file__).parent, stage / "switchboard", ignore=shutil.ignore_patterns("wit", "__pycache__"))
    for name, file in needed.files.items():
        if options.script is None or file.resolve() != options.script.resolve():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, stage / name)
    # Where ssl.py looks for it; of a folder that only the guest sees, for here it would hide the real one.
    (stage / "_ssl.py").write_text("from switchboard.tls.module import *\n", encoding="utf-8")
    where = "component" if options.component_loop else "guest"
    (stage / f"{_APP}.py").write_text(f"from switchboard.{where}.app import Run\n", encoding="utf-8")
    # The program's own modules run when it does: they may ask for its environment, or for secrets of their own.
    own = None if options.script is None else options.script.resolve().parent
    mine = {top for top, where in needed.packages.items() if where == own}
    files = [file for name, file in needed.files.items() if Path(name).suffix == ".py" and Path(name).parts[0].removesuffix(".py") in mine]
    texts = [file.read_text("utf-8", "replace") for file in files]
    foreign = [name for text in [source, *texts] for name in imports(text) if name.split(".")[0] not in mine]
    ready = list(dict.fromkeys([*_LATE, *foreign, *options.include, *([] if source else _READY)]))
    name = None if options.script is None else options.script.name
    facts = f"SCRIPT = {name!r}\nSOURCE = {source!r}\nREADY = {ready!r}\n"
    (stage / "_switchboard_program.py").write_text(facts, encoding="utf-8")
    return ", ".join(sorted(needed.packages))


def _run(command: list[str | Path], folder: Path, more: dict[str, str] | None = None) -> None:
    # What it leaves behind, if it is ended before its time, is removed with the folder.
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = os.environ | {"TMPDIR": str(temporary), "RUST_BACKTRACE": "0"} | (more or {})
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = stopping.run(command, cwd=folder, env=environment, text=True, errors="replace", **pipes)
    if done.returncode != 0:
        name = Path(command[0]).name
        # What componentize-py says begins with a traceback of its own.
        said = (done.stderr + done.stdout).split("AssertionError: ", 1)[-1].strip()
        raise Failed(f"{name} failed:\n{said}")


@contextmanager
def _step(what: str, options: Options) -> Iterator[None]:
    """Says what is being done, and how long it took."""
    started = time.monotonic()
    if not options.quiet:
        print(f"{what} … ", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        if not options.quiet:
            print(file=sys.stderr)
        raise
    if not options.quiet:
        print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
