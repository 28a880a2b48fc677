"""The exceptions of `ssl`, with the reasons and codes that OpenSSL would give."""

from __future__ import annotations

from typing import Any

from . import constants as c
from .engine import tls


class SSLError(OSError):
    """An error occurred in the SSL implementation."""

    library: str | None
    reason: str | None

    def __str__(self) -> str:
        return self.strerror if isinstance(self.strerror, str) else str(self.args)


class SSLZeroReturnError(SSLError):
    """SSL/TLS session closed cleanly."""


class SSLWantReadError(SSLError):
    """Non-blocking SSL socket needs to read more data before the requested operation can be completed."""


class SSLWantWriteError(SSLError):
    """Non-blocking SSL socket needs to write more data before the requested operation can be completed."""


class SSLSyscallError(SSLError):
    """System error when attempting SSL operation."""


class SSLEOFError(SSLError):
    """SSL/TLS connection terminated abruptly."""


class SSLCertVerificationError(SSLError, ValueError):
    """A certificate could not be verified."""

    verify_code: int
    verify_message: str


for _kind in (SSLError, SSLZeroReturnError, SSLWantReadError, SSLWantWriteError, SSLSyscallError, SSLEOFError, SSLCertVerificationError):
    _kind.__module__ = "ssl"

# OpenSSL's names of the alerts, of which those that SSL 3.0 had begin otherwise.
_ALERTS = {
    10: "SSLV3_ALERT_UNEXPECTED_MESSAGE",
    20: "SSLV3_ALERT_BAD_RECORD_MAC",
    21: "TLSV1_ALERT_DECRYPTION_FAILED",
    22: "TLSV1_ALERT_RECORD_OVERFLOW",
    30: "SSLV3_ALERT_DECOMPRESSION_FAILURE",
    40: "SSLV3_ALERT_HANDSHAKE_FAILURE",
    41: "SSLV3_ALERT_NO_CERTIFICATE",
    42: "SSLV3_ALERT_BAD_CERTIFICATE",
    43: "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    44: "SSLV3_ALERT_CERTIFICATE_REVOKED",
    45: "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    46: "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    47: "SSLV3_ALERT_ILLEGAL_PARAMETER",
    48: "TLSV1_ALERT_UNKNOWN_CA",
    49: "TLSV1_ALERT_ACCESS_DENIED",
    50: "TLSV1_ALERT_DECODE_ERROR",
    51: "TLSV1_ALERT_DECRYPT_ERROR",
    60: "TLSV1_ALERT_EXPORT_RESTRICTION",
    70: "TLSV1_ALERT_PROTOCOL_VERSION",
    71: "TLSV1_ALERT_INSUFFICIENT_SECURITY",
    80: "TLSV1_ALERT_INTERNAL_ERROR",
    86: "TLSV1_ALERT_INAPPROPRIATE_FALLBACK",
    90: "TLSV1_ALERT_USER_CANCELLED",
    100: "TLSV1_ALERT_NO_RENEGOTIATION",
    109: "TLSV13_ALERT_MISSING_EXTENSION",
    110: "TLSV1_UNSUPPORTED_EXTENSION",
    112: "TLSV1_UNRECOGNIZED_NAME",
    113: "TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE",
    115: "TLSV1_ALERT_UNKNOWN_PSK_IDENTITY",
    116: "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    120: "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
}


def error(kind: type[SSLError], number: int, text: str, reason: str | None = None, library: str | None = "SSL") -> SSLError:
    """An exception as `_ssl` makes them: the reason stands before the text, and can be asked for."""
    where = f"[{library}: {reason}] " if reason and library else f"[{library}] " if library else ""
    made = kind(number, where + text)
    made.library, made.reason = library, reason
    return made


def failed(reason: str, text: str) -> SSLError:
    """What OpenSSL calls an error in its SSL library."""
    return error(SSLError, c.SSL_ERROR_SSL, text, reason)


