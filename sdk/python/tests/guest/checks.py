"""What the connect calls say to wrong arguments, in the order in which they look at them (A-V, B-V, C-V)."""

import asyncio
import socket
import ssl

from tracing import context, run, say, told, told_error

HERE = "127.0.0.1"


async def tried(name, call):
    try:
        transport, protocol = await call
        say(name, "connected")
        transport.abort()
    except (Exception, asyncio.CancelledError) as error:
        say(name, told_error(error))


def sock_of(kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_INET, kind)
    sock.setblocking(False)
    return sock


async def connections():
    loop = asyncio.get_running_loop()
    echo, closed = told["echo"], told["closed"]
    cases = {
        "A-V1": ((HERE, echo), {"server_hostname": "x"}),
        "A-V1 empty": ((HERE, echo), {"server_hostname": ""}),
        "A-V2": ((), {"ssl": True}),
        "A-V2 sock": ((), {"ssl": True, "sock": 1}),
        "A-V2 empty": (("", echo), {"ssl": True}),
        "A-V3": ((HERE, echo), {"ssl_handshake_timeout": 1}),
        "A-V4": ((HERE, echo), {"ssl_shutdown_timeout": 1}),
        "A-V7": ((HERE, echo), {"sock": sock_of()}),
        "A-V7 port": ((None, 0), {"sock": sock_of()}),
        "A-V8": ((), {}),
        "A-V8 local": ((), {"local_addr": (HERE, 0)}),
        "A-V9": ((), {"sock": sock_of(socket.SOCK_DGRAM)}),
        "A-V10": (("nobody.invalid", echo), {}),
        "A-V10 all": (("nobody.invalid", echo), {"all_errors": True}),
        "A-V10 empty": (("", echo), {}),
        "A-V10 NUL": (("a\0b", echo), {}),
        "A-V10 label": (("a" * 64 + ".example", echo), {}),
        "A-V10 dot": ((".example", echo), {}),
        "A-V10 brackets": (("[::1]", echo), {}),
        "A-V10 space": ((" localhost", echo), {}),
        "A-V10 zone": (("::1%lo", echo), {}),
        "A-V10 number": ((123, echo), {}),
        "service": ((HERE, "nonsense"), {}),
        "service as a number": ((HERE, str(echo)), {}),
        "service as bytes": ((HERE, str(echo).encode()), {}),
        "bytes": ((HERE.encode(), echo), {}),
        "short": (("127.1", echo), {}),
        "hexadecimal": (("0x7f000001", echo), {}),
        "other family": ((HERE, echo), {"family": socket.AF_INET6}),
        "family": ((HERE, echo), {"family": 9999}),
        "protocol": ((HERE, echo), {"proto": 99}),
        "protocol of a name": (("localhost", echo), {"proto": socket.IPPROTO_UDP}),
        "flags of a name": (("localhost", echo), {"flags": 1 << 30}),
        "flags of a literal": ((HERE, echo), {"flags": 1 << 30}),
        "numeric": (("localhost", echo), {"flags": socket.AI_NUMERICHOST}),
        "port too large": ((HERE, 65536), {}),
        "port negative": ((HERE, -1), {}),
        "port negative of a name": (("localhost", -1), {}),
        "port 0": ((HERE, 0), {}),
        "no port": ((HERE, None), {}),
        "A-V11": ((HERE, echo), {"local_addr": ("nobody.invalid", 0)}),
        "local empty": ((HERE, echo), {"local_addr": ("", 0)}),
        "local short": ((HERE, echo), {"local_addr": (HERE,)}),
        "local other family": ((HERE, echo), {"local_addr": ("::1", 0)}),
        "local not here": ((HERE, echo), {"local_addr": ("192.0.2.1", 0)}),
        "local": ((HERE, echo), {"local_addr": (HERE, 0)}),
        "A-V12": ((HERE, closed), {}),
        "A-V12 all": ((HERE, closed), {"all_errors": True}),
        "A-V12 two": (("localhost", closed), {"family": socket.AF_INET, "all_errors": True}),
        "A-V12 race": ((HERE, closed), {"happy_eyeballs_delay": 0.1}),
        "A-V12 race all": ((HERE, closed), {"happy_eyeballs_delay": 0.1, "all_errors": True}),
        "race port": ((HERE, 65536), {"happy_eyeballs_delay": 0.1}),
        "race wins": (("localhost", echo), {"happy_eyeballs_delay": 0.25, "interleave": 1}),
        "interleave": (("localhost", echo), {"interleave": "x"}),
        "A-V16": ((HERE, echo), {"ssl": context(), "ssl_handshake_timeout": 0}),
        "A-V16 late": ((HERE, closed), {"ssl": context(), "ssl_handshake_timeout": 0}),
        "A-V17": ((HERE, echo), {"ssl": context(), "ssl_shutdown_timeout": -1}),
        "A-V18": ((HERE, echo), {"ssl": "yes"}),
        "A-V19": ((HERE, echo), {"ssl": context(), "server_hostname": ""}),
        "unknown": ((HERE, echo), {"reuse_address": True}),
    }
    for name, (arguments, named) in cases.items():
        try:
            call = loop.create_connection(asyncio.Protocol, *arguments, **named)
        except TypeError as error:
            say(name, told_error(error))
            continue
        await tried(name, call)
    closed_sock = sock_of()
    closed_sock.close()
    await tried("A-V13", loop.create_connection(asyncio.Protocol, sock=closed_sock))
    secure = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="x")
    await tried("A-V5", loop.create_connection(asyncio.Protocol, sock=secure))
    for name, factory in (("A-V14", 5), ("A-V14 raises", lambda: 1 / 0), ("A-V21", lambda: None)):
        await tried(name, loop.create_connection(factory, HERE, echo))


