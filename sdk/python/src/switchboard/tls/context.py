"""`_ssl._SSLContext`: what Python's `ssl.SSLContext` is made of."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import certificate, constants as c, engine
from .bio import MemoryBIO
from .ciphers import BY_IANA, SUITES, choose, with_tls13
from .errors import SSLError, from_failure
from .loading import certificates_in, concatenated, password_of, pem, pem_lib, sort_out, unusable
from .session import SSLSession
from .settings import _KEPT, Settings, missing
from .trust import anchors, unchanged_until
from .wires import Memory, Socket

_HASHED = re.compile(r"[0-9a-f]{8}\.r?[0-9]+")
_TOO_HIGH = re.compile(r"@SECLEVEL=[3-5]")
_GROUPS = {"prime256v1": "secp256r1", "P-256": "secp256r1", "P-384": "secp384r1", "X25519": "x25519"}


class _SSLContext(Settings):
    """Settings, from which a context of the engine is made when the first connection needs one."""

    # The engine's context.

    def _for_engine(self, alpn: bool = True) -> Any:
        """The engine's context; a server leaves out application protocols that the client does not have."""
        self._find_default_paths()
        if self._made_until is not None and datetime.now(timezone.utc) > self._made_until:
            self._made.clear()
        made = self._made.get(alpn)
        if made is None:
            try:
                made = self._made[alpn] = self._make(alpn)
            except engine.Err as told:
                raise from_failure(told.value) from None
        return made

    def _keeping(self, kept: tuple[Any, ...]) -> _SSLContext:
        """This one with those settings of another: its certificate, authorities, suites and application protocols."""
        self._find_default_paths()
        if kept == self._kept():
            return self
        mixed: _SSLContext | None = self._mixed.get(kept)
        if mixed is None:
            mixed = self._mixed[kept] = object.__new__(_SSLContext)
            vars(mixed).update(vars(self), _made={}, _mixed={}, **dict(zip(_KEPT, kept, strict=True)))
        return mixed

    def _make(self, alpn: bool) -> Any:
        tls = engine.tls
        made = tls.Context(tls.Trust.MOZILLA if self._built_in_roots else tls.Trust.NONE)
        partial = bool(self._verify_flags & c.VERIFY_X509_PARTIAL_CHAIN)
        # First, so that none is missed that ends meanwhile.
        self._made_until = unchanged_until(self._roots)
        roots = anchors(self._roots, partial=partial, others=self._built_in_roots)
        for root in roots:
            made.load_verify_locations(root)
        if self._verify_flags & c.VERIFY_CRL_CHECK_LEAF:
            for revoked in self._revoked:
                made.load_revocation_lists(revoked)
        if self._verify_mode == c.CERT_NONE:
            made.set_verify_mode(tls.VerifyMode.INSECURE_NONE)
        made.set_check_hostname(self._check_hostname)
        modes = {c.CERT_NONE: tls.ClientVerifyMode.NONE, c.CERT_OPTIONAL: tls.ClientVerifyMode.OPTIONAL}
        if not roots and not self._built_in_roots:
            # Nobody's certificate would do, which the engine refuses to ask for.
            modes[c.CERT_OPTIONAL] = tls.ClientVerifyMode.NONE
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

    def _count(self, name: str) -> None:
        self._stats[name] = self._stats.get(name, 0) + 1

    def _write_key_log(self, used: Iterable[Any]) -> None:
        if self._keylog is not None:
            said = "".join(made.take_key_log() for made in used)
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
        self._default_paths = True
        self._find_default_paths()
        self._changed()

    def _find_default_paths(self) -> None:
        """As soon as the program runs: it is not for the environment of the build to say whom to trust."""
        if not self._default_paths or not engine.begun():
            return
        self._default_paths = False
        file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        if file is None and folder is None:
            self._built_in_roots = True
            return
        named = {"cafile": file if file and os.path.isfile(file) else None, "capath": folder if folder and os.path.isdir(folder) else None}
        for name, path in named.items():
            # As OpenSSL: where nothing can be read, nobody is trusted.
            with contextlib.suppress(OSError):
                if path is not None:
                    self.load_verify_locations(**{name: path})

    def load_verify_locations(self, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        """Trusts these certificates too."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        roots: list[bytes] = []
        revoked: list[bytes] = []
        if isinstance(cadata, str):
            if not cadata.isascii():
                raise TypeError("cadata should be an ASCII string or a bytes-like object")
            sort_out(cadata.encode(), roots, revoked, "cadata does not contain a certificate")
        elif cadata is not None:
            try:
                data = memoryview(cadata).tobytes()
            except TypeError:
                raise TypeError("cadata should be an ASCII string or a bytes-like object") from None
            roots += concatenated(data)
        folder = None if capath is None else _path("capath", capath)
        if cafile is not None:
            with open(_path("cafile", cafile), "rb") as file:
                sort_out(file.read(), roots, revoked, None)
        for file in sorted(Path(folder).iterdir()) if folder is not None and os.path.isdir(folder) else ():
            # As `openssl rehash` names them. OpenSSL reads them when it needs them, and passes over what it cannot.
            if _HASHED.fullmatch(file.name):
                with contextlib.suppress(OSError):
                    sort_out(file.read_bytes(), roots, revoked, None)
        if engine.begun() and roots:
            self._try(lambda made: made.load_verify_locations(pem(roots)))
        self._roots.update(dict.fromkeys(roots))
        self._revoked.update(dict.fromkeys(revoked))
        self._changed()

    def cert_store_stats(self) -> dict[str, int]:
        """How many certificates were loaded; those that are built in are not counted."""
        self._find_default_paths()
        authorities = sum(map(certificate.is_authority, self._roots))
        return {"x509": len(self._roots), "crl": len(self._revoked), "x509_ca": authorities}

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        """The authorities that were loaded."""
        self._find_default_paths()
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
        certfile = _path("certfile", certfile)
        keyfile = None if keyfile is None else _path("keyfile", keyfile)
        with open(certfile, "rb") as file:
            chain = file.read()
        key = chain
        if keyfile is not None:
            with open(keyfile, "rb") as file:
                key = file.read()
        if not certificates_in(chain) or b"PRIVATE KEY-----" not in key:
            raise pem_lib()
        secret = None
        if b"ENCRYPTED" in key:
            secret = password_of(password)
        elif password is not None and not callable(password):
            password_of(password)
        loaded = chain, key, secret
        if engine.begun():
            try:
                engine.tls.Context(engine.tls.Trust.NONE).load_cert_chain(*loaded)
            except engine.Err as told:
                raise unusable(told.value) from None
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
        if _TOO_HIGH.search(cipherlist):
            raise missing("@SECLEVEL above 2")
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


def _path(name: str, value: Any) -> str:
    try:
        return os.fsdecode(value)
    except TypeError:
        raise TypeError(f"{name} should be a valid filesystem path") from None


def cipher(iana: str) -> tuple[str, str, int] | None:
    """As `SSLSocket.cipher()` tells it."""
    suite = BY_IANA.get(iana)
    return (iana, "TLSv1.3", 0) if suite is None else (suite.name, suite.protocol, suite.bits)


__all__ = ["SSLSession", "_SSLContext", "cipher", "missing"]
