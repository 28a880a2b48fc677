"""The files of vectors: how they are written, and how a new recording is compared with one."""

import argparse
import difflib
import json
import pathlib
import sys

LINE = 120


def arguments(description):
    """A parser with what all recorders have in common."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--check",
        metavar="FILE",
        type=pathlib.Path,
        help="compare with FILE instead of writing; exit 1 if anything differs",
    )
    return parser


def finish(vectors, check):
    """Writes the vectors to the standard output, or compares them with a file. Gives the exit code."""
    text = render(vectors)
    if check is None:
        sys.stdout.write(text)
        return 0
    differences = list(
        difflib.unified_diff(
            check.read_text().splitlines(),
            text.splitlines(),
            fromfile=str(check),
            tofile="recorded now",
            lineterm="",
        )
    )
    print(*differences, sep="\n", end="\n" if differences else "")
    return 1 if differences else 0


def render(vectors):
    """JSON that a person can read and that differs only in the lines of the vectors that differ."""
    return "[\n" + ",\n".join(map(render_vector, vectors)) + "\n]\n"


def render_vector(vector):
    """A vector on one line, or if it is long with a line for each of its keys."""
    line = json.dumps(vector)
    if len(line) <= LINE:
        return line
    pairs = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in vector.items())
    return "{" + ",\n ".join(pairs) + "}"
