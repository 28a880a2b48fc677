"""A client on asyncio that measures an echo and prints what came out as JSON."""

import argparse
import asyncio
import json
import ssl
import time

PING = b"ping"
PIECE = 64 * 1024


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


MODES = {"connects": connects, "pingpong": pingpong, "bulk": bulk}


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
