"""What a connection does where its wire takes little, by itself: over an engine that encrypts nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import stubbed
from switchboard.tls import connection, constants as c, context, engine, errors

DATA = bytes(range(256)) * 256
PLENTY = 10**9


class Wire:
    """Takes so many bytes."""

    takes_all = False

    def __init__(self) -> None:
        self.got, self.room = b"", 0
        self.full: Callable[[], Exception] = errors.want_write

    def begin(self, operation: str) -> None:
        pass

    def send(self, data: bytes) -> int:
        if self.room <= 0:
            raise self.full()
        count = min(self.room, len(data))
        self.room -= count
        self.got += data[:count]
        return count

    def receive(self) -> bytes:
        return b"from the peer"


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_begun", True)


def client_context() -> Any:
    return context._SSLContext(c.PROTOCOL_TLS_CLIENT)


def connected(settings: Any = None) -> tuple[Any, Wire]:
    wire = Wire()
    made = connection._SSLSocket(settings or client_context(), wire, False, "localhost", None, None)
    made._engine = stubbed.Session()
    made._facts = SimpleNamespace(peer_certificates=[])
    return made, wire


@pytest.mark.parametrize("step", [512, 16384, 100_000])
def test_nothing_is_sent_twice_whatever_is_written_next(step: int) -> None:
    made, wire = connected()
    wire.room = 40_000
    sent = 0
    with pytest.raises(errors.SSLWantWriteError):
        while True:
            sent += made.write(DATA[sent:])
    wire.room = PLENTY
    sent += made.write(DATA[sent:])
    while sent < len(DATA):
        sent += made.write(DATA[sent : sent + step])
    assert wire.got == DATA


def test_what_was_reported_is_sent() -> None:
    made, wire = connected()
    wire.room = 40_000
    reported = made.write(DATA)
    assert wire.got == DATA[:reported]
    wire.room = PLENTY
    other = b"something else"
    assert made.write(other) == len(other)
    assert wire.got == DATA[:reported] + other


def test_a_write_that_timed_out_is_continued() -> None:
    made, wire = connected()
    wire.full = lambda: TimeoutError("The write operation timed out")
    wire.room, sent = 40_000, 0
    with pytest.raises(TimeoutError):
        while True:
            sent += made.write(DATA[sent:])
    wire.room = PLENTY
    while sent < len(DATA):
        sent += made.write(DATA[sent:])
    assert wire.got == DATA


@pytest.mark.parametrize("other", [b"", DATA[:512], b"x" * len(DATA)])
def test_another_retry_is_refused(other: bytes) -> None:
    made, wire = connected()
    with pytest.raises(errors.SSLWantWriteError):
        made.write(DATA)
    wire.room = PLENTY
    with pytest.raises(errors.SSLError) as told:
        made.write(other)
    assert told.value.reason == "BAD_WRITE_RETRY"
    sent = 0
    while sent < len(DATA):
        sent += made.write(DATA[sent:])
    assert wire.got == DATA


def test_it_reads_while_a_write_waits() -> None:
    made, _ = connected()
    with pytest.raises(errors.SSLWantWriteError):
        made.write(b"x" * 100)
    assert made.read(100) == b"from the peer"
    made, _ = connected()
    made._engine.out = b"an answer to a key update"
    assert made.read(100) == b"from the peer"
