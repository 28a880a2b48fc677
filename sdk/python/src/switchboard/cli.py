"""The command `switchboard-py`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import __version__, stopping, tools
from .build import Options, build
from .checks import Failed

# What a program may do on the network; the rest of what it may do the user says.
_RUN = ["run", "-S", "inherit-network,allow-ip-name-lookup"]


def main(arguments: list[str] | None = None) -> int:
    """Does what the arguments say, and gives the exit status."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    contradiction = _contradiction(parsed)
    if contradiction is not None:
        parser.error(contradiction)
    try:
        with stopping.tidied_up():
            return _build(parsed) if parsed.command == "build" else _run(parsed)
    except (Failed, tools.Missing, OSError) as error:
        print(f"switchboard-py: {error}", file=sys.stderr)
        return 1
    except stopping.Stopped as stopped:
        return stopped.status


def _contradiction(parsed: argparse.Namespace) -> str | None:
    """What cannot be asked for at once."""
    if parsed.wasi_02 and (parsed.component_loop or parsed.posix):
        flag = "--posix" if parsed.posix else "--component-loop"
        return f"{flag} and --wasi-0.2: the component model's loop needs WASI 0.3"
    if parsed.command == "run" and parsed.posix:
        return "run --posix: wasmtime has no switchboard:posix; build the component, and give it to a host that has"
    return None


def _build(parsed: argparse.Namespace) -> int:
    output = parsed.output or Path(f"{_stem(parsed.script)}.{'cwasm' if parsed.compile else 'wasm'}")
    build(_options(parsed, output, compile=parsed.compile))
    if not parsed.quiet:
        size = output.stat().st_size / 1e6
        print(f"{output}: {size:.1f} MB", file=sys.stderr)
    return 0


def _run(parsed: argparse.Namespace) -> int:
    wasmtime = tools.wasmtime()
    for folder in parsed.dir:
        if not Path(folder.split("::")[0]).is_dir():
            raise Failed(f"--dir {folder}: there is no such folder")
    allowed = [word for flag in ("dir", "env") for value in getattr(parsed, flag) for word in (f"--{flag}", value)]
    with tempfile.TemporaryDirectory(prefix="switchboard-py-") as folder:
        output = Path(folder) / f"{_stem(parsed.script)}.wasm"
        build(_options(parsed, output, compile=False))
        command = [wasmtime, *_RUN, *allowed, output, *parsed.arguments]
        code = stopping.run(command).returncode
        # As a shell tells of one that a signal ended.
        return code if code >= 0 else 128 - code


def _stem(script: Path | None) -> str:
    return "python" if script is None else script.stem


def _options(parsed: argparse.Namespace, output: Path, *, compile: bool) -> Options:
    return Options(
        script=parsed.script,
        output=output,
        path=parsed.path,
        include=parsed.include,
        component=parsed.component,
        compile=compile,
        wasi_02=parsed.wasi_02,
        component_loop=parsed.component_loop or parsed.posix,
        posix=parsed.posix,
        quiet=parsed.quiet,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchboard-py",
        description="Python programs as WebAssembly components, with a network and TLS.",
        epilog="Installed packages that a program imports are imported while it is built: what they take from the environment or from "
        "random numbers then is the same in every run. The program and the modules beside it run only when it does.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-p", "--path", type=Path, action="append", default=[], metavar="DIR", help="look for packages there first")
    common.add_argument("-i", "--include", action="append", default=[], metavar="NAME", help="take a package along that no source mentions, and import it while building")
    common.add_argument("--component", type=Path, metavar="FILE", help="the component to plug in, if it is not found")
    common.add_argument("--wasi-0.2", dest="wasi_02", action="store_true", help="need WASI 0.2 alone: every failure is then exit status 1")
    common.add_argument(
        "--component-loop", action="store_true", help="run asyncio on the component model, over switchboard.wasm: name lookup does not block"
    )
    common.add_argument(
        "--posix", action="store_true", help="that, over switchboard-posix.wasm: with Unix sockets, for hosts that have switchboard:posix"
    )
    common.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    commands = parser.add_subparsers(dest="command", required=True)
    builder = commands.add_parser("build", parents=[common], help="make a component of a program")
    builder.add_argument("script", type=Path, nargs="?", help="the program; without, the component runs the script that it is given")
    builder.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write it; else the program's name with .wasm")
    builder.add_argument("--compile", action="store_true", help="compile it for this machine: it starts at once, with wasmtime run --allow-precompiled")
    runner = commands.add_parser("run", parents=[common], help="make a component of a program, and run it with the network")
    runner.add_argument("--dir", action="append", default=[], metavar="DIR", help="let it see a folder, as wasmtime run --dir")
    runner.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="set a variable of its environment")
    runner.add_argument("script", type=Path, help="the program")
    runner.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    return parser
