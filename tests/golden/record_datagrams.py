"""Asks asyncio's `loop.create_datagram_endpoint` the questions of datagram_questions.py and writes down what it did.

As record.py: nothing but the loopback interface is needed, and the output has only what is the same in every run. What
is sent over the loopback interface is there when `sendto` returns, and so is the refusal of a closed port; the rest is
asyncio's event loop, which gets SETTLING for it.
"""

import asyncio
import contextlib
import dataclasses
import socket
import sys

import common
import datagram_questions
import datagram_sends
import vectors
from common import ADDRESSES, FAMILIES, PATIENCE, SETTLING, endpoint, family_of, raised

# Ports that questions bind by a service name: somebody else's socket on them would change the outcomes.
UNUSED_PORTS = [1812]
# Data longer than this is told by its size.
LONGEST_TEXT = 64

# The options whose values asyncio takes as they are, with asyncio's names for them.
SAME_VALUE = {
    "protocol": "proto",
    "reuse-port": "reuse_port",
    "allow-broadcast": "allow_broadcast",
}


@dataclasses.dataclass(frozen=True)
class Ports(common.Ports):
    """Some more: of UDP."""

    # Nobody has it.
    free: int
    # Bound on ::1 alone.
    half: int

    def of_peer(self, address):
        """The socket address of somebody else."""
        return self.hide(endpoint(address))

    def of_this_side(self, address):
        """One's own socket address; `{any}` is a port that the system has chosen."""
        host, _, port = self.of_peer(address).rpartition(":")
        if port.isdigit() and int(port) not in (0, *UNUSED_PORTS):
            port = "{any}"
        return f"{host}:{port}"


class Echo(asyncio.DatagramProtocol):
    """What is bound to `{open}`: it sends back what it gets."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


class Witness(asyncio.DatagramProtocol):
    """A user's protocol that notes what it is told."""

    def __init__(self, ports):
        self.ports = ports
        self.events = []

    def datagram_received(self, data, addr):
        self.events.append({"received": told(data), "from": self.ports.of_peer(addr)})

    def error_received(self, exc):
        self.events.append({"failed": raised(exc, self.ports)})

    def connection_lost(self, exc):
        self.events.append({"lost": exc and raised(exc, self.ports)})

    def unhandled(self, _loop, context):
        """The event loop's exception handler: what asyncio logs where nobody sets one."""
        error = raised(context["exception"], self.ports)
        self.events.append({"logged": context["message"], "exception": error})

    def take(self):
        """The events since the last call."""
        events, self.events = self.events, []
        return events


def told(data):
    """Data as questions have it."""
    return data.decode() if len(data) <= LONGEST_TEXT else {"size": len(data)}


def data_of(told):
    """The other way round."""
    return told.encode() if isinstance(told, str) else b"x" * told["size"]


@contextlib.asynccontextmanager
async def servers(loop):
    """Opens the ports, and gives them for as long as the context lasts."""
    with contextlib.ExitStack() as stack:
        sockets = {
            field.name: common.bind_everywhere(socket.SOCK_DGRAM)
            for field in dataclasses.fields(Ports)
        }
        for some in sockets.values():
            for sock in some:
                stack.enter_context(sock)
        ports = Ports(**{name: some[0].getsockname()[1] for name, some in sockets.items()})
        for sock in sockets["closed"]:
            # Then it takes nothing from others, and the system refuses for it as if it were not there.
            sock.connect(sock.getsockname())
        for sock in sockets["free"]:
            sock.close()
        for sock in sockets["half"]:
            if sock.family == socket.AF_INET:
                sock.close()
        for sock in sockets["open"]:
            transport, _ = await loop.create_datagram_endpoint(Echo, sock=sock)
            stack.callback(transport.abort)
        yield ports


def demand_unused_ports():
    """Ends the program if somebody has a port where the questions expect to bind."""
    for port in UNUSED_PORTS:
        for address in ADDRESSES:
            with socket.socket(family_of(address), socket.SOCK_DGRAM) as sock:
                try:
                    sock.bind((address, port))
                except OSError as error:
                    sys.exit(f"{address} port {port}: {error}")


