"""`ssl.MemoryBIO`."""

from __future__ import annotations

from . import constants as c
from .errors import SSLError, error


class MemoryBIO:
    """A buffer for bytes on their way to or from the peer."""

    __module__ = "ssl"

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ended = False

    @property
    def pending(self) -> int:
        """How many bytes are there."""
        return len(self._bytes)

    @property
    def eof(self) -> bool:
        """Whether none are there and none will come."""
        return self._ended and not self._bytes

    def read(self, size: int = -1, /) -> bytes:
        """Takes at most `size` bytes, all if it is negative."""
        if size < 0 or size >= len(self._bytes):
            taken = bytes(self._bytes)
            self._bytes.clear()
        else:
            taken = bytes(self._bytes[:size])
            del self._bytes[:size]
        return taken

    def write(self, data: bytes, /) -> int:
        """Adds bytes."""
        with memoryview(data) as view:
            if self._ended:
                raise error(SSLError, c.SSL_ERROR_SSL, "cannot write() after write_eof()", library=None)
            if not view.c_contiguous:
                raise BufferError("memoryview: underlying buffer is not C-contiguous")
            self._bytes += view.tobytes()
            return view.nbytes

    def write_eof(self) -> None:
        """No more will come."""
        self._ended = True
