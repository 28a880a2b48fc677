"""Cipher suites by OpenSSL's names, and its language for choosing among them (`openssl ciphers`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Suite:
    """A cipher suite that the engine has."""

    name: str
    """OpenSSL's name."""
    iana: str
    number: int
    bits: int
    tags: frozenset[str]
    """The words of OpenSSL's language that stand for it, among others."""

    @property
    def tls13(self) -> bool:
        """Whether it is one of TLS 1.3, which that language does not choose among."""
        return self.iana == self.name

    @property
    def protocol(self) -> str:
        """The version of TLS that it belongs to."""
        return "TLSv1.3" if self.tls13 else "TLSv1.2"

    def described(self) -> dict[str, Any]:
        """As `SSLContext.get_ciphers()` tells it."""
        symmetric = "chacha20-poly1305" if "CHACHA20" in self.tags else f"aes-{self.bits}-gcm"
        auth = "any" if self.tls13 else "ECDSA" if "aECDSA" in self.tags else "RSA"
        kea = "any" if self.tls13 else "ECDH"
        encryption = "CHACHA20/POLY1305(256)" if "CHACHA20" in self.tags else f"AESGCM({self.bits})"
        text = f"{self.name:30} {self.protocol} Kx={kea:8} Au={auth:5} Enc={encryption:22} Mac=AEAD"
        return {
            "id": 0x03000000 | self.number,
            "name": self.name,
            "protocol": self.protocol,
            "description": text,
            "strength_bits": self.bits,
            "alg_bits": self.bits,
            "aead": True,
            "symmetric": symmetric,
            "digest": None,
            "kea": "kx-any" if self.tls13 else "kx-ecdhe",
            "auth": "auth-any" if self.tls13 else f"auth-{auth.lower()}",
        }


_ALWAYS = {"ALL", "DEFAULT", "HIGH", "TLSV1.2", "ECDHE", "EECDH", "KECDHE", "KEECDH", "ECDH", "AEAD"}


def _suite(name: str, number: int) -> Suite:
    tls13 = name.startswith("TLS_")
    chacha, aes128, ecdsa = "CHACHA20" in name, "128" in name, "ECDSA" in name
    tags = {"aECDSA", "ECDSA"} if ecdsa else {"aRSA", "RSA_"}
    tags |= {"CHACHA20"} if chacha else {"AES", "AESGCM", "AES128" if aes128 else "AES256"}
    if tls13:
        iana = name
    else:
        kind = {"CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256"}.get(name.split("-", 2)[2])
        kind = kind or ("AES_128_GCM_SHA256" if aes128 else "AES_256_GCM_SHA384")
        iana = f"TLS_ECDHE_{'ECDSA' if ecdsa else 'RSA'}_WITH_{kind}"
    return Suite(name, iana, number, 128 if aes128 else 256, frozenset(tags))


# In the engine's order.
SUITES: tuple[Suite, ...] = (
    _suite("TLS_CHACHA20_POLY1305_SHA256", 0x1303),
    _suite("TLS_AES_128_GCM_SHA256", 0x1301),
    _suite("TLS_AES_256_GCM_SHA384", 0x1302),
    _suite("ECDHE-ECDSA-CHACHA20-POLY1305", 0xCCA9),
    _suite("ECDHE-RSA-CHACHA20-POLY1305", 0xCCA8),
    _suite("ECDHE-ECDSA-AES128-GCM-SHA256", 0xC02B),
    _suite("ECDHE-RSA-AES128-GCM-SHA256", 0xC02F),
    _suite("ECDHE-ECDSA-AES256-GCM-SHA384", 0xC02C),
    _suite("ECDHE-RSA-AES256-GCM-SHA384", 0xC030),
)
BY_IANA = {suite.iana: suite for suite in SUITES}
BY_NUMBER = {suite.number: suite for suite in SUITES}
_TLS13 = tuple(suite for suite in SUITES if suite.tls13)
_TLS12 = tuple(suite for suite in SUITES if not suite.tls13)


def choose(text: str) -> tuple[Suite, ...]:
    """The suites of TLS 1.2 that `text` chooses, the preferred one first. Words that mean none of the engine's choose none.

    >>> [suite.name for suite in choose("ECDHE+AESGCM:!aRSA:@STRENGTH")]
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256']
    """
    chosen: list[Suite] = []
    killed: set[Suite] = set()
    for word in text.replace("@", ":@").replace(",", ":").replace(" ", ":").replace(";", ":").split(":"):
        if word == "@STRENGTH":
            chosen.sort(key=lambda suite: -suite.bits)
        if not word or word.startswith("@"):
            continue
        action, rest = (word[0], word[1:]) if word[0] in "!-+" else ("", word)
        meant = [suite for suite in _TLS12 if _means(rest, suite)]
        if action == "!":
            killed.update(meant)
        if action in ("!", "-"):
            chosen = [suite for suite in chosen if suite not in meant]
        elif action == "+":
            moved = [suite for suite in chosen if suite in meant]
            chosen = [suite for suite in chosen if suite not in meant] + moved
        else:
            chosen += [suite for suite in meant if suite not in chosen and suite not in killed]
    return tuple(chosen)


def with_tls13(chosen: tuple[Suite, ...]) -> tuple[Suite, ...]:
    """Those of TLS 1.3 too, which are always offered."""
    return _TLS13 + chosen


def _means(word: str, suite: Suite) -> bool:
    """Whether a word of the language, or several with `+` between them, stands for the suite."""
    if word == suite.name:
        return True
    return all(part.upper() in _ALWAYS or part in suite.tags for part in word.split("+"))
