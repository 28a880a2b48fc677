"""The component as a TLS client sees and raises what CPython does over OpenSSL, with the same script and the same peer."""

from __future__ import annotations

import json
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from conftest import GUEST, Serve, command, native, run
from pki import Authority, self_signed

# Where the native one says otherwise, and why.
_DIFFERENT = {
    # The first read tells it; OpenSSL's older write fails first, without a reason.
    "client certificate missing": {"errno", "error", "library", "reason"},
    "client certificate missing, asyncio": {"errno", "error", "library", "reason"},
    # Who has issued it the engine does not tell.
    "self-signed and not trusted": {"text", "verify_message"},
    "self-signed and not trusted, asyncio": {"text", "verify_message"},
    # What does not count the engine is not given, and so does not know the issuer.
    **dict.fromkeys(("expired authority", "expired authority, asyncio"), {"text", "verify_code", "verify_message"}),
    **dict.fromkeys(("no root", "no root, asyncio"), {"text", "verify_code", "verify_message"}),
}
_LINE = re.compile(r" \(_ssl\.c:\d+\)")

_RICH = (
    "authorityInfoAccess=OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/a.crt\n"
    "crlDistributionPoints=URI:http://crl.example/1,URI:http://crl.example/2\n[name]\nC=XX\nO=Elsewhere\n"
)
_RICH_NAMES = (
    "DNS:localhost", "IP:127.0.0.1", "DNS:*.example.org", "email:a@example.org", "URI:http://uri.example/", "RID:1.2.3.4",
    "IP:2001:db8::1", "dirName:name", "otherName:1.2.3.4;UTF8:hidden",
)  # fmt: skip
_RICH_SUBJECT = "/C=DE/O=Grüße/OU=one+CN=a leaf/emailAddress=q@example.org/street=1.2/1.2.3.4.5=own"


def _cases(folder: Path, authority: Authority, serve: Serve) -> dict[str, dict[str, Any]]:
    other = Authority(folder, "other")
    rich = authority.issue(*_RICH_NAMES, subject=_RICH_SUBJECT, extra=_RICH)
    client, stranger = authority.issue("DNS:client"), authority.issue("DNS:stranger")
    revoked, good = authority.issue("DNS:localhost"), authority.issue("DNS:localhost")
    crl = authority.revoke(revoked)
    plain, rsa = serve(rich), serve(authority.issue("DNS:localhost", rsa=True))
    asking = serve(good, ca=authority.cert, alpn=["h2", "http/1.1"])
    old = serve(authority.issue("DNS:localhost", until="20210101000000Z"))
    early = serve(authority.issue("DNS:localhost", since="20400101000000Z"))
    own = self_signed(folder, "DNS:localhost")
    past, late = Authority(folder, "past", until="20210101000000Z"), Authority(folder, "late")
    late_list = late.revoke(late.issue("DNS:elsewhere"), until="20210101000000Z")
    mine = {"cert": str(client.cert), "key": str(client.key)}
    return {
        "good": {"port": plain},
        "TLS 1.2": {"port": plain, "maximum": "TLSv1_2"},
        "TLS 1.3": {"port": plain, "minimum": "TLSv1_3"},
        "RSA": {"port": rsa},
        "address": {"port": plain, "name": "127.0.0.1"},
        "another name of it": {"port": plain, "name": "a.example.org"},
        "IPv6 name": {"port": plain, "name": "2001:db8::1"},
        "wrong name": {"port": plain, "name": "wrong.example"},
        "wrong address": {"port": plain, "name": "10.0.0.1"},
        "name too deep": {"port": plain, "name": "a.b.example.org"},
        "expired": {"port": old},
        "not yet valid": {"port": early},
        "unknown authority": {"port": serve(other.issue("DNS:localhost"))},
        "nothing verified": {"port": old, "verify_mode": "CERT_NONE", "check_hostname": False},
        "name not checked": {"port": plain, "name": "wrong.example", "check_hostname": False},
        "client certificate": {"port": asking, **mine},
        "client certificate missing": {"port": asking},
        "client certificate missing, TLS 1.2": {"port": asking, "maximum": "TLSv1_2"},
        "ALPN": {"port": asking, "alpn": ["http/1.1", "other"], **mine},
        "ALPN without a match": {"port": asking, "alpn": ["other"], **mine},
        "key of another": {"port": plain, "cert": str(client.cert), "key": str(stranger.key)},
        "no such file": {"port": plain, "cert": str(folder / "absent")},
        "not PEM": {"port": plain, "cert": str(client.key)},
        "ciphers": {"port": rsa, "ciphers": "ECDHE+AES256:!ECDSA", "maximum": "TLSv1_2"},
        "no cipher": {"port": plain, "ciphers": "NOTHING"},
        "revoked": {"port": serve(revoked), "crl": str(crl)},
        "not revoked": {"port": serve(good), "crl": str(crl)},
        "self-signed and trusted": {"port": serve(own), "ca": str(own.cert)},
        "self-signed and not trusted": {"port": serve(own)},
        "expired authority": {"port": serve(past.issue("DNS:localhost")), "ca": str(past.cert)},
        "expired list": {"port": serve(late.issue("DNS:localhost")), "ca": str(late.cert), "crl": str(late_list)},
        "no root": {"port": plain, "ca": str(rich.cert), "flags": ssl.VERIFY_X509_TRUSTED_FIRST},
        "list of another": {"port": serve(other.issue("DNS:localhost")), "ca": str(other.cert), "crl": str(crl)},
    }


