"""What a connection does where its wire takes little, by itself: over an engine that encrypts nothing."""

from __future__ import annotations

import gc
import socket
import ssl
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import stubbed
from pki import Authority
from switchboard.tls import connection, constants as c, context, engine, errors, trust, wires
from switchboard.tls.bio import MemoryBIO

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


@pytest.mark.parametrize("other", [b"", DATA[:512], b"x" * len(DATA)], ids=["none", "shorter", "another"])
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


def wrapped(settings: Any, wire: Any = None) -> Any:
    return connection._SSLSocket(settings, wire or Wire(), False, "localhost", None, None)


def begun_with(made: Any) -> dict[str, Any]:
    """What the engine's context was set to, from which the connection was begun."""
    made._begin()
    told: dict[str, Any] = made._engine.context.set
    return told


def test_settings_are_those_of_when_it_was_wrapped() -> None:
    settings = client_context()
    strict = wrapped(settings)
    settings.check_hostname = False
    settings.verify_mode = c.CERT_NONE
    lax = wrapped(settings)
    settings.verify_mode = c.CERT_REQUIRED
    told = begun_with(strict)
    assert told["set_check_hostname"] == (True,) and "set_verify_mode" not in told
    told = begun_with(lax)
    assert told["set_check_hostname"] == (False,) and "set_verify_mode" in told
    lax._facts = SimpleNamespace(peer_certificates=[b"a certificate"])
    assert lax.getpeercert() == {}


def test_a_client_verifies_as_it_was_told_whatever_context_it_is_given() -> None:
    made, lax = wrapped(client_context()), client_context()
    lax.check_hostname = False
    lax.verify_mode = c.CERT_NONE
    made.context = lax
    assert made.context is lax and begun_with(made)["set_check_hostname"] == (True,)


def test_a_failed_connection_is_forgotten_with_its_last_reference() -> None:
    made, _ = connected()
    made._engine.failing = errors.failed("WRONG", "wrong")
    held = weakref.ref(made)
    gc.disable()
    try:
        for _ in range(2):
            with pytest.raises(errors.SSLError, match="wrong"):
                made._fail(errors.failed("WRONG", "wrong"))
            with pytest.raises(errors.SSLError, match="wrong") as told:
                made.read(1)
            assert told.value.reason == "WRONG"
            del told
        del made
        assert held() is None
    finally:
        gc.enable()


def test_whom_to_trust_is_for_the_environment_of_the_run(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    monkeypatch.setattr(engine, "_begun", False)
    settings = client_context()
    settings.set_default_verify_paths()
    other = client_context()
    other.set_default_verify_paths()
    monkeypatch.setattr(engine, "_begun", True)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.cert))
    made = settings._for_engine()
    assert made.trust == "none" and "load_verify_locations" in made.set
    monkeypatch.delenv("SSL_CERT_FILE")
    assert other.cert_store_stats()["x509"] == 0 and other._for_engine().trust == "Mozilla"


def test_a_certificate_that_ends_while_the_program_runs(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    settings = client_context()
    settings.load_verify_locations(authority.cert)
    made = settings._for_engine()
    assert settings._for_engine() is made
    now = datetime.now(timezone.utc) + timedelta(days=31)
    for module in (context, trust):
        monkeypatch.setattr(module, "datetime", SimpleNamespace(now=lambda _: now))
    again = settings._for_engine()
    assert "load_verify_locations" in made.set and "load_verify_locations" not in again.set
    assert settings._for_engine() is again


def test_default_paths_that_cannot_be_read_trust_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "file.pem"))
    settings = client_context()
    settings.set_default_verify_paths()
    assert settings.cert_store_stats() == {"x509": 0, "crl": 0, "x509_ca": 0} and settings._for_engine().trust == "none"


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


def test_no_more_is_taken_than_a_record() -> None:
    records = [record(22, b"x" * 300), record(20, b"\1"), record(23, b""), record(23, b"y" * 16_000)]
    incoming = MemoryBIO()
    incoming.write(b"".join(records) + b"plain text")
    wire = wires.Memory(incoming, MemoryBIO())
    assert [wire.receive() for _ in records] == records
    assert incoming.read() == b"plain text"


def test_a_record_that_comes_in_pieces() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        wire, whole, got = wires.Socket(one), record(23, bytes(range(100))) + record(21, b"12"), b""
        for at in range(len(whole)):
            other.send(whole[at : at + 1])
            got += wire.receive()
            with pytest.raises(errors.SSLWantReadError):
                wire.receive()
        assert got == whole
        other.send(b"HTTP/1.1 400 Bad Request")
        assert wire.receive() == b"HTTP/"
        other.close()
        while wire.receive():
            pass


@pytest.mark.parametrize("named", [{"cafile": 5}, {"capath": 5}, {"cadata": 5}, {"cadata": "é"}, {}])
def test_arguments_of_a_wrong_kind(named: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as theirs:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**named)
    with pytest.raises(TypeError) as ours:
        client_context().load_verify_locations(**named)
    assert str(ours.value) == str(theirs.value)


def test_a_file_that_is_none_does_not_spoil_a_folder(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "00000000.0").write_text("no certificate")
    (tmp_path / "11111111.0").write_bytes(authority.cert.read_bytes())
    settings = client_context()
    settings.load_verify_locations(capath=str(tmp_path))
    assert settings.cert_store_stats()["x509"] == 1
