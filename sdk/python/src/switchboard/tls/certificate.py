"""Certificates as Python shows them: `getpeercert()`, and the files that they come in (RFC 5280, RFC 7468)."""

from __future__ import annotations

import binascii
import functools
import re
from datetime import datetime, timezone
from typing import Any

from . import der
from .names import long_name

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s*?\n(.*?)-----END \1-----", re.DOTALL)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

Name = tuple[tuple[tuple[str, str], ...], ...]


def blocks(data: bytes) -> list[tuple[str, bytes]]:
    """What is in a file of PEM: of each part the label, and its bytes. Raises `ValueError` if one is not base64."""
    found = []
    for label, body in _BLOCK.findall(data):
        try:
            found.append((label.decode(), binascii.a2b_base64(body)))
        except binascii.Error as error:
            raise ValueError(f"bad base64 decode: {error}") from None
    return found


def certificates(data: bytes) -> list[bytes]:
    """The certificates in a file of PEM, in DER."""
    return [body for label, body in blocks(data) if label in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")]


def decode(certificate: bytes) -> dict[str, Any]:
    """What `getpeercert()` tells of a certificate in DER."""
    fields = _Fields(certificate)
    told: dict[str, Any] = {
        "subject": _name(fields.subject),
        "issuer": _name(fields.issuer),
        "version": fields.version,
        "serialNumber": fields.serial_number,
        "notBefore": _time(fields.not_before),
        "notAfter": _time(fields.not_after),
    }
    names = fields.extensions.get("2.5.29.17")
    if names:
        told["subjectAltName"] = tuple(_general_name(value) for value in der.one(names).expect(0x30).values())
    access = fields.extensions.get("1.3.6.1.5.5.7.1.1")
    for key, method in (("OCSP", "1.3.6.1.5.5.7.48.1"), ("caIssuers", "1.3.6.1.5.5.7.48.2")):
        found = _access(access, method) if access else ()
        if found:
            told[key] = found
    points = fields.extensions.get("2.5.29.31")
    found = _distribution_points(points) if points else ()
    if found:
        told["crlDistributionPoints"] = found
    return told


def issuer(certificate: bytes) -> bytes:
    """Who issued it, in DER."""
    return _Fields(certificate).issuer.whole


def subject(certificate: bytes) -> bytes:
    """Whose it is, in DER."""
    return _Fields(certificate).subject.whole


@functools.lru_cache(512)
def period(certificate: bytes) -> tuple[datetime, datetime]:
    """From when to when it counts."""
    fields = _Fields(certificate)
    return _moment(fields.not_before), _moment(fields.not_after)


def is_authority(certificate: bytes) -> bool:
    """Whether it may issue others."""
    fields = _Fields(certificate)
    constraints = fields.extensions.get("2.5.29.19")
    if constraints is None:
        # One of the first version that issued itself.
        return fields.version == 1 and fields.subject.whole == fields.issuer.whole
    values = list(der.one(constraints).values())
    return bool(values) and values[0].tag == 1 and values[0].content != b"\0"


def list_issuer(revoked: bytes) -> bytes:
    """Who issued a revocation list, in DER."""
    values = list(list(der.one(revoked).expect(0x30).values())[0].expect(0x30).values())
    return values[2 if values[0].tag == 2 else 1].expect(0x30).whole


def list_until(revoked: bytes) -> datetime | None:
    """Until when a revocation list counts, if it says so (RFC 5280, section 5.1.2.5)."""
    values = list(list(der.one(revoked).expect(0x30).values())[0].expect(0x30).values())
    times = [value for value in values if value.tag in (0x17, 0x18)]
    return _moment(times[1]) if len(times) > 1 else None


class _Fields:
    """The parts of a certificate (RFC 5280, section 4.1)."""

    def __init__(self, certificate: bytes) -> None:
        try:
            parts = list(list(der.one(certificate).expect(0x30).values())[0].expect(0x30).values())
            self.version = 1
            if parts[0].tag == 0xA0:
                self.version = der.one(parts.pop(0).content).integer() + 1
            serial = parts[0].expect(2).content
            self.issuer = parts[2].expect(0x30)
            self.not_before, self.not_after = parts[3].expect(0x30).values()
            self.subject = parts[4].expect(0x30)
            self.extensions: dict[str, bytes] = {}
            for part in parts[6:]:
                if part.tag == 0xA3:
                    for extension in der.one(part.content).values():
                        inner = list(extension.values())
                        self.extensions[inner[0].oid()] = inner[-1].expect(4).content
        except (IndexError, ValueError) as error:
            raise der.Malformed(f"a certificate that cannot be read: {error}") from None
        number = int.from_bytes(serial, "big", signed=True)
        digits = f"{abs(number):X}"
        self.serial_number = ("-" if number < 0 else "") + ("0" if len(digits) % 2 else "") + digits


def _name(name: der.Value) -> Name:
    return tuple(tuple(_attribute(pair) for pair in relative.values()) for relative in name.values())


def _attribute(pair: der.Value) -> tuple[str, str]:
    kind, value = pair.values()
    return long_name(kind.oid()), value.text()


def _time(value: der.Value) -> str:
    when = _moment(value)
    return f"{_MONTHS[when.month - 1]} {when.day:2} {when:%H:%M:%S} {when.year} GMT"


def _moment(value: der.Value) -> datetime:
    text = value.content.decode("ascii", "replace")
    if value.tag == 23:
        # RFC 5280, section 4.1.2.5.1.
        text = ("20" if text[:2] < "50" else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)


def _general_name(value: der.Value) -> tuple[str, Any]:
    """RFC 5280, section 4.2.1.6, as OpenSSL prints it."""
    match value.tag & 0x1F:
        case 1:
            return "email", value.text()
        case 2:
            return "DNS", value.text()
        case 4:
            return "DirName", _name(der.one(value.content))
        case 6:
            return "URI", value.text()
        case 7:
            return "IP Address", _ip(value.content)
        case 8:
            return "Registered ID", der.oid(value.content)
        case 0:
            return "othername", "<unsupported>"
    return "unknown", "<unsupported>"


def _ip(content: bytes) -> str:
    if len(content) == 4:
        return ".".join(map(str, content))
    if len(content) == 16:
        return ":".join(f"{int.from_bytes(content[i : i + 2], 'big'):X}" for i in range(0, 16, 2))
    return "<invalid>"


def _access(extension: bytes, method: str) -> tuple[str, ...]:
    found = []
    for description in der.one(extension).values():
        kind, location = description.values()
        if kind.oid() == method and location.tag == 0x86:
            found.append(location.text())
    return tuple(found)


def _distribution_points(extension: bytes) -> tuple[str, ...]:
    found = []
    for point in der.one(extension).values():
        for part in point.values():
            if part.tag == 0xA0:
                for name in part.values():
                    if name.tag == 0xA0:
                        found += [uri.text() for uri in name.values() if uri.tag == 0x86]
    return tuple(found)
