"""A name server on dnspython's messages: over UDP and TCP at one port, and over TLS at another."""

import asyncio
import ssl
import sys

import dns.message
import dns.rrset

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(*sys.argv[1:3])


def answered(wire: bytes) -> bytes:
    query = dns.message.from_wire(wire)
    answer = dns.message.make_response(query)
    answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "192.0.2.1"))
    return answer.to_wire()


class Udp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(answered(data), address)


async def serve(reader, writer):
    try:
        while True:
            size = int.from_bytes(await reader.readexactly(2), "big")
            answer = answered(await reader.readexactly(size))
            writer.write(len(answer).to_bytes(2, "big") + answer)
    except asyncio.IncompleteReadError:
        writer.close()


async def main():
    plain = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    await asyncio.get_running_loop().create_datagram_endpoint(Udp, ("127.0.0.1", port))
    secure = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(port, flush=True)
    print(secure.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
