"""What the recorders share that ask asyncio on real sockets: places on the loopback interface, options, outcomes."""

import contextlib
import dataclasses
import errno
import functools
import operator
import re
import socket
import ssl

# The only addresses on which something listens, or is bound to refuse.
ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"]
# No question has to wait for anything, so that this is never used up unless a question is wrong.
PATIENCE = 5.0
# How long asyncio may take to do what it does later: to close a socket, to call the protocol.
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


@dataclasses.dataclass(frozen=True)
class Ports:
    """The port numbers of this run, each under the name of its placeholder."""

    # An echo server.
    open: int
    # Bound, but nothing listens: it refuses, and nobody else can take it.
    closed: int
    # Somebody has it, so that nobody can bind to it.
    taken: int

    def fill(self, text):
        """Puts the numbers into the placeholders."""
        return text.format_map(dataclasses.asdict(self))

    def hide(self, text):
        """Puts the placeholders back."""
        for name, number in dataclasses.asdict(self).items():
            text = re.sub(rf"\b{number}\b", f"{{{name}}}", text)
        return text


def family_of(address):
    """The family of an IP address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bind_everywhere(kind):
    """Sockets on all of ADDRESSES, bound to one port that happened to be free on all of them."""
    while True:
        with contextlib.ExitStack() as opened:
            sockets = [
                opened.enter_context(socket.socket(family_of(address), kind))
                for address in ADDRESSES
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


def flags_of(names):
    """asyncio's `flags`."""
    return functools.reduce(operator.or_, (LOOKUP_FLAGS[name] for name in names))


def port_of(service, ports):
    """asyncio's `port` for a service: a string for WIT's `name`, a number for WIT's `port`."""
    match service:
        case {"name": name}:
            return ports.fill(name)
        case str() if service.startswith("{"):
            return int(ports.fill(service))
        case _:
            return service


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


def socket_address(text):
    """The other way round."""
    host, _, port = text.rpartition(":")
    host, _, scope = host.strip("[]").partition("%")
    rest = (0, int(scope or 0)) if family_of(host) == socket.AF_INET6 else ()
    return host, int(port), *rest


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
