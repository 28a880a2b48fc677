"""redis, blocking and with asyncio, over TLS."""

import asyncio
import sys

import redis
import redis.asyncio

named = {"host": "localhost", "port": int(sys.argv[1]), "ssl": True, "ssl_ca_certs": sys.argv[2], "decode_responses": True}

with redis.Redis(**named) as client:
    print(client.ping(), client.set("key", "value"), client.get("key"))
    with client.pipeline() as pipe:
        pipe.set("n", 1).incr("n").get("n")
        print(pipe.execute())
    client.set("big", "x" * 1_000_000)
    print(len(client.get("big")), client.blpop("nothing", timeout=0.1))
    with client.pubsub() as heard:
        heard.subscribe("news")
        heard.get_message(timeout=5)
        client.publish("news", "one")
        print(heard.get_message(timeout=5)["data"])


async def main():
    async with redis.asyncio.Redis(**named) as client:
        print(await client.ping(), await client.get("key"))
        print(sorted(await asyncio.gather(*(client.incr("count") for _ in range(20)))) == list(range(1, 21)))
        await client.delete("count")
        try:
            async with asyncio.timeout(0.2):
                await client.blpop("nothing")
        except TimeoutError:
            print("timed out")
        async with client.pubsub() as heard:
            await heard.subscribe("news")
            await heard.get_message(timeout=5)
            await client.publish("news", "two")
            print((await heard.get_message(timeout=5))["data"])


asyncio.run(main())
