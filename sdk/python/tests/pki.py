"""Certificates made on the spot by the `openssl` program."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
_LEAF = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"

_ISSUE = """\
[ca]
default_ca = authority
[authority]
database = {folder}/index
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
default_md = sha256
unique_subject = no
policy = anything
crl_extensions = crl
[anything]
CN = optional
[crl]
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class Leaf:
    """A certificate with its key, in files of PEM."""

    cert: Path
    key: Path


class Authority:
    """Issues certificates."""

    def __init__(self, folder: Path, name: str = "authority", *, until: str | None = None) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self.cert, self._key = self._folder / "ca.pem", self._folder / "ca.key"
        self._count = 0
        _new_key(self._key)
        self._sign(self.cert, self._key, f"/O=Switchboard/CN={name}", _CA, None, None)
        if until is not None:
            request, config = self.cert.with_suffix(".csr"), self.cert.with_suffix(".conf")
            dates = ["-startdate", "20200101000000Z", "-enddate", until]
            _openssl(*self._ca(), "-selfsign", "-in", str(request), *dates, "-extfile", str(config), "-preserveDN", "-out", str(self.cert))

    def issue(
        self, *names: str, subject: str = "/CN=a leaf", extra: str = "", since: str | None = None, until: str | None = None, rsa: bool = False
    ) -> Leaf:
        """A certificate for these names (`DNS:localhost`, `IP:127.0.0.1`); dates as `20200101000000Z`."""
        self._count += 1
        leaf = Leaf(self._folder / f"{self._count}.pem", self._folder / f"{self._count}.key")
        _new_key(leaf.key, rsa=rsa)
        text = _LEAF + (f"subjectAltName={','.join(names)}\n" if names else "") + extra
        self._sign(leaf.cert, leaf.key, subject, text, since, until)
        return leaf

    def revoke(self, leaf: Leaf, *, until: str | None = None) -> Path:
        """A list with that certificate revoked."""
        _openssl(*self._ca(), "-revoke", str(leaf.cert))
        made = self._folder / "revoked.pem"
        dates = ["-crldays", "30"] if until is None else ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", until]
        _openssl(*self._ca(), "-gencrl", *dates, "-out", str(made))
        return made

    def cross_sign(self, other: Authority) -> Path:
        """The other's certificate as this one signs it."""
        made = self._folder / "crossed.pem"
        self._sign(made, other._key, f"/O=Switchboard/CN={other._folder.name}", _CA, None, None)
        return made

    def _ca(self) -> list[str]:
        config = self._folder / "issue.conf"
        if not config.exists():
            config.write_text(_ISSUE.format(folder=self._folder), encoding="utf-8")
            (self._folder / "index").write_text("")
            (self._folder / "serial").write_text("5B01\n")
            (self._folder / "crlnumber").write_text("01\n")
        return ["ca", "-config", str(config), "-batch", "-notext", "-cert", str(self.cert), "-keyfile", str(self._key)]

    def _sign(self, cert: Path, key: Path, subject: str, extensions: str, since: str | None, until: str | None) -> None:
        request, config = cert.with_suffix(".csr"), cert.with_suffix(".conf")
        config.write_text(extensions, encoding="utf-8")
        _openssl("req", "-new", "-utf8", "-key", str(key), "-subj", subject, "-out", str(request))
        if key == self._key:
            signed = ["x509", "-req", "-in", str(request), "-signkey", str(key), "-days", "30", "-extfile", str(config), "-out", str(cert)]
            _openssl(*signed)
            return
        dates = ["-startdate", since or "20200101000000Z", "-enddate", until or "20491231235959Z"]
        _openssl(*self._ca(), "-in", str(request), *dates, "-extfile", str(config), "-preserveDN", "-out", str(cert))


def self_signed(folder: Path, *names: str) -> Leaf:
    """As `openssl req -x509` makes one, which is an authority's (`CA:TRUE`)."""
    made = Leaf(folder / "own.pem", folder / "own.key")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(made.key)]
    _openssl("req", "-x509", *key, "-subj", "/CN=own", "-addext", f"subjectAltName={','.join(names)}", "-out", str(made.cert))
    return made


def _new_key(path: Path, *, rsa: bool = False) -> None:
    kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    _openssl("genpkey", "-algorithm", *kind, "-out", str(path))


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
