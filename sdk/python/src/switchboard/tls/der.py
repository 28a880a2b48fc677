"""Reading DER (X.690): values with their tags, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Malformed(ValueError):
    """It is not DER."""


class Value(NamedTuple):
    """A value that was read."""

    tag: int
    content: bytes
    whole: bytes
    """With tag and length."""

    def values(self) -> Iterator[Value]:
        """Those that it consists of."""
        return read(self.content)

    def expect(self, tag: int) -> Value:
        """Itself, if it has this tag."""
        if self.tag != tag:
            raise Malformed(f"tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def integer(self) -> int:
        """An INTEGER."""
        return int.from_bytes(self.expect(2).content, "big", signed=True)

    def oid(self) -> str:
        """An OBJECT IDENTIFIER, its numbers with dots between them."""
        return oid(self.expect(6).content)

    def text(self) -> str:
        """A string of any of the kinds that names in certificates have."""
        encoding = {12: "utf-8", 20: "latin-1", 28: "utf-32-be", 30: "utf-16-be"}.get(self.tag, "latin-1")
        return self.content.decode(encoding, "replace")


def read(data: bytes) -> Iterator[Value]:
    """The values in `data`."""
    at = 0
    while at < len(data):
        start, tag = at, data[at]
        if tag & 0x1F == 0x1F or at + 2 > len(data):
            raise Malformed("a tag of several bytes, or no length")
        length, at = data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 0 < size <= 4 or at + size > len(data):
                raise Malformed("a length that is none")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise Malformed("cut short")
        yield Value(tag, data[at : at + length], data[start : at + length])
        at += length


def one(data: bytes) -> Value:
    """The only value in `data`."""
    values = list(read(data))
    if len(values) != 1:
        raise Malformed("not one value")
    return values[0]


def oid(content: bytes) -> str:
    """An object identifier from its bytes.

    >>> oid(bytes([0x55, 4, 3]))
    '2.5.4.3'
    """
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers or content[-1] & 0x80:
        raise Malformed("an object identifier that is none")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
