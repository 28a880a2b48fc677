"""A cache in Redis, with the client from PyPI: `cache.py HOST PORT CA`."""

import asyncio
import sys

import redis.asyncio


async def main(host: str, port: str, ca: str) -> None:
    async with redis.asyncio.Redis(host=host, port=int(port), ssl=True, ssl_ca_certs=ca, decode_responses=True) as client:
        await client.set("greeting", "Hello from WebAssembly!", ex=60)
        print(await client.get("greeting"))
        visits = await asyncio.gather(*(client.incr("visits") for _ in range(10)))
        print("visits:", max(visits) - min(visits) + 1)


asyncio.run(main(*sys.argv[1:]))