async def sockets():
    """One that is given, connected by the loop."""
    loop = asyncio.get_running_loop()
    sock = sock_of()
    await loop.sock_connect(sock, (HERE, told["echo"]))
    await loop.sock_sendall(sock, b"one")
    say(await loop.sock_recv(sock, 10))
    transport, protocol = await loop.create_connection(asyncio.Protocol, sock=sock)
    say(transport.get_extra_info("peername")[0])
    await tried("A-V15", loop.create_connection(asyncio.Protocol, sock=sock))
    transport.abort()
    sock = sock_of()
    try:
        await loop.sock_connect(sock, (HERE, told["closed"]))
    except OSError as error:
        say(told_error(error))
    sock.close()


async def endpoints():
    loop = asyncio.get_running_loop()
    udp = told["udp"]
    cases = {
        "B-V1": {"sock": sock_of()},
        "B-V2": {"sock": sock_of(socket.SOCK_DGRAM), "local_addr": (HERE, 1), "proto": 17, "allow_broadcast": True},
        "B-V3": {},
        "B-V3 empty": {"local_addr": (), "remote_addr": ""},
        "B-V4": {"family": socket.AF_INET},
        "B-V6 list": {"local_addr": [HERE, 0]},
        "B-V6 text": {"remote_addr": HERE},
        "B-V6 four": {"remote_addr": ("::1", udp, 0, 0)},
        "B-V6 empty": {"local_addr": (HERE, 0), "remote_addr": ()},
        "B-V7": {"local_addr": ("nobody.invalid", 0)},
        "B-V7 empty": {"local_addr": ("", 0)},
        "B-V8": {"local_addr": ("::1", 0), "remote_addr": (HERE, udp)},
        "B-V11 local": {"local_addr": ("192.0.2.1", 0)},
        "port": {"local_addr": (HERE, 70000)},
        "remote port": {"remote_addr": (HERE, 70000)},
        "no host": {"local_addr": (None, 0)},
        "connected": {"remote_addr": (HERE, udp)},
        "both": {"local_addr": (HERE, 0), "remote_addr": (HERE, udp)},
    }
    for name, named in cases.items():
        await tried(name, loop.create_datagram_endpoint(asyncio.DatagramProtocol, **named))
    await tried("B-V12", loop.create_datagram_endpoint(lambda: 1 / 0, local_addr=(HERE, 0)))
    try:
        await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HERE, 0), reuse_address=True)
    except TypeError as error:
        say(told_error(error))


async def unix_connections():
    loop = asyncio.get_running_loop()
    cases = {
        "C-V1": (("path",), {"server_hostname": b"x", "ssl": True}),
        "C-V2": (("path",), {"ssl": True}),
        "C-V3": (("path",), {"server_hostname": "x"}),
        "C-V4": (("path",), {"ssl_handshake_timeout": 1}),
        "C-V5": (("path",), {"ssl_shutdown_timeout": 1}),
        "C-V6": (("path",), {"sock": sock_of()}),
        "C-V7": ((5,), {}),
        "C-V8": ((), {}),
        "C-V9": ((), {"sock": sock_of()}),
    }
    for name, (arguments, named) in cases.items():
        await tried(name, loop.create_unix_connection(asyncio.Protocol, *arguments, **named))


asyncio.run(run(connections, sockets, endpoints, unix_connections))
