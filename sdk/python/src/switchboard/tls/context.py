"""`_ssl._SSLContext`: what Python's `ssl.SSLContext` is made of."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import certificate, constants as c, engine
from .bio import MemoryBIO
from .ciphers import BY_IANA, SUITES, Suite, choose, with_tls13
from .errors import SSLError, error, failed, from_failure
from .session import SSLSession
from .wires import Memory, Socket

_OLD = (c.PROTO_SSLv3, c.PROTO_TLSv1, c.PROTO_TLSv1_1)
_VERSIONS = {c.PROTO_TLSv1_2: engine.tls.Version.TLS12, c.PROTO_TLSv1_3: engine.tls.Version.TLS13}
_FLAGS = c.VERIFY_X509_STRICT | c.VERIFY_X509_TRUSTED_FIRST | c.VERIFY_X509_PARTIAL_CHAIN | c.VERIFY_CRL_CHECK_LEAF
_HASHED = re.compile(r"[0-9a-f]{8}\.r?[0-9]+")
_GROUPS = {"prime256v1": "secp256r1", "P-256": "secp256r1", "P-384": "secp384r1", "X25519": "x25519"}
_LONGEST_PASSWORD = 1024


def missing(what: str) -> NotImplementedError:
    """For what rustls, or the component, does not have."""
    return NotImplementedError(f"{what}: not available in this component")


class _SSLContext:
    """Settings, from which a context of the engine is made when the first connection needs one."""

    def __new__(cls, protocol: int, /, *_: object) -> _SSLContext:
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
        return self

    # The engine's context.

    def _changed(self) -> None:
        """The next connection has the new settings."""
        self._made.clear()

    def _for_engine(self, alpn: bool = True) -> Any:
        """The engine's context; a server leaves out application protocols that the client does not have."""
        made = self._made.get(alpn)
        if made is None:
            try:
                made = self._made[alpn] = self._make(alpn)
            except engine.Err as told:
                raise from_failure(told.value) from None
        return made

    def _make(self, alpn: bool) -> Any:
        tls = engine.tls
        made = tls.Context(tls.Trust.MOZILLA if self._built_in_roots else tls.Trust.NONE)
        for root in self._roots:
            made.load_verify_locations(root)
        if self._verify_flags & c.VERIFY_CRL_CHECK_LEAF:
            for revoked in self._revoked:
                made.load_revocation_lists(revoked)
        if self._verify_mode == c.CERT_NONE:
            made.set_verify_mode(tls.VerifyMode.INSECURE_NONE)
        made.set_check_hostname(self._check_hostname)
        modes = {c.CERT_NONE: tls.ClientVerifyMode.NONE, c.CERT_OPTIONAL: tls.ClientVerifyMode.OPTIONAL}
        made.set_client_verify_mode(modes.get(self._verify_mode, tls.ClientVerifyMode.REQUIRED))
        if self._chain is not None:
            made.load_cert_chain(*self._chain)
        if alpn and self._alpn:
            made.set_alpn_protocols(self._alpn)
        made.set_versions(*self._spoken())
        if self._suites is not None:
            made.set_cipher_suites([suite.iana for suite in with_tls13(self._suites)])
        if self._group is not None:
            made.set_groups([self._group])
        if self._options & c.OP_NO_TICKET or not self._tickets:
            made.set_session_cache_size(0)
        if self._keylog is not None:
            made.set_key_log(True)
        return made

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

    def _count(self, name: str) -> None:
        self._stats[name] = self._stats.get(name, 0) + 1

    def _write_key_log(self) -> None:
        if self._keylog is not None:
            said = "".join(made.take_key_log() for made in self._made.values())
            if said:
                with open(self._keylog, "a", encoding="ascii") as file:
                    file.write(said)

    # Connections.

    def _wrap_socket(
        self, sock: Any, server_side: bool, server_hostname: str | bytes | None = None, *, owner: Any = None, session: Any = None
    ) -> Any:
        from .connection import _SSLSocket

        return _SSLSocket(self, Socket(sock), server_side, server_hostname, owner, session)

    def _wrap_bio(
        self,
        incoming: MemoryBIO,
        outgoing: MemoryBIO,
        server_side: bool,
        server_hostname: str | bytes | None = None,
        *,
        owner: Any = None,
        session: Any = None,
    ) -> Any:
        from .connection import _SSLSocket

        return _SSLSocket(self, Memory(incoming, outgoing), server_side, server_hostname, owner, session)

    # Whom to trust.

    def set_default_verify_paths(self) -> None:
        """Trusts what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, as OpenSSL does, and else Mozilla's roots, which are built in."""
        file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        if file is None and folder is None:
            self._built_in_roots = True
        elif file is not None and os.path.isfile(file):
            self.load_verify_locations(file, folder if folder and os.path.isdir(folder) else None)
        elif folder is not None and os.path.isdir(folder):
            self.load_verify_locations(capath=folder)
        self._changed()

    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        """Trusts these certificates too."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        roots: list[bytes] = []
        revoked: list[bytes] = []
        if isinstance(cadata, str):
            if not cadata.isascii():
                raise TypeError("cadata should be an ASCII string or a bytes-like object")
            _sort_out(cadata.encode(), roots, revoked, "cadata does not contain a certificate")
        elif cadata is not None:
            roots += _concatenated(bytes(cadata))
        if cafile is not None:
            with open(os.fspath(cafile), "rb") as file:
                _sort_out(file.read(), roots, revoked, None)
        for file in sorted(Path(os.fsdecode(capath)).iterdir()) if capath is not None and os.path.isdir(capath) else ():
            # As `openssl rehash` names them.
            if _HASHED.fullmatch(file.name):
                _sort_out(file.read_bytes(), roots, revoked, None)
        if engine.begun() and roots:
            self._try(lambda made: made.load_verify_locations(_pem(roots)))
        self._roots.update(dict.fromkeys(roots))
        self._revoked.update(dict.fromkeys(revoked))
        self._changed()

    def cert_store_stats(self) -> dict[str, int]:
        """How many certificates were loaded; those that are built in are not counted."""
        authorities = sum(map(certificate.is_authority, self._roots))
        return {"x509": len(self._roots), "crl": len(self._revoked), "x509_ca": authorities}

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        """The authorities that were loaded."""
        found = [root for root in self._roots if certificate.is_authority(root)]
        return found if binary_form else [certificate.decode(root) for root in found]

    def _try(self, setting: Callable[[Any], object]) -> None:
        """Whether the engine takes a setting; raises as OpenSSL would."""
        try:
            setting(engine.tls.Context(engine.tls.Trust.NONE))
        except engine.Err as told:
            raise from_failure(told.value) from None

    # Who one is.

    def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None:
        """Shows this certificate to peers, and has its key."""
        with open(os.fspath(certfile), "rb") as file:
            chain = file.read()
        key = chain
        if keyfile is not None:
            with open(os.fspath(keyfile), "rb") as file:
                key = file.read()
        if not _certificates(chain) or b"PRIVATE KEY-----" not in key:
            raise _pem_lib()
        secret = None
        if b"ENCRYPTED" in key:
            secret = _password(password)
        elif password is not None and not callable(password):
            _password(password)
        loaded = chain, key, secret
        if engine.begun():
            try:
                engine.tls.Context(engine.tls.Trust.NONE).load_cert_chain(*loaded)
            except engine.Err as told:
                raise _unusable(told.value) from None
        self._chain = loaded
        self._changed()

    # What to speak.

    def _set_alpn_protocols(self, encoded: Any) -> None:
        data, names = bytes(encoded), []
        while data:
            names.append(data[1 : 1 + data[0]])
            data = data[1 + data[0] :]
        self._alpn = names
        self._changed()

    def set_ciphers(self, cipherlist: str) -> None:
        """Chooses among the suites of TLS 1.2."""
        chosen = choose(cipherlist)
        if not chosen:
            raise SSLError("No cipher can be selected.")
        self._suites = chosen
        self._changed()

    def get_ciphers(self) -> list[dict[str, Any]]:
        """What is offered."""
        offered = SUITES if self._suites is None else with_tls13(self._suites)
        return [suite.described() for suite in offered]

    def set_ecdh_curve(self, name: Any, /) -> None:
        """Agrees on keys in this group alone."""
        if not isinstance(name, (str, bytes)):
            raise TypeError(f"expected str or bytes, not {type(name).__name__}")
        name = name.decode() if isinstance(name, bytes) else name
        group = _GROUPS.get(name, name)
        if engine.begun():
            try:
                self._try(lambda made: made.set_groups([group]))
            except SSLError:
                raise ValueError(f"unknown elliptic curve name {name!r}") from None
        self._group = group
        self._changed()

    def load_dh_params(self, filepath: Any, /) -> None:
        """There is no finite-field Diffie-Hellman."""
        raise missing("load_dh_params, for rustls has no finite-field Diffie-Hellman")

    def set_psk_client_callback(self, callback: Any) -> None:
        """There are no pre-shared keys."""
        raise missing("pre-shared keys")

    def set_psk_server_callback(self, callback: Any, identity_hint: Any = None) -> None:
        """There are no pre-shared keys."""
        raise missing("pre-shared keys")

    def session_stats(self) -> dict[str, int]:
        """How often what happened to the connections."""
        names = ["number", "connect", "connect_good", "connect_renegotiate", "accept", "accept_good", "accept_renegotiate"]
        names += ["hits", "misses", "timeouts", "cache_full"]
        return {name: self._stats.get(name, 0) for name in names}

    # Plain settings.

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


def _certificates(data: bytes) -> list[bytes]:
    try:
        return certificate.certificates(data)
    except ValueError:
        return []


def _sort_out(data: bytes, roots: list[bytes], revoked: list[bytes], empty: str | None) -> None:
    """What a file of PEM has of each."""
    try:
        blocks = certificate.blocks(data)
    except ValueError as told:
        raise failed_in("PEM", "BAD_BASE64_DECODE", str(told)) from None
    found = certificate.certificates(data)
    lists = [body for label, body in blocks if label == "X509 CRL"]
    if not found and not lists:
        if empty is not None:
            raise error(SSLError, c.SSL_ERROR_SSL, f"no start line: {empty}", library=None)
        raise failed_in("X509", "NO_CERTIFICATE_OR_CRL_FOUND", "no certificate or crl found")
    roots += found
    revoked += lists


def _concatenated(data: bytes) -> list[bytes]:
    """Certificates in DER, one after another."""
    from . import der

    try:
        found = [value.whole for value in der.read(data)]
        for whole in found:
            certificate.issuer(whole)
    except ValueError:
        found = []
    if not found:
        raise error(SSLError, c.SSL_ERROR_SSL, "not enough data: cadata does not contain a certificate", library=None)
    return found


def _pem(certificates: list[bytes]) -> bytes:
    import base64

    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n" for der in certificates
    )


def failed_in(library: str, reason: str, text: str, number: int = c.SSL_ERROR_SSL) -> SSLError:
    """An error of another part of OpenSSL than its SSL."""
    return error(SSLError, number, text, reason, library)


def _pem_lib() -> SSLError:
    return error(SSLError, c.SSL_ERROR_SSL, "PEM lib")


def _unusable(failure: Any) -> SSLError:
    text = str(getattr(failure, "value", failure))
    if "not that of the certificate" in text:
        return failed_in("X509", "KEY_VALUES_MISMATCH", "key values mismatch", 116)
    return error(SSLError, c.SSL_ERROR_SSL, text)


def _password(given: Any) -> bytes:
    asked = callable(given)
    if given is None:
        raise failed("BAD_PASSWORD_READ", "the private key is encrypted and there is no password")
    password = given() if asked else given
    if isinstance(password, str):
        password = password.encode()
    elif not isinstance(password, (bytes, bytearray)):
        raise TypeError("password callback must return a string" if asked else "password should be a string or callable")
    if len(password) > _LONGEST_PASSWORD:
        raise ValueError(f"password cannot be longer than {_LONGEST_PASSWORD} bytes")
    return bytes(password)


def cipher(iana: str) -> tuple[str, str, int] | None:
    """As `SSLSocket.cipher()` tells it."""
    suite = BY_IANA.get(iana)
    return (iana, "TLSv1.3", 0) if suite is None else (suite.name, suite.protocol, suite.bits)


__all__ = ["SSLSession", "_SSLContext", "cipher", "missing"]