@pytest.fixture(scope="module")
def reports(folder: Path, authority: Authority, serve: Serve) -> dict[str, list[dict[str, Any]]]:
    """What the native one and the component told of each case."""
    cases = _cases(folder, authority, serve)
    base = {"ca": str(authority.cert), "name": "localhost"}
    told = {name: base | case for name, case in cases.items()}
    told |= {f"{name}, asyncio": case | {"asyncio": True} for name, case in list(told.items())}
    arguments = [str(GUEST / "client.py"), *(json.dumps(case) for case in told.values())]
    reports: dict[str, list[dict[str, Any]]] = {name: [] for name in told}
    for interpreter in (native(), command(folder)):
        done = run(interpreter, *arguments)
        lines = done.stdout.splitlines()
        assert len(lines) == len(told), done.stderr
        for name, line in zip(told, lines, strict=True):
            reports[name].append(json.loads(line))
    return reports


_NAMES = (
    "good", "TLS 1.2", "TLS 1.3", "RSA", "address", "another name of it", "IPv6 name", "wrong name", "wrong address", "name too deep",
    "expired", "not yet valid", "unknown authority", "nothing verified", "name not checked", "client certificate",
    "client certificate missing", "client certificate missing, TLS 1.2", "ALPN", "ALPN without a match", "key of another",
    "no such file", "not PEM", "ciphers", "no cipher", "revoked", "not revoked", "list of another", "self-signed and trusted",
    "expired authority", "expired list", "no root",
    "self-signed and not trusted",
)  # fmt: skip


@pytest.mark.parametrize("how", ["", ", asyncio"])
@pytest.mark.parametrize("name", _NAMES)
def test_the_same_as_natively(reports: dict[str, list[dict[str, Any]]], name: str, how: str) -> None:
    there, here = reports[name + how]
    left_out = _DIFFERENT.get(name + how, set())
    for report in (there, here):
        if report.get("error") != "SSLCertVerificationError":
            # OpenSSL's words and numbers for what else may go wrong differ from version to version.
            left_out = left_out | {"text", "errno"}
    assert {key: value for key, value in here.items() if key not in left_out} == {
        key: _LINE.sub("", value) if key == "text" else value for key, value in there.items() if key not in left_out
    }


def test_every_case_is_looked_at(reports: dict[str, list[dict[str, Any]]]) -> None:
    assert set(reports) == {name + how for name in _NAMES for how in ("", ", asyncio")}


def test_an_alert_has_openssls_reason(reports: dict[str, list[dict[str, Any]]]) -> None:
    for how in ("", ", asyncio"):
        assert reports["client certificate missing" + how][1]["reason"] == "TLSV13_ALERT_CERTIFICATE_REQUIRED"


def test_a_certificate_is_told_in_full(reports: dict[str, list[dict[str, Any]]]) -> None:
    told = reports["good"][1]["certificate"]
    assert {"OCSP", "caIssuers", "crlDistributionPoints", "subjectAltName"} <= set(told)
    assert [["organizationName", "Grüße"]] in told["subject"]


