"""nats-py over TLS."""

import asyncio
import ssl
import sys

import nats

context = ssl.create_default_context(cafile=sys.argv[2])


async def main():
    client = await nats.connect(f"tls://localhost:{sys.argv[1]}", tls=context)
    subscription = await client.subscribe("news")
    await client.publish("news", b"one")
    message = await subscription.next_msg(timeout=5)
    print(message.subject, message.data)

    async def answer(message):
        await message.respond(message.data.upper())

    await client.subscribe("ask", cb=answer)
    print((await client.request("ask", b"question", timeout=5)).data)
    try:
        await subscription.next_msg(timeout=0.1)
    except nats.errors.TimeoutError:
        print("timed out")
    await client.drain()


asyncio.run(main())
