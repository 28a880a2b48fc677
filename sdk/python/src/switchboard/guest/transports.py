"""CPython's transports over WASI's sockets, which may be called ready when they are not, and have no `sendmsg`."""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import socket
from typing import Any

_PIECES = 64
# More than a socket takes at once, and would be copied again for the next time.
_ENOUGH = 256 * 1024
_MORE = 64 * 1024

_transport = asyncio.selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
_cpythons_writelines = _transport.writelines
_cpythons_data_received = _transport._read_ready__data_received
_datagrams = asyncio.selector_events._SelectorDatagramTransport  # type: ignore[attr-defined]
_cpythons_read_datagram = _datagrams._read_ready
# More than the largest.
_DATAGRAM = 64 * 1024


def _write_send(self: Any) -> None:
    """`_SelectorSocketTransport._write_send` without a fault: CPython's forgets what a socket did not take after all.

    On Linux it is not used. Here a socket may be called ready to be written to and then take nothing.
    """
    assert self._buffer, "Data should not be empty"
    if self._conn_lost:
        return
    # Together, as where there is sendmsg: a second write may wait until the peer has acknowledged the first.
    pieces, size = [], 0
    for piece in self._buffer:
        pieces.append(piece)
        size += len(piece)
        if len(pieces) == _PIECES or size >= _ENOUGH:
            break
    try:
        sent = self._sock.send(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        self._adjust_leftover_buffer(sent)
        while self._buffer and not self._buffer[0]:
            self._buffer.popleft()
    except (BlockingIOError, InterruptedError):
        return
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        self._loop._remove_writer(self._sock_fd)
        self._buffer.clear()
        self._fatal_error(error, "Fatal write error on socket transport")
        if self._empty_waiter is not None:
            self._empty_waiter.set_exception(error)
        return
    self._maybe_resume_protocol()
    if not self._buffer:
        self._loop._remove_writer(self._sock_fd)
        if self._empty_waiter is not None:
            self._empty_waiter.set_result(None)
        if self._closing:
            self._call_connection_lost(None)
        elif self._eof:
            self._sock.shutdown(socket.SHUT_WR)


def _writelines(self: Any, list_of_data: Any) -> None:
    """`writelines` as it is since CPython 3.14.1: empty pieces are skipped, and after the end all of it, as by `write`."""
    pieces = [data for data in list_of_data if memoryview(data).nbytes]
    if self._conn_lost and not self._eof:
        for _ in pieces[:1]:
            self.write(b"".join(pieces))
        return
    _cpythons_writelines(self, pieces)


def _read_ready__data_received(self: Any) -> None:
    """As CPython's, which reads once. WASI calls a socket ready until a read has found nothing: that one is done at once.

    It spares a turn of the loop for every message. Both times before the protocol hears of it: what it does then may be to
    have another one set, whose the next bytes are. Not with TLS, where what comes with the end of the handshake has to wait until
    whoever connects has been told.
    """
    ahead = self._ahead
    if ahead is not None:
        self._ahead = None
        _received(self, ahead)
        return
    if type(self._sock) is not socket.socket or self._conn_lost or self._paused or self._closing:
        _cpythons_data_received(self)
        return
    failed = None
    try:
        data = self._sock.recv(self.max_size)
        if data:
            try:
                # If it is the end, that is found again in its turn.
                data += self._sock.recv(_MORE)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as error:
                failed = error
    except (BlockingIOError, InterruptedError):
        return
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        self._fatal_error(error, "Fatal read error on socket transport")
        return
    _received(self, data)
    # Whoever closes does not read.
    if failed is not None and not self._closing:
        _received(self, failed)


def is_stream(handle: Any) -> bool:
    """Whether the handle is of a transport for streams."""
    return type(getattr(handle._callback, "__self__", None)) is _transport


def reading(handles: Any, fd: int) -> Any:
    """The transport that the reader of these is of, if it is one that may be read ahead for."""
    callback = handles[0]._callback
    transport = getattr(callback, "__self__", None)
    if type(transport) not in _KINDS or type(transport._sock) is not socket.socket:
        return None
    if getattr(callback, "__name__", None) != "_read_ready" or transport._sock_fd != fd:
        # A reader of the program's own, which calls another of its methods, or this one for another descriptor.
        return None
    if type(transport) is _datagrams:
        return transport
    # Not of a BufferedProtocol, whose buffer it would be.
    return transport if getattr(transport._read_ready_cb, "__func__", None) is _read_ready__data_received else None


def read_ahead(transport: Any, tries: int) -> int:
    """Reads for the call of `_read_ready` that comes next, if there is anything; says how many tries that took, or 0."""
    if transport._ahead is not None:
        return 1
    read, most = (transport._sock.recv, _MORE) if type(transport) is _transport else (transport._sock.recvfrom, _DATAGRAM)
    for used in range(1, tries + 1):
        try:
            transport._ahead = read(most)
        except (BlockingIOError, InterruptedError):
            continue
        except OSError as error:
            transport._ahead = error
        return used
    return 0


def _received(self: Any, ahead: bytes | OSError) -> None:
    """What `_SelectorSocketTransport._read_ready__data_received` does with what it has read."""
    if self._conn_lost:
        return
    if isinstance(ahead, OSError):
        self._fatal_error(ahead, "Fatal read error on socket transport")
    elif not ahead:
        self._read_ready__on_eof()
    else:
        try:
            self._protocol.data_received(ahead)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fatal_error(error, "Fatal error: protocol.data_received() call failed.")


def _read_ready_datagram(self: Any) -> None:
    """As CPython's, but for what was read ahead."""
    ahead = self._ahead
    if ahead is None:
        _cpythons_read_datagram(self)
        return
    self._ahead = None
    if self._conn_lost:
        return
    if isinstance(ahead, OSError):
        self._protocol.error_received(ahead)
    else:
        self._protocol.datagram_received(*ahead)


_KINDS = (_transport, _datagrams)


def mend() -> None:
    """Puts right what is wrong in CPython's transports."""
    _transport._write_send, _transport.writelines = _write_send, _writelines


def use() -> None:
    """The same, and has them read twice, over WASI's own sockets."""
    mend()
    _transport._ahead = _datagrams._ahead = None
    # As it is called in what the loop tells of exceptions.
    _read_ready_datagram.__name__, _read_ready_datagram.__qualname__ = "_read_ready", _cpythons_read_datagram.__qualname__
    _datagrams._read_ready = _read_ready_datagram
    _transport._read_ready__data_received = _read_ready__data_received
