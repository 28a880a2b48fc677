"""`ssl` without a network: what the component does and raises, CPython over OpenSSL does and raises."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import GUEST, command, native, run
from pki import Authority, Leaf

@pytest.fixture(scope="module")
def told(folder: Path, authority: Authority, leaf: Leaf) -> list[dict[str, Any]]:
    locked = folder / "locked.key"
    encrypt = ["openssl", "pkcs8", "-topk8", "-in", str(leaf.key), "-out", str(locked), "-v2", "aes-256-cbc", "-passout", "pass:secret"]
    subprocess.run(encrypt, check=True)
    files = [str(path) for path in (authority.cert, leaf.cert, leaf.key, locked, folder)]
    reports = []
    for interpreter in (native(), command(folder)):
        done = run(interpreter, str(GUEST / "objects.py"), *files)
        assert done.returncode == 0, done.stderr
        reports.append(json.loads(done.stdout))
    return reports


def test_the_same_things_happen(told: list[dict[str, Any]]) -> None:
    there, here = told
    assert set(there) == set(here)
    assert here == there
