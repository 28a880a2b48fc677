"""The package without a component: an engine that encrypts nothing, and a wire that takes as much as it is told to."""

from __future__ import annotations

import sys
import types
from types import SimpleNamespace
from typing import Any


class Err(Exception):
    """As componentize-py's."""


class Anything:
    """Has whatever is asked for."""

    def __init__(self, *_: Any) -> None:
        pass

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


class Context(Anything):
    """The engine's, which keeps what it was set to."""

    def __init__(self, trust: Any) -> None:
        self.trust = trust
        self.set: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.set.update({name: arguments})


class Session:
    """The engine's, which sends what it is given as it is."""

    def __init__(self, context: Any = None, name: str | None = None) -> None:
        self.context, self.name, self.out, self.come, self.fed = context, name, b"", b"", b""
        self.failing: Exception | None = None

    client = server = classmethod(lambda cls, *arguments: cls(*arguments))

    def write(self, data: bytes) -> int:
        self.out += data
        return len(data)

    def drain(self, count: int) -> bytes:
        out, self.out = self.out[:count], self.out[count:]
        return out

    def read(self, count: int) -> bytes:
        told, self.come = self.come[:count], self.come[count:]
        return told

    def feed(self, data: bytes) -> int:
        if self.failing is not None:
            raise self.failing
        self.fed += data
        self.come += data
        return len(data)

    def close(self) -> None:
        self.out += b"goodbye"

    def status(self) -> Any:
        return SimpleNamespace(readable=len(self.come), peer_closed=False, state=1)


def _install() -> None:
    tls = SimpleNamespace(
        Version=SimpleNamespace(TLS12="1.2", TLS13="1.3"),
        Trust=SimpleNamespace(MOZILLA="Mozilla", NONE="none"),
        VerifyMode=SimpleNamespace(INSECURE_NONE="none"),
        ClientVerifyMode=SimpleNamespace(NONE="none", OPTIONAL="optional", REQUIRED="required"),
        Context=Context,
    )
    engine = SimpleNamespace(State=SimpleNamespace(HANDSHAKING=0), Session=Session)
    modules: dict[str, dict[str, Any]] = {
        "componentize_py_types": {"Err": Err, "Ok": type("Ok", (), {})},
        "wit_world": {},
        "wit_world.imports": {"tls": tls, "tls_engine": engine},
    }
    for name, facts in modules.items():
        module = sys.modules.setdefault(name, types.ModuleType(name))
        for key, value in facts.items():
            setattr(module, key, value)


_install()
