"""Calls of `open_connection` to an address that does not answer, each with a timeout."""

import asyncio
import json
import sys
import time

from switchboard.component import tasks

told = json.loads(sys.argv[1])


async def late(seconds):
    began = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            await asyncio.open_connection("127.0.0.1", told["full"])
    except TimeoutError:
        return time.monotonic() - began


async def settled():
    """Once what was cancelled has said so."""
    for _ in range(200):
        await asyncio.sleep(0.01)
        if tasks.pending() <= 1:
            break
    print(tasks.pending(), flush=True)
    await asyncio.sleep(0.5)


async def main():
    await late(0.05)
    await settled()
    took = [await late(0.01) for _ in range(100)]
    for _ in range(9):
        took += await asyncio.gather(*(late(0.05) for _ in range(100)))
    await settled()
    print(json.dumps({"count": len([one for one in took if one]), "slowest": max(took)}), flush=True)
    sys.stdin.readline()
    reader, writer = await asyncio.open_connection("127.0.0.1", told["echo"])
    writer.write(b"still here")
    print(await reader.readexactly(10))
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
