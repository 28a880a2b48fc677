"""asyncio at Unix sockets, which the component model's loop has where the component and its host have them."""

import asyncio
import socket
import struct
import sys

from tracing import Protocol, context, handler, run, say, told, told_error

FOLDER = told["folder"]


def path(name):
    return f"{FOLDER}/{name}"


def here(address):
    return address.replace(FOLDER, "") if isinstance(address, str) else address


async def streams():
    reader, writer = await asyncio.open_unix_connection(path("echo"))
    writer.write(b"one line\n")
    say(await reader.readline(), here(writer.get_extra_info("peername")), repr(writer.get_extra_info("sockname")))
    sock = writer.get_extra_info("socket")
    say(sock.family.name, sock.type.name)
    _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    say(uid)
    writer.write(b"x" * 1_000_000)
    writer.write_eof()
    say(len(await reader.read()))
    writer.close()
    await writer.wait_closed()


async def protocols():
    protocol = Protocol()
    transport, _ = await asyncio.get_running_loop().create_unix_connection(lambda: protocol, path("echo"))
    say("   returned")
    transport.write(b"there and back")
    await protocol.until(14)
    transport.close()
    await protocol.lost


async def tls():
    loop = asyncio.get_running_loop()
    protocol = Protocol()
    transport, _ = await loop.create_unix_connection(lambda: protocol, path("tls"), ssl=context(), server_hostname="localhost")
    transport.write(b"secret")
    await protocol.until(6)
    say(transport.get_extra_info("peercert")["subject"])
    transport.close()
    await protocol.lost
    try:
        await loop.create_unix_connection(Protocol, path("tls"), ssl=context(), server_hostname="elsewhere")
    except Exception as error:
        say(told_error(error))


async def failures():
    loop = asyncio.get_running_loop()
    for name in ("missing", "file", "", "dead", "datagrams", "long" * 40, "missing/socket"):
        try:
            await loop.create_unix_connection(Protocol, path(name) if name else name)
        except Exception as error:
            say(name[:20], told_error(error))


async def abstract():
    reader, writer = await asyncio.open_unix_connection("\0" + FOLDER)
    writer.write(b"in no folder\n")
    say(await reader.readline(), type(writer.get_extra_info("peername")).__name__)
    writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self):
        self.arrived = asyncio.Queue()

    def connection_made(self, transport):
        say("   made")

    def datagram_received(self, data, address):
        self.arrived.put_nowait((data, here(address)))

    def error_received(self, error):
        say("   error", told_error(error))

    def connection_lost(self, error):
        say("   lost", told_error(error))


async def datagrams():
    loop = asyncio.get_running_loop()
    peer = path("datagrams")
    for name, named in {
        "both": {"local_addr": path("both"), "remote_addr": peer},
        "local": {"local_addr": path("local")},
        "again": {"local_addr": path("local")},
        "broadcast": {"local_addr": path("broadcast"), "remote_addr": peer, "allow_broadcast": True},
        "abstract": {"local_addr": f"\0{FOLDER}", "remote_addr": peer},
    }.items():
        say(name)
        transport, protocol = await loop.create_datagram_endpoint(Datagrams, family=socket.AF_UNIX, **named)
        transport.sendto(b"there and back", None if "remote_addr" in named else peer)
        say(await protocol.arrived.get())
        names = (transport.get_extra_info(name) for name in ("sockname", "peername"))
        say(*(here(name) if isinstance(name, str) else type(name).__name__ for name in names))
        transport.close()
        await asyncio.sleep(0.01)


async def endpoints_that_fail():
    loop = asyncio.get_running_loop()
    for name, named in {
        "no folder": {"local_addr": path("missing/socket")},
        "a file": {"local_addr": path("file")},
        "nobody": {"remote_addr": path("missing")},
        "dead": {"local_addr": path("mine"), "remote_addr": path("dead")},
        "a stream": {"remote_addr": path("echo")},
        "bytes": {"remote_addr": b"x"},
        "reuse_port": {"local_addr": path("shared"), "reuse_port": True},
    }.items():
        try:
            transport, _ = await loop.create_datagram_endpoint(Datagrams, family=socket.AF_UNIX, **named)
            transport.abort()
        except Exception as error:
            say(name, told_error(error))


async def options():
    """Of sockets of IP, which come with the same."""
    loop = asyncio.get_running_loop()
    for named in ({"reuse_port": True}, {"allow_broadcast": True}):
        transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0), **named)
        if "reuse_port" in named:
            address = transport.get_extra_info("sockname")
            beside, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=address, **named)
            beside.abort()
        else:
            transport.sendto(b"to all", ("127.255.255.255", told["udp"]))
        await asyncio.sleep(0.01)
        transport.abort()
    reader, writer = await asyncio.open_connection("127.0.0.1", told["echo"])
    writer.write(b"x")
    sock = writer.get_extra_info("socket")
    say(await reader.read(1), sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
    writer.close()


async def not_permitted():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(handler)
    for call in (
        loop.create_unix_connection(Protocol, path("echo")),
        loop.create_datagram_endpoint(Datagrams, family=socket.AF_UNIX, remote_addr=path("datagrams")),
        loop.create_datagram_endpoint(Datagrams, family=socket.AF_UNIX, local_addr=path("both")),
        loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0), reuse_port=True),
        loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0), allow_broadcast=True),
    ):
        try:
            transport, _ = await call
            transport.abort()
            say("permitted")
        except Exception as error:
            say(told_error(error))
    _, writer = await asyncio.open_connection("127.0.0.1", told["echo"])
    say("no delay", writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    writer.close()


if sys.argv[2:] == ["denied"]:
    asyncio.run(run(not_permitted))
else:
    asyncio.run(run(streams, protocols, tls, failures, abstract, datagrams, endpoints_that_fail, options))
