"""A mail server on aiosmtpd: one port with STARTTLS, one with TLS from the beginning."""

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(*sys.argv[1:3])


async def main():
    loop = asyncio.get_running_loop()
    starttls = await loop.create_server(lambda: SMTP(Sink(), tls_context=context, require_starttls=True), "127.0.0.1", 0)
    secure = await loop.create_server(lambda: SMTP(Sink()), "127.0.0.1", 0, ssl=context)
    for server in (starttls, secure):
        print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
