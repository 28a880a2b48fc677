"""What a connection has agreed on with its peer, as Python's `ssl` tells it."""

from __future__ import annotations

import hashlib
from typing import Any

from . import certificate, constants as c, engine
from .ciphers import BY_NUMBER, SUITES
from .context import _SSLContext, cipher, missing
from .hello import Hello
from .session import SSLSession

_VERSIONS = {engine.tls.Version.TLS12: "TLSv1.2", engine.tls.Version.TLS13: "TLSv1.3"}


class Agreed:
    """The part of `_ssl._SSLSocket` that only tells."""

    server_side: bool
    server_hostname: str | None
    _context: _SSLContext
    _engine: Any
    _facts: Any
    _hello: Hello | None
    _session: SSLSession | None
    _verify_mode: int
    _told_mode: int

    def getpeercert(self, binary_form: bool = False, /) -> Any:
        """The peer's certificate."""
        if self._facts is None:
            raise ValueError("handshake not done yet")
        if not self._facts.peer_certificates:
            return None
        own: bytes = self._facts.peer_certificates[0]
        if binary_form:
            return own
        # Of what was verified CPython tells nothing where the context that `sni_callback` chose would not have.
        return {} if c.CERT_NONE in (self._verify_mode, self._told_mode) else certificate.decode(own)

    def get_unverified_chain(self) -> list[Certificate] | None:
        """The certificates as the peer sent them."""
        if self._facts is None or not self._facts.peer_certificates:
            return None
        return [Certificate(each) for each in self._facts.peer_certificates]

    def get_verified_chain(self) -> list[Certificate]:
        """Which of them led to a trusted root the engine does not tell."""
        raise missing("get_verified_chain")

    def cipher(self) -> tuple[str, str, int] | None:
        """The suite, its version and its bits."""
        return None if self._facts is None else cipher(self._facts.cipher_suite)

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        """Of a server, what the client offered and we have."""
        if self._hello is None:
            return None
        offered = [BY_NUMBER[number] for number in self._hello.suites if number in BY_NUMBER]
        chosen = self._context._suites
        ours = SUITES if chosen is None else (*(suite for suite in SUITES if suite.tls13), *chosen)
        return [(suite.name, suite.protocol, suite.bits) for suite in offered if suite in ours]

    def compression(self) -> None:
        """There is none."""
        return None

    def version(self) -> str | None:
        """The version of TLS."""
        return None if self._facts is None else _VERSIONS[self._facts.version]

    def selected_alpn_protocol(self) -> str | None:
        """The application protocol."""
        if self._facts is None or self._facts.alpn is None:
            return None
        return bytes(self._facts.alpn).decode("ascii", "replace")

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """The engine does not tell what it is made of."""
        if cb_type != "tls-unique":
            raise ValueError(f"'{cb_type}' channel binding type not implemented")
        raise missing("channel binding")

    def verify_client_post_handshake(self) -> None:
        """There is none."""
        raise missing("post-handshake authentication")

    @property
    def session(self) -> SSLSession | None:
        """What may be resumed."""
        if self._session is None and self._facts is not None:
            chain = b"".join(self._facts.peer_certificates)
            identifier = hashlib.sha256(f"{self.server_hostname} {self._facts.cipher_suite} ".encode() + chain).digest()
            self._session = SSLSession(self._context, identifier, not self._context.options & c.OP_NO_TICKET)
        return self._session

    @session.setter
    def session(self, value: SSLSession) -> None:
        if not isinstance(value, SSLSession):
            raise TypeError("Value is not a SSLSession.")
        if value._context is not self._context:
            raise ValueError("Session refers to a different SSLContext.")
        if self.server_side:
            raise ValueError("Cannot set session for server-side SSLSocket.")
        if self._engine is not None:
            raise ValueError("Cannot set session after handshake.")

    @property
    def session_reused(self) -> bool:
        """Whether it was."""
        return self._facts is not None and bool(self._facts.resumed)


class Certificate:
    """`_ssl.Certificate`."""

    def __init__(self, der: bytes) -> None:
        self._der = der

    def public_bytes(self, format: int = c.ENCODING_PEM) -> Any:
        """In DER, or as a text of PEM."""
        if format == c.ENCODING_DER:
            return self._der
        if format != c.ENCODING_PEM:
            raise ValueError("Unsupported format")
        import ssl

        return ssl.DER_cert_to_PEM_cert(self._der)

    def get_info(self) -> dict[str, Any]:
        """As `getpeercert()` tells it."""
        return certificate.decode(self._der)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and other._der == self._der

    def __hash__(self) -> int:
        return hash(self._der)
