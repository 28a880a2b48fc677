"""What a context is set to, and its properties: those of `_ssl._SSLContext` that are plain values."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import constants as c, engine
from .ciphers import Suite
from .errors import failed

_OLD = (c.PROTO_SSLv3, c.PROTO_TLSv1, c.PROTO_TLSv1_1)
_VERSIONS = {c.PROTO_TLSv1_2: engine.tls.Version.TLS12, c.PROTO_TLSv1_3: engine.tls.Version.TLS13}
_FLAGS = c.VERIFY_X509_STRICT | c.VERIFY_X509_TRUSTED_FIRST | c.VERIFY_X509_PARTIAL_CHAIN | c.VERIFY_CRL_CHECK_LEAF

_KEPT = ("_verify_mode", "_verify_flags", "_options", "_minimum", "_maximum", "_group", "_tickets")


def missing(what: str) -> NotImplementedError:
    """For what rustls, or the component, does not have."""
    return NotImplementedError(f"{what}: not available in this component")


class Settings:
    """They make no context of the engine: that is what is derived from this for."""

    def __new__(cls, protocol: int, /, *_: object) -> Any:
        if protocol not in (c.PROTOCOL_TLS, c.PROTOCOL_TLS_CLIENT, c.PROTOCOL_TLS_SERVER, c.PROTOCOL_TLSv1_2):
            raise ValueError("invalid or unsupported protocol version")
        self = super().__new__(cls)
        client = protocol == c.PROTOCOL_TLS_CLIENT
        self._protocol = int(protocol)
        self._verify_mode = c.CERT_REQUIRED if client else c.CERT_NONE
        self._check_hostname = client
        self._verify_flags = c.VERIFY_X509_TRUSTED_FIRST
        self._options = c.OP_ALL | c.OP_NO_SSLv3 | c.OP_NO_COMPRESSION | c.OP_CIPHER_SERVER_PREFERENCE
        self._options |= c.OP_ENABLE_MIDDLEBOX_COMPAT
        only_12 = protocol == c.PROTOCOL_TLSv1_2
        self._minimum = c.PROTO_TLSv1_2
        self._maximum = c.PROTO_TLSv1_2 if only_12 else c.PROTO_MAXIMUM_SUPPORTED
        self._host_flags_value = c.HOSTFLAG_NO_PARTIAL_WILDCARDS | c.HOSTFLAG_NEVER_CHECK_SUBJECT
        self._built_in_roots = False
        self._default_paths = False
        self._roots: dict[bytes, None] = {}
        self._revoked: dict[bytes, None] = {}
        self._chain: tuple[bytes, bytes, bytes | None] | None = None
        self._alpn: list[bytes] = []
        self._suites: tuple[Suite, ...] | None = None
        self._group: str | None = None
        self._tickets = 2
        self._sni_callback: Callable[..., Any] | None = None
        self._keylog: str | None = None
        self._stats: dict[str, int] = {}
        self._made: dict[bool, Any] = {}
        # When they have to be made anew, because a certificate that was loaded begins to count, or ends.
        self._made_until: datetime | None = None
        self._mixed: dict[tuple[Any, ...], Any] = {}
        return self

    def _changed(self) -> None:
        """The next connection has the new settings."""
        self._made.clear()
        self._mixed.clear()

    def _kept(self) -> tuple[Any, ...]:
        """What a connection takes along when it is given another context (`SSL_new` copies it, and `SSL_set_SSL_CTX` leaves it)."""
        return tuple(getattr(self, name) for name in _KEPT)

    def _spoken(self) -> tuple[Any, Any]:
        """The lowest and the highest version that all settings leave."""
        lowest = max(self._minimum, c.PROTO_TLSv1_2)
        highest = c.PROTO_TLSv1_3 if self._maximum == c.PROTO_MAXIMUM_SUPPORTED else self._maximum
        left = [version for version in _VERSIONS if lowest <= version <= highest]
        if self._options & c.OP_NO_TLSv1_2 and c.PROTO_TLSv1_2 in left:
            left.remove(c.PROTO_TLSv1_2)
        if self._options & c.OP_NO_TLSv1_3 and c.PROTO_TLSv1_3 in left:
            left.remove(c.PROTO_TLSv1_3)
        if not left:
            raise failed("NO_PROTOCOLS_AVAILABLE", "no protocols available")
        return _VERSIONS[left[0]], _VERSIONS[left[-1]]

    @property
    def protocol(self) -> int:
        """What it was made with."""
        return self._protocol

    @property
    def verify_mode(self) -> int:
        """Whether to verify the peer's certificate."""
        return self._verify_mode

    @verify_mode.setter
    def verify_mode(self, value: int) -> None:
        if not isinstance(value, int):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        if value not in (c.CERT_NONE, c.CERT_OPTIONAL, c.CERT_REQUIRED):
            raise ValueError("invalid value for verify_mode")
        if value == c.CERT_NONE and self._check_hostname:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        self._verify_mode = int(value)
        self._changed()

    @property
    def check_hostname(self) -> bool:
        """Whether the certificate has to be for the server's name."""
        return self._check_hostname

    @check_hostname.setter
    def check_hostname(self, value: object) -> None:
        self._check_hostname = bool(value)
        if value and self._verify_mode == c.CERT_NONE:
            self._verify_mode = c.CERT_REQUIRED
        self._changed()

    @property
    def verify_flags(self) -> int:
        """How to verify."""
        return self._verify_flags

    @verify_flags.setter
    def verify_flags(self, value: int) -> None:
        if value & ~_FLAGS:
            raise missing(f"verify_flags {value & ~_FLAGS:#x}")
        self._verify_flags = int(value)
        self._changed()

    @property
    def options(self) -> int:
        """OpenSSL's options; those that change nothing here are kept."""
        return self._options

    @options.setter
    def options(self, value: int) -> None:
        if value < 0:
            raise OverflowError("can't convert negative value to unsigned int")
        if value >> 64:
            raise OverflowError("Python int too large to convert to C unsigned long long")
        self._options = int(value)
        self._changed()

    @property
    def minimum_version(self) -> int:
        """The lowest version; never below TLS 1.2."""
        return self._minimum

    @minimum_version.setter
    def minimum_version(self, value: int) -> None:
        if value in (c.PROTO_MINIMUM_SUPPORTED, *_OLD):
            value = c.PROTO_TLSv1_2
        elif value == c.PROTO_MAXIMUM_SUPPORTED:
            value = c.PROTO_TLSv1_3
        self._minimum = self._version(value)
        self._changed()

    @property
    def maximum_version(self) -> int:
        """The highest version."""
        return self._maximum

    @maximum_version.setter
    def maximum_version(self, value: int) -> None:
        if value == c.PROTO_MINIMUM_SUPPORTED:
            value = c.PROTO_TLSv1_2
        self._maximum = value if value == c.PROTO_MAXIMUM_SUPPORTED else self._version(value)
        self._changed()

    def _version(self, value: int) -> int:
        if self._protocol not in (c.PROTOCOL_TLS, c.PROTOCOL_TLS_CLIENT, c.PROTOCOL_TLS_SERVER):
            raise ValueError("The context's protocol doesn't support modification of highest and lowest version.")
        if value not in _VERSIONS:
            raise ValueError(f"Unsupported protocol version {value:#x}")
        return int(value)

    @property
    def _host_flags(self) -> int:
        return self._host_flags_value

    @_host_flags.setter
    def _host_flags(self, value: int) -> None:
        if not value & c.HOSTFLAG_NEVER_CHECK_SUBJECT:
            raise missing("hostname_checks_common_name, for names are looked for in subjectAltName alone (RFC 6125)")
        self._host_flags_value = value

    @property
    def num_tickets(self) -> int:
        """How many tickets of TLS 1.3 a server sends."""
        return self._tickets

    @num_tickets.setter
    def num_tickets(self, value: int) -> None:
        if value < 0:
            raise ValueError("value must be non-negative")
        if self._protocol != c.PROTOCOL_TLS_SERVER:
            raise ValueError("SSLContext is not a server context.")
        if value not in (0, 2):
            raise missing("num_tickets other than 0 and 2")
        self._tickets = value
        self._changed()

    @property
    def sni_callback(self) -> Callable[..., Any] | None:
        """Called by a server with the name that the client sent."""
        return self._sni_callback

    @sni_callback.setter
    def sni_callback(self, value: Callable[..., Any] | None) -> None:
        if self._protocol == c.PROTOCOL_TLS_CLIENT:
            raise ValueError("sni_callback cannot be set on TLS_CLIENT context")
        if value is not None and not callable(value):
            raise TypeError("not a callable object")
        self._sni_callback = value

    @property
    def keylog_filename(self) -> str | None:
        """Where secrets are written to, for debugging."""
        return self._keylog

    @keylog_filename.setter
    def keylog_filename(self, value: Any) -> None:
        self._keylog = None if value is None else os.fsdecode(value)
        if self._keylog is not None and engine.begun():
            with open(self._keylog, "a", encoding="ascii") as file:
                if file.tell() == 0:
                    file.write("# TLS secrets log file, generated by OpenSSL / Python\n")
        self._changed()

    @property
    def post_handshake_auth(self) -> None:
        """There is none, which clients take for a version of OpenSSL without it."""
        return None

    @post_handshake_auth.setter
    def post_handshake_auth(self, value: object) -> None:
        if value:
            raise missing("post-handshake authentication")

    @property
    def _msg_callback(self) -> None:
        return None

    @_msg_callback.setter
    def _msg_callback(self, value: object) -> None:
        if value is not None:
            raise missing("_msg_callback")

    @property
    def security_level(self) -> int:
        """OpenSSL's word for keys of 112 bits of strength and more, which is what rustls accepts."""
        return 2
