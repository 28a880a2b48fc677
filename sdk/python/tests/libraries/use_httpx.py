"""httpx, blocking and with asyncio."""

import asyncio
import ssl
import sys

import httpx

base, ca = f"https://localhost:{sys.argv[1]}", sys.argv[2]
context = ssl.create_default_context(cafile=ca)

with httpx.Client(verify=context) as client:
    print(client.get(f"{base}/blocking").text, client.post(f"{base}/posted", content=b"body").text)
    with client.stream("GET", f"{base}/big") as response:
        print("streamed", sum(len(part) for part in response.iter_bytes()))
    try:
        client.get(f"{base}/slow", timeout=0.2)
    except httpx.ReadTimeout:
        print("timed out")
try:
    httpx.get(f"{base}/untrusted")
except httpx.ConnectError as error:
    print("CERTIFICATE_VERIFY_FAILED" in str(error))


async def main():
    async with httpx.AsyncClient(verify=context) as client:
        print((await client.get(f"{base}/asyncio")).text)
        answers = await asyncio.gather(*(client.get(f"{base}/{number}") for number in range(20)))
        print(sorted(answer.text for answer in answers))
        print("posted", len((await client.post(f"{base}/posted", content=b"x" * 300_000)).content))
        try:
            await client.get(f"{base}/slow", timeout=0.2)
        except httpx.ReadTimeout:
            print("timed out")
        print((await client.get(f"{base}/afterwards")).text)
        try:
            await client.get("https://localhost:1/")
        except httpx.ConnectError:
            print("refused")


asyncio.run(main())