def want_read() -> SSLError:
    """More has to come."""
    return error(SSLWantReadError, c.SSL_ERROR_WANT_READ, "The operation did not complete (read)", library=None)


def want_write() -> SSLError:
    """More has to be sent."""
    return error(SSLWantWriteError, c.SSL_ERROR_WANT_WRITE, "The operation did not complete (write)", library=None)


def zero_return() -> SSLError:
    """The peer has said goodbye."""
    return error(SSLZeroReturnError, c.SSL_ERROR_ZERO_RETURN, "TLS/SSL connection has been closed (EOF)", library=None)


def truncated() -> SSLError:
    """The peer has gone without."""
    return error(SSLEOFError, c.SSL_ERROR_EOF, "EOF occurred in violation of protocol", "UNEXPECTED_EOF_WHILE_READING")


def verification(code: int, message: str) -> SSLError:
    """The peer's certificate is not accepted."""
    text = f"certificate verify failed: {message}"
    made = error(SSLCertVerificationError, c.SSL_ERROR_SSL, text, "CERTIFICATE_VERIFY_FAILED")
    made.verify_code, made.verify_message = code, message  # type: ignore[attr-defined]
    return made


def from_failure(failure: Any, name: str | None = None, is_ip: bool = False) -> SSLError:
    """What Python raises for a failure of the engine, of a handshake with the server of this name."""
    match failure:
        case tls.TlsFailure_Certificate(reason):
            return _from_certificate(reason, name, is_ip)
        case tls.TlsFailure_AlertReceived((number, text)):
            reason = _ALERTS.get(number, f"TLSV1_ALERT_{number}")
            known = reason.lower().replace("_", " ")
            return failed(reason, known if number in _ALERTS else f"alert number {number}: {text}")
        case tls.TlsFailure_NotTls(text):
            return failed("WRONG_VERSION_NUMBER", f"wrong version number ({text})")
        case tls.TlsFailure_Incompatible(text):
            return failed(_incompatible(text), text)
        case tls.TlsFailure_Truncated():
            return truncated()
        case tls.TlsFailure_Protocol(text):
            return failed("PROTOCOL_ERROR", text)
        case tls.TlsFailure_Configuration(text):
            return failed("CONFIGURATION_ERROR", text)
    return failed("INTERNAL_ERROR", repr(failure))


def _incompatible(text: str) -> str:
    lower = text.lower()
    if "version" in lower or "tls1" in lower:
        return "UNSUPPORTED_PROTOCOL"
    if "application protocol" in lower or "alpn" in lower:
        return "NO_APPLICATION_PROTOCOL"
    return "NO_SHARED_CIPHER"


def _from_certificate(reason: Any, name: str | None, is_ip: bool) -> SSLError:
    match reason:
        case tls.CertificateFailure_Expired():
            return verification(10, "certificate has expired")
        case tls.CertificateFailure_NotYetValid():
            return verification(9, "certificate is not yet valid")
        case tls.CertificateFailure_UnknownIssuer():
            return verification(20, "unable to get local issuer certificate")
        case tls.CertificateFailure_NameMismatch():
            if is_ip:
                return verification(64, f"IP address mismatch, certificate is not valid for '{name}'.")
            return verification(62, f"Hostname mismatch, certificate is not valid for '{name}'.")
        case tls.CertificateFailure_Revoked():
            return verification(23, "certificate revoked")
        case tls.CertificateFailure_BadSignature():
            return verification(7, "certificate signature failure")
        case tls.CertificateFailure_Rejected(text) if "(CA:TRUE)" in text:
            # As `openssl req -x509` makes them; the engine does not give it, so whether it signs itself is not known.
            return verification(18, f"self-signed certificate, or not: {text}")
        case tls.CertificateFailure_Malformed(text) | tls.CertificateFailure_Rejected(text):
            return verification(1, text)
    return verification(1, repr(reason))
