"""Asks asyncio's `loop.create_connection` the questions of questions.py and writes down what it did.

Needs CPython 3.13 or newer on Linux, and nothing but the loopback interface: no question reaches a name server or
another machine. The output has only what is the same in every run: ports are told by the placeholders of `Ports`, and
times not at all.
"""

import asyncio
import contextlib
import socket
import ssl
import sys

import questions
import vectors
from common import (
    ADDRESSES,
    FAMILIES,
    PATIENCE,
    SETTLING,
    Ports,
    bind_everywhere,
    endpoint,
    family_of,
    flags_of,
    port_of,
    raised,
    socket_address,
)

# Ports that questions ask for by a service name: somebody else's server on them would change the outcomes.
UNUSED_PORTS = [70, 80, 443]

# The options whose values asyncio takes as they are, with asyncio's names for them.
SAME_VALUE = {
    "host": "host",
    "protocol": "proto",
    "server-name": "server_hostname",
    "handshake-timeout": "ssl_handshake_timeout",
    "shutdown-timeout": "ssl_shutdown_timeout",
    "happy-eyeballs-delay": "happy_eyeballs_delay",
    "interleave": "interleave",
    "all-errors": "all_errors",
}


class Echo(asyncio.Protocol):
    """What listens on `{open}`: it sends back what it gets."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class RecordingLoop(asyncio.SelectorEventLoop):
    """An event loop that notes the addresses it connects to, and can be told what a name resolves to."""

    def __init__(self):
        super().__init__()
        self.forget()

    def forget(self):
        """Begins anew, for the next question."""
        self.attempts = []
        self.addresses = {}

    async def getaddrinfo(self, host, port, **hints):
        """The addresses that were set for this host, or the system's."""
        if host not in self.addresses:
            return await super().getaddrinfo(host, port, **hints)
        return [stream_address(address, port) for address in self.addresses[host]]

    async def sock_connect(self, sock, address):
        """Connects as asyncio does, and notes it."""
        self.attempts.append(address)
        return await super().sock_connect(sock, address)


def stream_address(address, port):
    """What getaddrinfo gives for a TCP port on an IP address."""
    family = family_of(address)
    rest = (0, 0) if family == socket.AF_INET6 else ()
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, *rest)


@contextlib.asynccontextmanager
async def servers(loop):
    """Opens the ports, and gives them for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        sockets = {
            name: bind_everywhere(socket.SOCK_STREAM) for name in ("open", "closed", "taken")
        }
        for sock in sockets["closed"] + sockets["taken"]:
            stack.enter_context(sock)
        for sock in sockets["taken"]:
            sock.listen()
        for sock in sockets["open"]:
            stack.callback((await loop.create_server(Echo, sock=sock)).close)
        yield Ports(**{name: some[0].getsockname()[1] for name, some in sockets.items()})


def demand_unused_ports():
    """Ends the program if something listens where the questions expect a refusal."""
    for port in UNUSED_PORTS:
        for address in ADDRESSES:
            with socket.socket(family_of(address)) as sock:
                if sock.connect_ex((address, port)) == 0:
                    sys.exit(f"something listens on {address} port {port}")


def keyword_arguments(question, ports):
    """The question as asyncio has to be asked it."""
    keywords = {}
    for option, value in question.items():
        match option:
            case "service":
                keywords["port"] = port_of(value, ports)
            case "family":
                keywords["family"] = FAMILIES[value]
            case "lookup-flags":
                keywords["flags"] = flags_of(value)
            case "local-addresses":
                [local] = value
                keywords["local_addr"] = local.get("host"), port_of(local["service"], ports)
            case "tls":
                keywords["ssl"] = value if value is True else own_context()
            case "sock":
                keywords["sock"] = user_socket(ports.fill(value))
            case "addresses":
                # asyncio has no such option: RecordingLoop.getaddrinfo gives them.
                pass
            case _:
                keywords[SAME_VALUE[option]] = value
    return keywords


def own_context():
    """A context of the user's own. It trusts nobody, which no question comes to feel."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def user_socket(description):
    """The socket that a user would give: connected to `address:port`, or `unconnected:` and of a family."""
    before, _, after = description.rpartition(":")
    if before == "unconnected":
        return socket.socket(FAMILIES[after])
    address = socket_address(description)
    sock = socket.socket(family_of(address[0]))
    sock.connect(address)
    return sock


async def ask(loop, question, ports):
    """What asyncio does when it is asked the question."""
    loop.forget()
    if "addresses" in question:
        loop.addresses[question["host"]] = question["addresses"]
    keywords = keyword_arguments(question, ports)
    with contextlib.ExitStack() as stack:
        if "sock" in keywords:
            stack.enter_context(keywords["sock"])
        outcome = await connect(loop, keywords, ports)
    outcome["attempts"] = [ports.hide(endpoint(address)) for address in loop.attempts]
    return outcome


async def connect(loop, keywords, ports):
    """Calls `create_connection` and tells whether it returned or raised."""
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            transport, _ = await loop.create_connection(asyncio.Protocol, **keywords)
    except Exception as error:
        if limit.expired():
            raise RuntimeError(f"no answer within {PATIENCE} seconds: {keywords}") from error
        return {"raised": raised(error, ports)} | await fate(keywords.get("sock"))
    outcome = {"connected": connected(transport, keywords, ports)}
    transport.abort()
    return outcome


async def fate(sock):
    """Whether the user's socket, if there is one, is closed soon after asyncio has raised."""
    if sock is None:
        return {}
    await asyncio.sleep(SETTLING)
    return {"sock-closed": sock.fileno() == -1}


def connected(transport, keywords, ports):
    """The two ends of a connection; one's own only if it was chosen, and without its port, which was not."""
    remote = transport.get_extra_info("peername")
    ends = {"remote": remote and ports.hide(endpoint(remote))}
    if "local_addr" in keywords:
        ends["local"] = transport.get_extra_info("sockname")[0]
    return ends


async def record():
    """All vectors, in the order of the questions."""
    loop = asyncio.get_running_loop()
    async with servers(loop) as ports:
        return [
            vector | {"outcome": await ask(loop, vector["question"], ports)}
            for vector in questions.QUESTIONS
        ]


def main():
    options = vectors.arguments(__doc__.splitlines()[0]).parse_args()
    demand_unused_ports()
    recorded = asyncio.run(record(), loop_factory=RecordingLoop)
    return vectors.finish(recorded, options.check)


if __name__ == "__main__":
    sys.exit(main())
