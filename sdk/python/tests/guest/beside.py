"""Other imports of the component, beside asyncio's own."""

import asyncio
import gc
import json
import math
import socket
import sys

from switchboard.component import sockets, tasks
from switchboard.tls import engine
from wit_world.imports import monotonic_clock

told = json.loads(sys.argv[1])


async def wait(seconds):
    await monotonic_clock.wait_for(int(seconds * 1e9))


async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", told["silent"])
    reading = asyncio.create_task(reader.read(1))
    done = await asyncio.gather(*(wait(0.01) for _ in range(3)))
    print(f"waits of another import: {len(done)} while", "connected" if not reading.done() else "closed")

    waiting, echo = asyncio.create_task(wait(0.01)), asyncio.create_task(asyncio.open_connection("127.0.0.1", told["echo"]))
    while not waiting.done() or not echo.done():
        await asyncio.sleep(0)
    print("a busy loop lets others go on")

    cancelled = asyncio.create_task(wait(0.05))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    await wait(0.1)
    print("a cancelled import does no harm")

    async def fails():
        raise ValueError("never asked for")

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task
    gc.collect()
    print("an exception that nobody asks for does no harm")
    never = [asyncio.create_task(asyncio.sleep(math.inf)), asyncio.get_running_loop().call_later(1e11, print)]
    await wait(0.01)
    for each in never:
        each.cancel()
    print("timers that are never due do no harm")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        for _ in range(5):
            # There is no port 0, which is found out later.
            await asyncio.get_running_loop().sock_sendto(sock, b"x", ("127.0.0.1", 0))
            await wait(0.001)
        kept = sockets.link_of(sock)
        while not kept.readable():
            await asyncio.sleep(0)
        print("failures of datagrams that nobody asked for:", len(kept._received))
    engine.tls.Context(engine.tls.Trust.NONE)
    print("kept of a call that has returned:", tasks._arguments)
    asyncio.create_task(wait(30))
    asyncio.create_task(asyncio.sleep(30))
    await asyncio.sleep(0)
    print("left pending at the end")


asyncio.run(main())
