"""Datagrams (D.5)."""

import asyncio
import socket

from tracing import run, say, told, told_error


class Protocol(asyncio.DatagramProtocol):
    def __init__(self):
        self.lost = asyncio.get_running_loop().create_future()
        self.happened = asyncio.Event()

    def connection_made(self, transport):
        say("   made")

    def datagram_received(self, data, address):
        say("   data", data if len(data) < 50 else len(data), address[0])
        self.happened.set()
        if data == b"fail":
            raise ZeroDivisionError("asked to")

    def error_received(self, error):
        say("   error", told_error(error))
        self.happened.set()

    def connection_lost(self, error):
        say("   lost", told_error(error))
        self.lost.set_result(None)

    async def next(self):
        await self.happened.wait()
        self.happened.clear()


async def endpoint(**named):
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Protocol, **named)
    say("   returned", (transport.get_extra_info("peername") or ("nobody",))[0])
    return transport, protocol


async def with_a_peer():
    transport, protocol = await endpoint(remote_addr=("127.0.0.1", told["udp"]))
    for data in (b"one", b"", b"x" * 60000, bytearray(b"two"), memoryview(b"three")):
        transport.sendto(data)
        await protocol.next()
    transport.sendto(b"again", ("127.0.0.1", told["udp"]))
    await protocol.next()
    for data, address in (("text", None), (b"x", ("127.0.0.1", 1)), (b"x", ["127.0.0.1", told["udp"]])):
        try:
            transport.sendto(data, address)
        except Exception as error:
            say(told_error(error))
    transport.sendto(b"x" * 70000)
    await protocol.next()
    transport.sendto(b"fail")
    await protocol.next()
    say(transport.get_write_buffer_size(), transport.get_write_buffer_limits(), transport.is_closing())
    transport.close()
    transport.close()
    for _ in range(7):
        transport.sendto(b"dropped")
    await protocol.lost


async def with_anybody():
    transport, protocol = await endpoint(local_addr=("127.0.0.1", 0))
    say(transport.get_extra_info("sockname")[0], transport.get_extra_info("sockname")[1] > 0)
    transport.sendto(b"one", ("127.0.0.1", told["udp"]))
    await protocol.next()
    transport.sendto(b"to itself", transport.get_extra_info("sockname"))
    await protocol.next()
    transport.sendto(b"nobody is there", ("127.0.0.1", told["udp_closed"]))
    transport.sendto(b"another family", ("::1", told["udp"]))
    await protocol.next()
    transport.abort()
    await protocol.lost


async def fatal_addresses():
    for address in (None, ("127.0.0.1", 70000), "text"):
        transport, protocol = await endpoint(family=socket.AF_INET)
        transport.sendto(b"x", address)
        await protocol.lost


async def a_peer_that_is_not_there():
    transport, protocol = await endpoint(remote_addr=("127.0.0.1", told["udp_closed"]))
    transport.sendto(b"x")
    await protocol.next()
    say(transport.is_closing())
    transport.close()
    await protocol.lost


async def a_socket():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    transport, protocol = await endpoint(sock=sock)
    say(transport.get_extra_info("sockname") == sock.getsockname())
    transport.sendto(b"x", ("127.0.0.1", told["udp"]))
    await protocol.next()
    transport.close()
    await protocol.lost


async def sent_when_closed():
    receiver, received = await endpoint(local_addr=("127.0.0.1", 0))
    transport, protocol = await endpoint(remote_addr=receiver.get_extra_info("sockname"))
    transport.sendto(b"first")
    transport.sendto(b"second")
    transport.close()
    await protocol.lost
    await received.next()
    await asyncio.sleep(0.05)
    receiver.close()
    await received.lost


asyncio.run(run(with_a_peer, with_anybody, fatal_addresses, a_peer_that_is_not_there, a_socket, sent_when_closed))
