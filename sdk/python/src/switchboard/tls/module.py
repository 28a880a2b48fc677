"""All that CPython's `_ssl` has, under the names that `ssl.py` imports."""

from __future__ import annotations

import os

from . import certificate, constants
from .bio import MemoryBIO
from .connection import Certificate, _SSLSocket
from .constants import *  # noqa: F403
from .constants import _DEFAULT_CIPHERS, _OPENSSL_API_VERSION
from .context import _SSLContext
from .errors import (
    SSLCertVerificationError, SSLEOFError, SSLError, SSLSyscallError, SSLWantReadError, SSLWantWriteError, SSLZeroReturnError,
)  # fmt: skip
from .names import nid2obj, txt2obj
from .session import SSLSession


def RAND_bytes(n: int, /) -> bytes:
    """Random bytes of the host."""
    if n < 0:
        raise ValueError("num must be positive")
    return os.urandom(n)


def RAND_status() -> bool:
    """There are always some."""
    return True


def RAND_add(string: str | bytes, entropy: float, /) -> None:
    """The host needs no help."""


def get_default_verify_paths() -> tuple[str, str, str, str]:
    """Where OpenSSL would look; the roots are built in."""
    return "SSL_CERT_FILE", "/etc/ssl/cert.pem", "SSL_CERT_DIR", "/etc/ssl/certs"


def _test_decode_cert(path: str, /) -> dict[str, object]:
    with open(path, "rb") as file:
        return certificate.decode(certificate.certificates(file.read())[0])


__all__ = [name for name in vars(constants) if not name.startswith("__") and name != "annotations"]
__all__ += [
    "Certificate", "MemoryBIO", "RAND_add", "RAND_bytes", "RAND_status", "SSLCertVerificationError", "SSLEOFError", "SSLError",
    "SSLSession", "SSLSyscallError", "SSLWantReadError", "SSLWantWriteError", "SSLZeroReturnError", "_SSLContext", "_SSLSocket",
    "_test_decode_cert", "get_default_verify_paths", "nid2obj", "txt2obj",
]  # fmt: skip
