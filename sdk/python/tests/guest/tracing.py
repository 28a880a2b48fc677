"""Prints what happens to protocols, so that it can be compared."""

import asyncio
import errno
import json
import logging
import re
import ssl
import sys

told = json.loads(sys.argv[1])
lines = []


def say(*words):
    line = " ".join(map(str, words))
    for name, port in told.items():
        if isinstance(port, int):
            line = re.sub(rf"\b{port}\b", f"<{name}>", line)
    print(line, flush=True)


def told_error(error):
    """An exception without what differs between systems: numbers of errors, addresses of objects."""
    if error is None:
        return "None"
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}({error.message!r}, {[told_error(one) for one in error.exceptions]})"
    text = str(error)
    if isinstance(error, ssl.SSLError):
        return f"{type(error).__name__} {error.reason}"
    if isinstance(error, OSError) and error.errno:
        name = errno.errorcode.get(error.errno, error.errno)
        text = f"{name} {error.strerror}"
    text = re.sub(r"\[errno \d+\]", "[errno]", text, flags=re.IGNORECASE)
    text = re.sub(r"<socket\.socket [^>]*>|<switchboard[^>]*>", "<socket>", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", re.sub(r"(fd|descriptor)[= ]\d+", r"\1", re.sub(r"(AF_\w+): \d+", r"\1", text)))
    return f"{type(error).__name__}({text})"


class Protocol(asyncio.Protocol):
    def __init__(self, keep_open=False, loud=True):
        self.made = asyncio.Event()
        self.lost = asyncio.get_running_loop().create_future()
        self.data = b""
        self.arrived = asyncio.Event()
        self.keep_open = keep_open
        self.loud = loud

    def said(self, *words):
        if self.loud:
            say("  ", *words)

    def connection_made(self, transport):
        self.transport = transport
        self.said("made")
        self.made.set()

    def data_received(self, data):
        self.data += data
        self.said("data", data if len(data) < 50 else "many")
        self.arrived.set()

    def eof_received(self):
        self.said("eof")
        self.arrived.set()
        return self.keep_open

    def pause_writing(self):
        self.said("pause")

    def resume_writing(self):
        self.said("resume")

    def connection_lost(self, error):
        self.said("lost", told_error(error))
        self.lost.set_result(None)

    async def until(self, count):
        while len(self.data) < count:
            self.arrived.clear()
            await self.arrived.wait()


async def connect(name, protocol=None, **named):
    protocol = protocol or Protocol()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(lambda: protocol, "127.0.0.1", told[name], **named)
    say("   returned")
    return transport, protocol


class Warned(logging.Handler):
    def emit(self, record):
        say("   logged", record.levelname, re.sub(r"<.*>", "<…>", record.getMessage()).split("\n")[0])


def handler(loop, context):
    error = context.get("exception")
    say("   handler", re.sub(r"<.*", "<…>", context["message"]), told_error(error))


def run(*scenarios):
    """Each in its turn, within its time."""
    logger = logging.getLogger("asyncio")
    logger.addHandler(Warned())
    logger.propagate = False

    async def main():
        asyncio.get_running_loop().set_exception_handler(handler)
        for scenario in scenarios:
            say(scenario.__name__)
            try:
                async with asyncio.timeout(10):
                    await scenario()
            except Exception as error:
                say("  raised", told_error(error))

    return main()


def context():
    return ssl.create_default_context(cafile=told["ca"])
