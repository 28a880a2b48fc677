"""An echo on asyncio, over TLS if it is given a certificate.

Prints its port. Ends with its standard input.
"""

import argparse
import asyncio
import os
import ssl
import sys
import threading


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()

    # Without an eof_received, the end of what the peer sends closes, after all that is still to be sent.


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    args = parser.parse_args()
    context = None
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, args.host, 0, ssl=context, backlog=1024)
    print(server.sockets[0].getsockname()[1])
    threading.Thread(target=end_with_input, daemon=True).start()
    async with server:
        await server.serve_forever()


asyncio.run(main())
