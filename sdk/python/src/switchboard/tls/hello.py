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


class Incoming:
    """A hello that comes in pieces. Each is looked at once, however small it is: nobody is authenticated yet."""

    def __init__(self) -> None:
        self._records, self._said = bytearray(), bytearray()

    def feed(self, data: bytes) -> Hello | None:
        """The hello, or none if it is not whole yet."""
        self._records += data
        while True:
            if len(self._said) >= 4:
                length = int.from_bytes(self._said[1:4], "big")
                if self._said[0] != _CLIENT_HELLO or length > _LONGEST:
                    raise NotHello("another message")
                if len(self._said) >= 4 + length:
                    return _read(_Reader(bytes(self._said[4 : 4 + length])))
            if self._records and self._records[0] != _HANDSHAKE:
                raise NotHello("another record")
            if len(self._records) < 5:
                return None
            size = int.from_bytes(self._records[3:5], "big")
            if size == 0:
                raise NotHello("an empty record")
            if len(self._records) < 5 + size:
                return None
            self._said += self._records[5 : 5 + size]
            del self._records[: 5 + size]


def parse(stream: bytes) -> Hello | None:
    """The hello at the beginning of `stream`, or none if it is not whole yet."""
    return Incoming().feed(stream)


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
