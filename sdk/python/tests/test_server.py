"""The component as a TLS server does what CPython does over OpenSSL, with the same script and the same clients."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import LIMIT, Serving, command, native
from pki import Authority, Leaf


@pytest.fixture(scope="module")
def other(authority: Authority) -> Leaf:
    return authority.issue("DNS:other.example")


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> Leaf:
    return authority.issue("DNS:trusting.example")


@pytest.fixture(params=["native", "component", "native, asyncio", "component, asyncio"])
def server(request: pytest.FixtureRequest, folder: Path, authority: Authority, leaf: Leaf, other: Leaf, trusting: Leaf) -> Iterator[Serving]:
    told: dict[str, Any] = {
        "cert": str(leaf.cert),
        "key": str(leaf.key),
        "ca": str(authority.cert),
        "verify_mode": "CERT_OPTIONAL",
        "alpn": ["h2", "http/1.1"],
        "other": [str(other.cert), str(other.key)],
        "trusting": [str(trusting.cert), str(trusting.key)],
        "asyncio": "asyncio" in request.param,
    }
    interpreter = native() if request.param.startswith("native") else command(folder)
    with Serving(interpreter, "server.py", told) as server:
        yield server


class Client:
    """Python's `ssl` as a client."""

    def __init__(self, authority: Authority, port: int) -> None:
        self._port = port
        self.context = ssl.create_default_context(cafile=authority.cert)
        self.session: ssl.SSLSession | None = None

    def talk(self, name: str = "localhost") -> ssl.SSLSocket:
        """A line there and back, and goodbye."""
        with socket.create_connection(("127.0.0.1", self._port), LIMIT) as raw:
            with self.context.wrap_socket(raw, server_hostname=name, session=self.session) as tls:
                tls.sendall(b"hello\n")
                assert tls.recv(100) == b"hello\n"
                self.session = tls.session
                self.reused = tls.session_reused
                self.alpn, self.version, self.certificate = tls.selected_alpn_protocol(), tls.version(), tls.getpeercert()
                tls.unwrap()
                return tls


@pytest.fixture
def client(authority: Authority, server: Serving) -> Client:
    return Client(authority, server.port)


def test_each_version(client: Client, server: Serving) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client.context.minimum_version = client.context.maximum_version = version
        client.talk()
        assert server.said() == {"asked": "localhost", "same": True}
        said = server.said()
        assert said == {"version": client.version, "alpn": None, "certificate": None, "reused": False, "offered": True}


def test_a_client_with_a_certificate(client: Client, server: Serving, authority: Authority) -> None:
    mine = authority.issue("DNS:client", subject="/CN=me")
    client.context.load_cert_chain(mine.cert, mine.key)
    client.context.set_alpn_protocols(["http/1.1"])
    client.talk()
    server.said()
    said = server.said()
    assert client.alpn == said["alpn"] == "http/1.1"
    assert said["certificate"]["subject"] == [[["commonName", "me"]]]


def test_a_client_with_a_certificate_of_another(client: Client, server: Serving, folder: Path) -> None:
    path = folder / "strangers"
    path.mkdir(exist_ok=True)
    stranger = Authority(path, f"a{server.port}").issue("DNS:client")
    client.context.load_cert_chain(stranger.cert, stranger.key)
    # A server that closes at once may be faster than its alert.
    with pytest.raises((OSError, AssertionError)):
        client.talk()
    # It goes on with the next one.
    client.context = ssl.create_default_context(cafile=None, cadata=client.context.get_ca_certs(True)[0])
    client.talk()


def test_an_application_protocol_that_it_does_not_have(client: Client) -> None:
    client.context.set_alpn_protocols(["other"])
    client.talk()
    assert client.alpn is None


def test_the_name_chooses_the_certificate(client: Client, server: Serving) -> None:
    client.talk("other.example")
    assert client.certificate["subjectAltName"] == (("DNS", "other.example"),)
    assert server.said() == {"asked": "other.example", "same": True}
    server.said()
    with pytest.raises(ssl.SSLError):
        client.talk("refused.example")
    assert server.said()["asked"] == "refused.example"


def test_another_context_has_its_own_certificate_and_leaves_the_rest(client: Client, server: Serving, authority: Authority) -> None:
    """As after `SSL_set_SSL_CTX`: how to verify, and the versions, stay; whom to trust and what to speak are the other's."""
    mine = authority.issue("DNS:client", subject="/CN=me")
    client.context.set_alpn_protocols(["http/1.1", "other"])
    client.talk("other.example")
    server.said()
    assert server.said()["version"] == client.version == "TLSv1.3" and client.alpn == "other"
    client.session = None
    client.context.load_cert_chain(mine.cert, mine.key)
    client.talk("trusting.example")
    assert client.certificate["subjectAltName"] == (("DNS", "trusting.example"),)
    server.said()
    # It was asked for and verified; Python tells it where the context that is there now would have asked for it.
    assert server.said()["certificate"] == {}


def test_openssl(server: Serving, authority: Authority) -> None:
    arguments = ["-connect", f"127.0.0.1:{server.port}", "-CAfile", str(authority.cert), "-servername", "localhost"]
    for version in ("-tls1_2", "-tls1_3"):
        s_client = ["openssl", "s_client", *arguments, version, "-verify_return_error", "-quiet"]
        with subprocess.Popen(s_client, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("line\n")
            process.stdin.flush()
            assert process.stdout.readline() == "line\n"
            process.kill()
