"""Other imports of the component, beside asyncio's own."""

import asyncio
import gc
import json
import math
import sys

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
    asyncio.create_task(wait(30))
    asyncio.create_task(asyncio.sleep(30))
    await asyncio.sleep(0)
    print("left pending at the end")


asyncio.run(main())