def keyword_arguments(question, ports):
    """The question as asyncio has to be asked it."""
    keywords = {}
    for option, value in question.items():
        match option:
            case "local-address":
                keywords["local_addr"] = pair(value, ports)
            case "remote-address":
                keywords["remote_addr"] = pair(value, ports)
            case "family":
                keywords["family"] = FAMILIES[value]
            case "lookup-flags":
                keywords["flags"] = common.flags_of(value)
            case "sock":
                keywords["sock"] = user_socket(ports.fill(value))
            case "sends":
                # What is done to the endpoint.
                pass
            case _:
                keywords[SAME_VALUE[option]] = value
    return keywords


def pair(address, ports):
    """A host and a port, as asyncio has them."""
    return address.get("host"), common.port_of(address["service"], ports)


def user_socket(description):
    """The socket that a user would give: `unbound:` of a family, `bound:` to an address, or connected to one."""
    kind, _, rest = description.partition(":")
    match kind:
        case "unbound":
            return socket.socket(FAMILIES[rest], socket.SOCK_DGRAM)
        case "bound":
            sock = socket.socket(family_of(rest), socket.SOCK_DGRAM)
            sock.bind((rest, 0))
        case _:
            address = common.socket_address(description)
            sock = socket.socket(family_of(address[0]), socket.SOCK_DGRAM)
            sock.connect(address)
    return sock


async def ask(loop, question, ports):
    """What asyncio does when it is asked the question."""
    keywords = keyword_arguments(question, ports)
    with contextlib.ExitStack() as stack:
        if "sock" in keywords:
            stack.enter_context(keywords["sock"])
        return await create(loop, keywords, question.get("sends", []), ports)


async def create(loop, keywords, sends, ports):
    """Calls `create_datagram_endpoint`, and uses what it returned."""
    witness = Witness(ports)
    loop.set_exception_handler(witness.unhandled)
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            transport, _ = await loop.create_datagram_endpoint(lambda: witness, **keywords)
    except Exception as error:
        if limit.expired():
            raise RuntimeError(f"no answer within {PATIENCE} seconds: {keywords}") from error
        return {"raised": raised(error, ports)} | await fate(keywords.get("sock"))
    outcome = {"created": created(transport, ports)}
    if sends:
        outcome["sends"] = [await act(transport, witness, send) for send in sends]
    transport.abort()
    # The next question needs a handler of its own, and may need the port.
    await asyncio.sleep(SETTLING)
    return outcome


async def fate(sock):
    """Whether the user's socket, if there is one, is closed soon after asyncio has raised."""
    if sock is None:
        return {}
    await asyncio.sleep(SETTLING)
    return {"sock-closed": sock.fileno() == -1}


def created(transport, ports):
    """The two ends of an endpoint."""
    remote = transport.get_extra_info("peername")
    return {
        "local": ports.of_this_side(transport.get_extra_info("sockname")),
        "remote": remote and ports.of_peer(remote),
    }


async def act(transport, witness, send):
    """What came of one entry of a question's `sends`: of the call itself, and what the protocol was told then."""
    try:
        match send:
            case {"call": method}:
                getattr(transport, method)()
            case {"data": data}:
                transport.sendto(data_of(data), target(send, witness.ports))
        result = {"returned": True}
    except Exception as error:
        result = {"raised": raised(error, witness.ports)}
    if not send.get("at-once"):
        await asyncio.sleep(SETTLING)
    return result | {"events": witness.take()}


def target(send, ports):
    """asyncio's `addr`."""
    if "to" not in send:
        return None
    host, port, *rest = common.socket_address(ports.fill(send["to"]))
    if send.get("pair"):
        return host, port
    if "flow-info" in send:
        rest[0] = send["flow-info"]
    return host, port, *rest


async def record():
    """All vectors, in the order of the questions."""
    loop = asyncio.get_running_loop()
    async with servers(loop) as ports:
        return [
            vector | {"outcome": await ask(loop, vector["question"], ports)}
            for vector in datagram_questions.QUESTIONS + datagram_sends.QUESTIONS
        ]


def main():
    options = vectors.arguments(__doc__.splitlines()[0]).parse_args()
    demand_unused_ports()
    recorded = asyncio.run(record(), loop_factory=asyncio.SelectorEventLoop)
    return vectors.finish(recorded, options.check)


if __name__ == "__main__":
    sys.exit(main())
