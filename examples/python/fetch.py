"""Fetches pages over HTTPS, all at once: `fetch.py URL…`, with `--ca FILE` for an authority of one's own."""

import argparse
import asyncio
import ssl
from urllib.parse import urlsplit


async def fetch(url: str, context: ssl.SSLContext) -> tuple[str, int]:
    parts = urlsplit(url)
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
        request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    return head.split(b"\r\n")[0].decode(), len(body)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ca", help="a file of PEM; else Mozilla's roots, which are built in")
    parser.add_argument("urls", nargs="+", metavar="URL")
    arguments = parser.parse_args()
    context = ssl.create_default_context(cafile=arguments.ca)
    for url, answer in zip(arguments.urls, await asyncio.gather(*(fetch(url, context) for url in arguments.urls))):
        print(url, *answer)


asyncio.run(main())
