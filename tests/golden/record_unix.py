"""Asks asyncio the questions of unix_questions.py: `loop.create_unix_connection`, and `loop.create_datagram_endpoint` for Unix
sockets, and writes down what it did.

Needs CPython 3.13 or newer on Linux 6.12.9 or newer. As with record.py the output has only what is the same in every run:
paths are told by the placeholders of `Folder`.
"""

import asyncio
import contextlib
import os
import pathlib
import re
import socket
import sys
import tempfile

import record as connections
import record_datagrams as datagrams
import unix_questions
import vectors
from common import FAMILIES, PATIENCE, SETTLING

FAMILIES["unix"] = socket.AF_UNIX

# Longer than any path that a socket can have, less one byte.
LONGEST = 107


class Folder:
    """Where all is that the questions are about. It stands in for the ports, too: its peer is the application's own socket."""

    def __init__(self, path, tcp):
        self.path = str(path)
        self.tcp = tcp

    def fill(self, text):
        """Puts the names into the placeholders."""
        for length in (LONGEST, LONGEST + 1):
            text = text.replace(f"{{{length}}}", f"{self.path}/".ljust(length, "x"))
        name = os.path.basename(self.path)
        return text.format_map({"dir": self.path, "name": name, "tcp": self.tcp})

    def hide(self, text):
        """Puts the placeholders back. Of a socket that Python shows, that it is one."""
        text = re.sub(r"<socket\.socket .*>", "{sock}", text)
        return text.replace(self.path, "{dir}")

    def shown(self, name):
        """The name of a socket as asyncio tells it: a text, or bytes if it is abstract. Of others the address alone."""
        if isinstance(name, tuple):
            return name[0]
        return self.hide(name.decode() if isinstance(name, bytes) else name)

    # As the recorder of datagrams wants to be told.
    def of_peer(self, name):
        return name and self.shown(name)

    of_this_side = shown

    def clean(self):
        """Puts back what a question may have changed."""
        for name, kind in (("dead", socket.SOCK_STREAM), ("stale", socket.SOCK_DGRAM)):
            self.remove(name)
            with socket.socket(socket.AF_UNIX, kind) as sock:
                sock.bind(f"{self.path}/{name}")
        self.remove("here")

    def remove(self, name):
        pathlib.Path(self.path, name).unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def folder(loop):
    """All that the questions are about, for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(tempfile.TemporaryDirectory(prefix="unix-"))
        place = pathlib.Path(path)
        (place / "file").touch()
        (place / "link").symlink_to("open")
        (place / "loop").symlink_to("loop")
        for name in (f"{path}/open", f"\0{path}/open"):
            server = await loop.create_unix_server(connections.Echo, name)
            stack.callback(server.close)
        for name in (f"{path}/echo", f"\0{path}/echo"):
            transport, _ = await loop.create_datagram_endpoint(
                datagrams.Echo, local_addr=name, family=socket.AF_UNIX
            )
            stack.callback(transport.abort)
        tcp = await loop.create_server(connections.Echo, "127.0.0.1", 0)
        stack.callback(tcp.close)
        stack.callback(os.chdir, os.getcwd())
        os.chdir(path)
        yield Folder(path, "127.0.0.1:%d" % tcp.sockets[0].getsockname()[1])


async def ask(loop, question, place):
    """What asyncio does when it is asked the question."""
    place.clean()
    keywords = keyword_arguments(question, place)
    with contextlib.ExitStack() as stack:
        if "sock" in keywords:
            stack.enter_context(keywords["sock"])
        if question.get("unix"):
            return await connect(loop, loop.create_unix_connection, keywords, place)
        if "service" in question:
            return await connect(loop, loop.create_connection, keywords, place)
        sends = [filled(send, place) for send in question.get("sends", [])]
        return await datagrams.create(loop, keywords, sends, place)


def filled(send, place):
    """An entry of `sends` with a path that is one."""
    return send | ({"to": place.fill(send["to"])} if "to" in send else {})


def target(send, _place):
    """asyncio's `addr`: a path as it is."""
    return send.get("to")


datagrams.target = target


def keyword_arguments(question, place):
    """The question as asyncio has to be asked it."""
    keywords = {}
    for option, value in question.items():
        match option:
            case "unix" | "sends":
                pass
            case "path":
                keywords["path"] = place.fill(value)
            case "unix-local":
                keywords["local_addr"] = place.fill(value)
            case "unix-remote":
                keywords["remote_addr"] = place.fill(value)
            case "local-address":
                keywords["local_addr"] = value["host"], value["service"]
            case "remote-address":
                keywords["remote_addr"] = value["host"], value["service"]
            case "family":
                keywords["family"] = FAMILIES[value]
            case "service":
                keywords["port"] = value
            case "tls":
                keywords["ssl"] = value if value is True else connections.own_context()
            case "sock":
                user_socket = connections.user_socket
                if value.startswith("unbound:"):
                    user_socket = datagrams.user_socket
                keywords["sock"] = user_socket(place.fill(value))
            case "reuse-port" | "allow-broadcast":
                keywords[datagrams.SAME_VALUE[option]] = value
            case _:
                keywords[connections.SAME_VALUE[option]] = value
    return keywords


async def connect(loop, call, keywords, place):
    """Calls `create_unix_connection` and tells whether it returned or raised."""
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            transport, _ = await call(asyncio.Protocol, **keywords)
    except Exception as error:
        if limit.expired():
            raise RuntimeError(f"no answer within {PATIENCE} seconds: {keywords}") from error
        outcome = {"raised": datagrams.raised(error, place)}
        return outcome | await connections.fate(keywords.get("sock"))
    ends = {
        "local": place.shown(transport.get_extra_info("sockname")),
        "remote": place.shown(transport.get_extra_info("peername")),
    }
    transport.abort()
    await asyncio.sleep(SETTLING)
    return {"connected": ends}


async def record():
    """All vectors, in the order of the questions."""
    loop = asyncio.get_running_loop()
    async with folder(loop) as place:
        return [
            vector | {"outcome": await ask(loop, vector["question"], place)}
            for vector in unix_questions.QUESTIONS
        ]


def main():
    options = vectors.arguments(__doc__.splitlines()[0]).parse_args()
    recorded = asyncio.run(record(), loop_factory=asyncio.SelectorEventLoop)
    return vectors.finish(recorded, options.check)


if __name__ == "__main__":
    sys.exit(main())
