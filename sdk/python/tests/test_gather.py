"""What a program needs is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

from switchboard.gather import gather, imports


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_imports() -> None:
    source = "import a, b.c as d\nfrom e.f import (g,\n h)\nfrom . import i\nfrom .j import k\ndef l():\n\timport m\n# import n\nx = 'import o'\n"
    assert imports(source) == ["a", "b.c", "e.f", "m"]


def test_what_others_import_comes_along(tmp_path: Path) -> None:
    _write(tmp_path, {
        "one/__init__.py": "import two.part\nimport json\nimport missing",
        "one/data.txt": "data",
        "one/fast.so": "",
        "one/tests/test_it.py": "import never",
        "two/part.py": "",
        "never.py": "",
        "pip/__init__.py": "",
        "one-1.0.dist-info/RECORD": "one/__init__.py,,\n",
        "one-1.0.dist-info/METADATA": "Name: one",
        "never-1.0.dist-info/RECORD": "never.py,,\n",
        "never-1.0.dist-info/METADATA": "Name: never",
    })  # fmt: skip
    found = gather(["import one, pip"], [], [tmp_path])
    assert set(found.files) == {"one/__init__.py", "one/data.txt", "two/part.py", "one-1.0.dist-info/METADATA"}
    assert set(found.packages) == {"one", "two"}


def test_the_first_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _write(first, {"one.py": ""})
    _write(second, {"one.py": "import two", "two.py": "", "three.py": ""})
    found = gather(["import one"], ["three"], [first, second])
    assert found.files == {"one.py": first / "one.py", "three.py": second / "three.py"}
