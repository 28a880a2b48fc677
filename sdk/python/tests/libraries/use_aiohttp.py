"""aiohttp: requests, WebSockets, timeouts."""

import asyncio
import ssl
import sys

import aiohttp

base, ca = f"https://localhost:{sys.argv[1]}", sys.argv[2]


async def main():
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca))
    async with aiohttp.ClientSession(connector=connector) as session:
        async with session.get(f"{base}/one") as response:
            print(response.status, await response.text())
        async with session.post(f"{base}/posted", data=b"y" * 300_000) as response:
            print(len(await response.read()))

        async def one(number):
            async with session.get(f"{base}/{number}") as response:
                return await response.text()

        print(sorted(await asyncio.gather(*map(one, range(20)))))
        async with session.ws_connect(f"{base}/echo") as socket:
            await socket.send_str("hello")
            print((await socket.receive()).data)
            await socket.send_bytes(b"z" * 500_000)
            print(len((await socket.receive()).data))
        try:
            async with session.get(f"{base}/slow", timeout=aiohttp.ClientTimeout(total=0.2)) as response:
                pass
        except asyncio.TimeoutError:
            print("timed out")
    async with aiohttp.ClientSession() as session:
        try:
            await session.get(f"{base}/untrusted")
        except aiohttp.ClientConnectorCertificateError as error:
            print(type(error.certificate_error).__name__)


asyncio.run(main())
