"""Certificates are read as CPython reads them."""

from __future__ import annotations

import ssl

import pytest
from pki import Authority
from switchboard.tls import certificate, der


def test_as_cpython(authority: Authority) -> None:
    subjects = ("/CN=a", "/C=DE/ST=Land/L=Ort/O=Firma/OU=Teil/CN=Größe", "/serialNumber=5/title=Dr/GN=A/SN=B/dnQualifier=x/DC=a/DC=b")
    for subject in subjects:
        leaf = authority.issue("DNS:a.example", "IP:::1", subject=subject, until="20491231235959Z")
        (own,) = certificate.certificates(leaf.cert.read_bytes())
        assert certificate.decode(own) == ssl._ssl._test_decode_cert(str(leaf.cert))  # type: ignore[attr-defined]
        assert not certificate.is_authority(own)
    (root,) = certificate.certificates(authority.cert.read_bytes())
    assert certificate.decode(root) == ssl._ssl._test_decode_cert(str(authority.cert))  # type: ignore[attr-defined]
    assert certificate.is_authority(root) and certificate.issuer(own) == certificate.issuer(root)


def test_those_of_the_system() -> None:
    """Every root that this machine trusts, if it has any, has the subject and dates that CPython tells."""
    context = ssl.create_default_context()
    for told, own in zip(context.get_ca_certs(), context.get_ca_certs(True), strict=True):
        assert certificate.decode(own) == told


def test_dates_of_both_kinds(authority: Authority) -> None:
    leaf = authority.issue("DNS:a.example", since="19990101000000Z", until="20600203040506Z")
    (own,) = certificate.certificates(leaf.cert.read_bytes())
    told = certificate.decode(own)
    assert (told["notBefore"], told["notAfter"]) == ("Jan  1 00:00:00 1999 GMT", "Feb  3 04:05:06 2060 GMT")


def test_a_revocation_list(authority: Authority) -> None:
    leaf = authority.issue("DNS:revoked.example")
    ((label, revoked),) = certificate.blocks(authority.revoke(leaf).read_bytes())
    (own,) = certificate.certificates(leaf.cert.read_bytes())
    assert (label, certificate.list_issuer(revoked)) == ("X509 CRL", certificate.issuer(own))


def test_whatever_is_cut_or_changed(authority: Authority) -> None:
    (own,) = certificate.certificates(authority.issue("DNS:a.example").cert.read_bytes())
    for length in range(len(own)):
        with pytest.raises(ValueError):
            certificate.decode(own[:length])
    for at in range(len(own)):
        changed = bytearray(own)
        changed[at] ^= 0xFF
        try:
            certificate.decode(bytes(changed))
        except ValueError:
            pass


@pytest.mark.parametrize("data", [b"\x30", b"\x30\x80", b"\x30\x85\0\0\0\0\0", b"\x30\x02\0", b"\x3f\x01\0", b""])
def test_what_is_no_der(data: bytes) -> None:
    with pytest.raises(der.Malformed):
        der.one(data)


def test_what_is_no_pem() -> None:
    with pytest.raises(ValueError):
        certificate.blocks(b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")
    assert certificate.certificates(b"nothing") == []
