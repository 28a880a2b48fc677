"""Certificates, keys and their passwords, as Python's `ssl` is given them."""

from __future__ import annotations

import base64
from typing import Any

from . import certificate, constants as c, der
from .errors import SSLError, error, failed

_LONGEST_PASSWORD = 1024


def certificates_in(data: bytes) -> list[bytes]:
    """Those of a text in PEM, if that is what it is."""
    try:
        return certificate.certificates(data)
    except ValueError:
        return []


def sort_out(data: bytes, roots: list[bytes], revoked: list[bytes], empty: str | None) -> None:
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


def concatenated(data: bytes) -> list[bytes]:
    """Certificates in DER, one after another."""
    try:
        found = [value.whole for value in der.read(data)]
        for whole in found:
            certificate.issuer(whole)
    except ValueError:
        found = []
    if not found:
        raise error(SSLError, c.SSL_ERROR_SSL, "not enough data: cadata does not contain a certificate", library=None)
    return found


def pem(certificates: list[bytes]) -> bytes:
    """As one text."""
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(each) + b"-----END CERTIFICATE-----\n" for each in certificates
    )


def failed_in(library: str, reason: str, text: str, number: int = c.SSL_ERROR_SSL) -> SSLError:
    """An error of another part of OpenSSL than its SSL."""
    return error(SSLError, number, text, reason, library)


def pem_lib() -> SSLError:
    """What OpenSSL says of a file that is no PEM."""
    return error(SSLError, c.SSL_ERROR_SSL, "PEM lib")


def unusable(failure: Any) -> SSLError:
    """Why the engine does not take a certificate and its key."""
    text = str(getattr(failure, "value", failure))
    if "not that of the certificate" in text:
        return failed_in("X509", "KEY_VALUES_MISMATCH", "key values mismatch", 116)
    return error(SSLError, c.SSL_ERROR_SSL, text)


def password_of(given: Any) -> bytes:
    """It, or what is returned by what asks for it."""
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
