"""Builds two components and plugs them together; its argument is where to."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from switchboard import tools, world

here, output = Path(__file__).parent, Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    world.write_async(folder / "wit")
    shutil.copyfile(here / "session.wit", folder / "wit" / "world.wit")

    def componentize(module: str, *path: str) -> None:
        (folder / module).mkdir()
        shutil.copy(here / f"{module}.py", folder / module)
        for each in path:
            shutil.copytree(each, folder / module / "switchboard", ignore=shutil.ignore_patterns("wit", "__pycache__"))
            (folder / module / "_ssl.py").write_text("from switchboard.tls.module import *\n")
        command = [tools.componentize_py(), "-q", "-d", "wit", "-w", module, "componentize", module, "-p", module, "-o", f"{module}.wasm"]
        subprocess.run(command, cwd=folder, check=True)

    def plug(socket: str, plugged: str | Path, made: str) -> None:
        subprocess.run([tools.wac(), "plug", socket, "--plug", plugged, "-o", made], cwd=folder, check=True)

    componentize("provider", str(Path(world.__file__).parent))
    componentize("driver")
    plug("provider.wasm", tools.component(tools.WHOLE), "session.wasm")
    plug("driver.wasm", "session.wasm", "all.wasm")
    subprocess.run([tools.wasmtime(), "compile", "all.wasm", "-o", output], cwd=folder, check=True)
