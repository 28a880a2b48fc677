"""What a client says first (RFC 8446, section 4.1.2), as far as a server asks before it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME, _ALPN = 0, 16
# Longer ones are not said by anybody; the engine takes no more than this either.
_LONGEST = 0xFFFF


class NotHello(ValueError):
    """It is something else, which is for the engine to say."""


@dataclass
class Hello:
    """What the client offers."""

    server_name: str | None = None
    alpn: list[bytes] = field(default_factory=list)
    suites: list[int] = field(default_factory=list)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise NotHello("cut short")
        self._at += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def block(self, size: int) -> _Reader:
        """Bytes after their count, which has this size."""
        return _Reader(self.take(self.number(size)))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def __bool__(self) -> bool:
        return self._at < len(self._data)


def parse(stream: bytes) -> Hello | None:
    """The hello at the beginning of `stream`, or none if it is not whole yet."""
    said, at = b"", 0
    while True:
        if len(said) >= 4:
            length = int.from_bytes(said[1:4], "big")
            if said[0] != _CLIENT_HELLO or length > _LONGEST:
                raise NotHello("another message")
            if len(said) >= 4 + length:
                return _read(_Reader(said[4 : 4 + length]))
        if stream[at : at + 1] not in (b"", bytes([_HANDSHAKE])):
            raise NotHello("another record")
        if at + 5 > len(stream):
            return None
        size = int.from_bytes(stream[at + 3 : at + 5], "big")
        if size == 0:
            raise NotHello("an empty record")
        if at + 5 + size > len(stream):
            return None
        said += stream[at + 5 : at + 5 + size]
        at += 5 + size


def _read(reader: _Reader) -> Hello:
    hello = Hello()
    reader.take(2 + 32)
    reader.block(1)
    suites = reader.block(2)
    while suites:
        hello.suites.append(suites.number(2))
    reader.block(1)
    extensions = reader.block(2) if reader else _Reader(b"")
    while extensions:
        kind, body = extensions.number(2), extensions.block(2)
        if kind == _SERVER_NAME:
            names = body.block(2)
            while names:
                if names.number(1) == 0:
                    hello.server_name = names.block(2).rest().decode("ascii", "replace")
                else:
                    names.block(2)
        elif kind == _ALPN:
            protocols = body.block(2)
            while protocols:
                hello.alpn.append(protocols.block(1).rest())
    return hello
