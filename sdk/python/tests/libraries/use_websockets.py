"""websockets with asyncio."""

import asyncio
import ssl
import sys

from websockets.asyncio.client import connect

context = ssl.create_default_context(cafile=sys.argv[2])


async def main():
    async with connect(f"wss://localhost:{sys.argv[1]}/echo", ssl=context, max_size=None) as socket:
        await socket.send("hello")
        print(await socket.recv())
        for number in range(50):
            await socket.send(str(number))
            assert await socket.recv() == str(number)
        await socket.send(b"v" * 1_000_000)
        print(len(await socket.recv()))
    print(socket.close_code)


asyncio.run(main())
