"""A client on asyncio that measures an echo and prints what came out as JSON."""

import argparse
import asyncio
import json
import ssl
import time

PING = b"ping"
PIECE = 64 * 1024
DATAGRAM = 1200
WINDOW = 32
# What has not returned by then is lost.
LOST = 0.2


async def connects(where, count):
    begun = time.perf_counter()
    for _ in range(count):
        _, writer = await asyncio.open_connection(**where)
        writer.close()
        await writer.wait_closed()
    return time.perf_counter() - begun, count, 0


async def pingpong(where, count):
    reader, writer = await asyncio.open_connection(**where)
    message = PING
    begun = time.perf_counter()
    for _ in range(count):
        writer.write(message)
        message = await reader.readexactly(len(PING))
    took = time.perf_counter() - begun
    assert message == PING, message
    writer.close()
    await writer.wait_closed()
    return took, count, count * len(PING)


async def bulk(where, mebibytes):
    reader, writer = await asyncio.open_connection(**where)
    total = mebibytes * 1024 * 1024
    pieces = total // PIECE

    async def write():
        piece = b"\x5a" * PIECE
        for _ in range(pieces):
            writer.write(piece)
            await writer.drain()

    async def read():
        left = total
        while left > 0:
            piece = await reader.read(PIECE)
            assert piece, f"the echo ended {left} bytes early"
            left -= len(piece)
        assert left == 0, left

    begun = time.perf_counter()
    await asyncio.gather(write(), read())
    took = time.perf_counter() - begun
    writer.close()
    await writer.wait_closed()
    return took, pieces, total


class Exchange(asyncio.DatagramProtocol):
    """Sends numbered datagrams, so many at a time, until each has returned or is lost."""

    def __init__(self, count):
        self.count = count
        # `expected` is the number after the last one that returned, or was given up.
        self.sent = self.expected = self.received = 0
        self.heard = False
        self.loop = asyncio.get_running_loop()
        self.done = self.loop.create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.rest = b"\x5a" * (DATAGRAM - 8)

    def begin(self):
        self.send()
        self.timer = self.loop.call_later(LOST, self.look)

    def send(self):
        while self.sent < min(self.count, self.expected + WINDOW):
            self.transport.sendto(self.sent.to_bytes(8, "big") + self.rest)
            self.sent += 1

    def datagram_received(self, data, _address):
        self.heard = True
        self.received += 1
        self.expected = max(self.expected, int.from_bytes(data[:8], "big") + 1)
        self.go_on()

    def go_on(self):
        self.send()
        if self.expected == self.count and not self.done.done():
            self.done.set_result(None)

    def look(self):
        if not self.heard:
            self.expected = self.sent
            self.go_on()
        self.heard = False
        self.timer = self.loop.call_later(LOST, self.look)


async def datagrams(where, count):
    address = (where["host"], where["port"])
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(
        lambda: Exchange(count), remote_addr=address
    )
    begun = time.perf_counter()
    exchange.begin()
    await exchange.done
    took = time.perf_counter() - begun
    exchange.timer.cancel()
    transport.close()
    return took, exchange.received, exchange.received * DATAGRAM


MODES = {"connects": connects, "pingpong": pingpong, "bulk": bulk, "datagrams": datagrams}


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--ca")
    parser.add_argument("--name")
    args = parser.parse_args()
    where = {"host": args.host, "port": args.port}
    if args.ca:
        where["ssl"] = ssl.create_default_context(cafile=args.ca)
        where["server_hostname"] = args.name
    seconds, ops, count = await MODES[args.mode](where, args.count)
    print(json.dumps({"mode": args.mode, "seconds": seconds, "ops": ops, "bytes": count}))


asyncio.run(main())
