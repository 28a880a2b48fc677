"""What a client says first is understood, in any pieces, and whatever else it says does no harm."""

from __future__ import annotations

import ssl
import sys

import pytest
from switchboard.tls import hello


def said(name: str | None, alpn: list[str]) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(("name", "alpn"), [("a.example", ["h2", "http/1.1"]), (None, []), ("b.example", [])])
def test_in_any_pieces(name: str | None, alpn: list[str]) -> None:
    whole = said(name, alpn)
    for cut in range(len(whole)):
        assert hello.parse(whole[:cut]) is None
    told = hello.parse(whole + b"more")
    assert told is not None
    assert (told.server_name, told.alpn) == (name, [each.encode() for each in alpn])
    assert 0x1301 in told.suites


def test_in_many_records() -> None:
    body = said("a.example", [])[5:]
    records = b"".join(b"\x16\x03\x01\0" + bytes([len(body[at : at + 9])]) + body[at : at + 9] for at in range(0, len(body), 9))
    told = hello.parse(records)
    assert told is not None and told.server_name == "a.example"


def test_each_piece_is_looked_at_once() -> None:
    """A hello of single bytes, each a record, none of which ends it."""
    body = b"\1" + (60_000).to_bytes(3, "big") + bytes(5_000)
    incoming, steps = hello.Incoming(), 0

    def count(frame: object, event: str, _: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for at in range(len(body)):
            assert incoming.feed(b"\x16\x03\x01\0\1" + body[at : at + 1]) is None
    finally:
        sys.setprofile(None)
    assert steps < 20 * len(body)


def test_whatever_else() -> None:
    for other in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\0\0", b"\x15\x03\x01\0\x02\x02\x28", b"\x16\x03\x01\0\x04\x02\0\0\0"):
        with pytest.raises(hello.NotHello):
            hello.parse(other)
    whole = said("a.example", ["h2"])
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 0xFF
        try:
            hello.parse(bytes(changed))
        except hello.NotHello:
            pass
