"""An echo on asyncio at a Unix socket: of streams, or of datagrams.

Prints `ready`, then for each connection or datagram its sender. Ends with its standard input.
"""

import argparse
import asyncio
import os
import sys
import threading


class Streams(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        print(repr(transport.get_extra_info("peername")))

    def data_received(self, data):
        self.transport.write(data)


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        print(repr(sender))
        if sender:
            self.transport.sendto(data, sender)


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams")
    parser.add_argument("--datagrams")
    arguments = parser.parse_args()
    loop = asyncio.get_running_loop()
    if arguments.streams:
        serving = await loop.create_unix_server(Streams, arguments.streams)
    else:
        # `AF_UNIX` is 1 everywhere.
        serving = await loop.create_datagram_endpoint(
            Datagrams, local_addr=arguments.datagrams, family=1
        )
    print("ready")
    threading.Thread(target=end_with_input, daemon=True).start()
    await asyncio.Event().wait()
    del serving


asyncio.run(main())
