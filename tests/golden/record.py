"""Asks asyncio's `loop.create_connection` the questions of questions.py and writes down what it did.

Needs CPython 3.13 or newer on Linux, and nothing but the loopback interface: no question reaches a name server or
another machine. The output has only what is the same in every run: ports are told by the placeholders of `Ports`, and
times not at all.
"""

import asyncio
import contextlib
import dataclasses
import errno
import functools
import operator
import re
import socket
import ssl
import sys

import questions
import vectors

# The only addresses on which something listens, or is bound to refuse.
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"]
# Ports that questions ask for by a service name: somebody else's server on them would change the outcomes.
UNUSED_PORTS = [70, 80, 443]
# No question has to wait for anything, so that this is never used up unless a question is wrong.
PATIENCE = 5.0
# How long asyncio may take to close a socket after it has raised.
SETTLING = 0.05

FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}

LOOKUP_FLAGS = {
    "passive": socket.AI_PASSIVE,
    "canon-name": socket.AI_CANONNAME,
    "numeric-host": socket.AI_NUMERICHOST,
    "numeric-service": socket.AI_NUMERICSERV,
    "v4-mapped": socket.AI_V4MAPPED,
    "all": socket.AI_ALL,
    "addr-config": socket.AI_ADDRCONFIG,
}

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


@dataclasses.dataclass(frozen=True)
class Ports:
    """The port numbers of this run, each under the name of its placeholder."""

    # An echo server.
    open: int
    # Bound, but nothing listens: it refuses, and nobody else can take it.
    closed: int
    # Something listens, so that nobody can bind to it.
    taken: int

    def fill(self, text):
        """Puts the numbers into the placeholders."""
        return text.format_map(dataclasses.asdict(self))

    def hide(self, text):
        """Puts the placeholders back."""
        for name, number in dataclasses.asdict(self).items():
            text = re.sub(rf"\b{number}\b", f"{{{name}}}", text)
        return text


def stream_address(address, port):
    """What getaddrinfo gives for a TCP port on an IP address."""
    family = family_of(address)
    rest = (0, 0) if family == socket.AF_INET6 else ()
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, *rest)


def family_of(address):
    """The family of an IP address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bind_everywhere():
    """Sockets on all of ADDRESSES, bound to one port that happened to be free on all of them."""
    while True:
        with contextlib.ExitStack() as opened:
            sockets = [
                opened.enter_context(socket.socket(family_of(address))) for address in ADDRESSES
            ]
            if bind_to_one_port(sockets):
                opened.pop_all()
                return sockets


def bind_to_one_port(sockets):
    """Whether the port that the first socket got was free for the others too."""
    port = 0
    for sock, address in zip(sockets, ADDRESSES):
        try:
            sock.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        port = sock.getsockname()[1]
    return True


@contextlib.asynccontextmanager
async def servers(loop):
    """Opens the ports, and gives them for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        sockets = {name: bind_everywhere() for name in ("open", "closed", "taken")}
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
                flags = (LOOKUP_FLAGS[flag] for flag in value)
                keywords["flags"] = functools.reduce(operator.or_, flags)
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


def port_of(service, ports):
    """asyncio's `port` for a service: a string for WIT's `name`, a number for WIT's `port`."""
    match service:
        case {"name": name}:
            return ports.fill(name)
        case str() if service.startswith("{"):
            return int(ports.fill(service))
        case _:
            return service


def own_context():
    """A context of the user's own. It trusts nobody, which no question comes to feel."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def user_socket(description):
    """The socket that a user would give: connected to `address:port`, or `unconnected:` and of a family."""
    before, _, after = description.rpartition(":")
    if before == "unconnected":
        return socket.socket(FAMILIES[after])
    address = before.strip("[]")
    sock = socket.socket(family_of(address))
    sock.connect((address, int(after)))
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


def endpoint(address):
    """A socket address in the usual notation, `[::1]:80`."""
    host, port, *rest = address
    family = family_of(host)
    host = socket.inet_ntop(family, socket.inet_pton(family, host))
    if family == socket.AF_INET:
        return f"{host}:{port}"
    _flow_info, scope = rest
    zone = f"%{scope}" if scope else ""
    return f"[{host}{zone}]:{port}"


def raised(error, ports):
    """What a program and a person can see of an exception."""
    facts = {
        "type": type(error).__name__,
        "bases": bases(type(error)),
        "errno": getattr(error, "errno", None),
        # What goes wrong with TLS is told in OpenSSL's words, of which each version has its own.
        "text": None if isinstance(error, ssl.SSLError) else ports.hide(str(error)),
    }
    if isinstance(error, ExceptionGroup):
        facts["exceptions"] = [raised(each, ports) for each in error.exceptions]
    return facts


def bases(kind):
    """The names of the classes between an exception class and `Exception`, the nearest first."""
    between = kind.__mro__[1 : kind.__mro__.index(Exception)]
    return [base.__name__ for base in between]


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
