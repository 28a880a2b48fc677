"""`_ssl._SSLSocket`: one side of a TLS connection, over a socket or a pair of `MemoryBIO`."""

from __future__ import annotations

import copy
import ipaddress
import sys
import weakref
from datetime import datetime, timezone
from typing import Any

from . import certificate, constants as c, engine, hello
from .agreed import Agreed, Certificate
from .context import _SSLContext
from .errors import SSLError, SSLWantWriteError, error, failed, from_failure, truncated, verification, want_read, zero_return
from .session import SSLSession
from .wires import Wire

_PIECE = 256 * 1024
# What is encrypted before it is sent: as much as one record holds, so that little waits where a socket takes no more.
_RECORD = 16 * 1024
_HANDSHAKING = engine.tls_engine.State.HANDSHAKING


class _SSLSocket(Agreed):
    """The object behind `ssl.SSLSocket` and `ssl.SSLObject`."""

    def __init__(
        self, context: _SSLContext, wire: Wire, server_side: bool, server_hostname: str | bytes | None, owner: Any, session: Any
    ) -> None:
        self._context = context
        self._wire = wire
        self.server_side = bool(server_side)
        if server_side and context.protocol == c.PROTOCOL_TLS_CLIENT:
            raise error(SSLError, c.SSL_ERROR_SSL, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context", library=None)
        if not server_side and context.protocol == c.PROTOCOL_TLS_SERVER:
            raise error(SSLError, c.SSL_ERROR_SSL, "Cannot create a client socket with a PROTOCOL_TLS_SERVER context", library=None)
        self.server_hostname = None if server_side else _hostname(server_hostname)
        if not server_side and context.check_hostname and self.server_hostname is None:
            raise ValueError("check_hostname requires server_hostname")
        self._owner = None if owner is None else weakref.ref(owner)
        self._engine: Any = None
        self._facts: Any = None
        self._hello: hello.Hello | None = None
        self._hearing = hello.Incoming()
        self._unfed = bytearray()
        self._unsent = b""
        self._unreported = b""
        self._ended = False
        self._said_goodbye = False
        self._failure: Exception | None = None
        self._session: SSLSession | None = None
        self._kept = context._kept()
        self._told_mode = context.verify_mode
        self._verify_mode, self._verify_flags, self._options = context.verify_mode, context.verify_flags, context.options
        self._take_settings(context)
        if session is not None:
            self.session = session

    def _take_settings(self, context: _SSLContext) -> None:
        """As SSL_new: what the context is set to later is for other connections."""
        self._revoked = tuple(context._revoked)
        self._names = tuple(context._alpn)
        self._made: dict[bool, Any] = {}
        if not engine.begun():
            return
        try:
            for alpn in (True, False) if self.server_side and self._names else (True,):
                self._made[alpn] = context._keeping(self._kept)._for_engine(alpn)
        except SSLError as told:
            # Said at the handshake.
            self._failure = copy.copy(told)

    # The connection.

    def do_handshake(self) -> None:
        """Agrees with the peer."""
        self._wire.begin("handshake")
        self._handshake()

    def read(self, size: int, buffer: Any = None, /) -> Any:
        """Waits for bytes; none are the end."""
        if buffer is not None:
            view = memoryview(buffer).cast("B")
            size = view.nbytes if size <= 0 or size > view.nbytes else size
            data = self._read(size)
            view[: len(data)] = data
            return len(data)
        if size < 0:
            raise ValueError("size should not be negative")
        return self._read(size)

    def write(self, data: Any, /) -> int:
        """Sends bytes, and says how many."""
        self._wire.begin("write")
        self._handshake()
        view = memoryview(data).cast("B")
        if self._unreported:
            # What was encrypted the last time and could not be sent. It is given again, and must not be sent again.
            if view[: len(self._unreported)] != self._unreported:
                raise failed("BAD_WRITE_RETRY", "bad write retry")
            self._flush()
            sent, self._unreported = len(self._unreported), b""
            return sent
        self._check()
        if self._said_goodbye:
            raise failed("PROTOCOL_IS_SHUTDOWN", "protocol is shutdown")
        self._flush()
        sent = 0
        while sent < view.nbytes:
            taken = self._call(self._engine.write, view[sent : sent + _RECORD].tobytes())
            self._unreported = view[sent : sent + taken].tobytes()
            self._flush()
            self._unreported = b""
            sent += taken
            if not self._wire.takes_all:
                # A record at a time, as with SSL_MODE_ENABLE_PARTIAL_WRITE: what was reported is sent, and nothing else is begun.
                break
        return sent

    def shutdown(self) -> Any:
        """Says goodbye, and waits for the peer's; what it still sends before is dropped. Gives the socket back."""
        self._wire.begin("read")
        if self._facts is None:
            raise failed("SHUTDOWN_WHILE_IN_INIT", "shutdown while in init")
        if not self._said_goodbye:
            self._engine.close()
            self._said_goodbye = True
        self._flush()
        while not self._engine.status().peer_closed:
            self._receive()
            while self._engine.read(_PIECE):
                pass
        return self._wire.outside()

    def pending(self) -> int:
        """How many bytes can be read without waiting."""
        return 0 if self._engine is None else int(self._engine.status().readable)

    def _handshake(self) -> None:
        if self._facts is not None:
            return
        self._check()
        if self._engine is None:
            self._begin()
        while True:
            self._flush()
            if self._engine.status().state != _HANDSHAKING:
                break
            self._receive()
        self._agreed()

    def _begin(self) -> None:
        self._context._count("accept" if self.server_side else "connect")
        Session = engine.tls_engine.Session
        if not self.server_side:
            self._engine = self._call(Session.client, self._made[True], self.server_hostname)
            return
        try:
            while self._hello is None:
                data = self._wire.receive()
                if not data:
                    self._fail(truncated())
                self._unfed += data
                self._hello = self._hearing.feed(data)
        except hello.NotHello:
            self._hello = hello.Hello()
        self._ask_for_context(self._hello.server_name)
        self._check()
        # A client that has none of our application protocols does without (RFC 7301 permits it, and so OpenSSL does).
        alpn = not self._hello.alpn or any(name in self._names for name in self._hello.alpn)
        try:
            self._engine = Session.server(self._made.get(alpn, self._made[True]))
        except engine.Err as told:
            if self._context._chain is None:
                self._refuse(c.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
                self._fail(failed("NO_SHARED_CIPHER", "no shared cipher: the context has no certificate"))
            self._fail(from_failure(told.value))

    def _ask_for_context(self, name: str | None) -> None:
        """Lets `sni_callback` choose another context."""
        callback = self._context.sni_callback
        if callback is None:
            return
        owner = self if self._owner is None else self._owner()
        try:
            answer = callback(owner, name, self._context)
            if answer is not None and not isinstance(answer, int):
                raise TypeError(f"sni_callback returned {type(answer).__name__}, not an alert or None")
        except Exception:
            sys.excepthook(*sys.exc_info())
            answer = c.ALERT_DESCRIPTION_INTERNAL_ERROR
        if answer is not None:
            self._refuse(answer)
            self._fail(failed("CALLBACK_FAILED", "callback failed"))

    def _refuse(self, alert: int) -> None:
        """Tells the peer so, before there is an engine."""
        self._unsent += bytes([21, 3, 3, 0, 2, 2, alert & 0xFF])
        self._flush()

    def _agreed(self) -> None:
        facts = self._engine.facts()
        if facts is None:
            raise failed("INTERNAL_ERROR", "the handshake ended without facts")
        self._check_revocation(facts)
        self._facts = facts
        context = self._context
        context._count("accept_good" if self.server_side else "connect_good")
        if facts.resumed:
            context._count("hits")
        context._write_key_log(self._made.values())

    def _check_revocation(self, facts: Any) -> None:
        """OpenSSL does not do with a list that is not there; the engine does."""
        chain = facts.peer_certificates
        if chain and self._verify_mode != c.CERT_NONE and self._verify_flags & c.VERIFY_CRL_CHECK_LEAF:
            issuer, now = certificate.issuer(chain[0]), datetime.now(timezone.utc)
            ends = [certificate.list_until(revoked) for revoked in self._revoked if certificate.list_issuer(revoked) == issuer]
            if any(end is None or end >= now for end in ends):
                return
            # The peer believes in the connection already.
            self._engine.close()
            try:
                self._flush()
            except OSError:
                pass
            self._fail(verification(12, "CRL has expired") if ends else verification(3, "unable to get certificate CRL"))

    def _read(self, size: int) -> bytes:
        self._wire.begin("read")
        self._handshake()
        if size == 0:
            return b""
        while True:
            data: bytes = self._engine.read(min(size, 0xFFFFFFFF))
            if data:
                return data
            if self._engine.status().peer_closed:
                if self._said_goodbye:
                    raise zero_return()
                return b""
            self._check()
            try:
                self._flush_before_reading()
                self._receive()
            except SSLError as told:
                ragged = told.errno == c.SSL_ERROR_EOF and self._options & c.OP_IGNORE_UNEXPECTED_EOF
                # What came before a failure is given first.
                if not self._engine.status().readable:
                    if ragged:
                        return b""
                    raise

    # Ciphertext.

    def _receive(self) -> None:
        """Feeds the engine what has come."""
        data = bytes(self._unfed) or self._wire.receive()
        self._unfed.clear()
        if not data:
            self._ended = True
            try:
                self._engine.feed_end()
            except engine.Err as told:
                self._fail(self._told(told))
            if not self._engine.status().peer_closed:
                self._fail(truncated())
            return
        taken = self._call(self._engine.feed, data)
        if taken < len(data):
            self._unfed += data[taken:]
            if not taken and not self._engine.status().readable:
                raise want_read()

    def _flush_before_reading(self) -> None:
        """As far as that goes: a peer that reads no more before it is read from must not keep us from reading."""
        if not self._unreported:
            try:
                self._flush()
            except SSLWantWriteError:
                pass

    def _flush(self) -> None:
        """Sends what the engine has."""
        while True:
            if not self._unsent:
                if self._engine is None:
                    return
                self._unsent = self._engine.drain(_PIECE)
                if not self._unsent:
                    return
            sent = self._wire.send(self._unsent)
            self._unsent = self._unsent[sent:]

    def _call(self, function: Any, *arguments: Any) -> Any:
        """Calls the engine; after a failure the peer is told, as far as that goes."""
        try:
            return function(*arguments)
        except engine.Err as told:
            try:
                self._flush()
            except OSError:
                pass
            self._fail(self._told(told))

    def _told(self, told: Any) -> SSLError:
        name = self.server_hostname
        if "trusts no certificate" in str(getattr(told.value, "value", "")):
            # Before anything is sent; OpenSSL finds it out when it has the peer's.
            return verification(20, "unable to get local issuer certificate")
        return from_failure(told.value, name, _is_ip(name))

    def _fail(self, failure: Exception) -> None:
        # Without its traceback, whose frames hold the connection and its socket.
        self._failure = copy.copy(failure)
        try:
            raise failure
        finally:
            del failure

    def _check(self) -> None:
        if self._failure is not None:
            raise copy.copy(self._failure)

    # Whose it is.

    @property
    def context(self) -> _SSLContext:
        """Its settings."""
        return self._context

    @context.setter
    def context(self, value: _SSLContext) -> None:
        if not isinstance(value, _SSLContext):
            raise TypeError("The value must be a SSLContext")
        self._context = value
        if self.server_side and self._engine is None:
            self._told_mode = value.verify_mode
            self._take_settings(value)

    @property
    def owner(self) -> Any:
        """The `SSLSocket` or `SSLObject`."""
        return None if self._owner is None else self._owner()


def _hostname(name: str | bytes | None) -> str | None:
    """The name as `_ssl` takes it."""
    if name is None:
        return None
    text = name.decode("ascii") if isinstance(name, (bytes, bytearray)) else name
    text.encode("ascii")
    if not text or text.startswith("."):
        raise ValueError("server_hostname cannot be an empty string or start with a leading dot.")
    if "\0" in text:
        raise TypeError("argument must be encoded string without null bytes, not str")
    return text


def _is_ip(name: str | None) -> bool:
    try:
        ipaddress.ip_address(name or "")
    except ValueError:
        return False
    return True


__all__ = ["Certificate", "_SSLSocket"]
