"""An echo on asyncio at a Unix socket, over TLS if it is given a certificate. Tells who connects.

Ends with its standard input.
"""

import argparse
import asyncio
import os
import socket
import ssl
import struct
import sys
import threading


async def echo(reader, writer):
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, uid, gid = struct.unpack("3i", peer)
    print(f"peer {pid} {uid} {gid}", flush=True)
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    writer.close()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    args = parser.parse_args()
    context = None
    if args.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.cert, args.key)
    server = await asyncio.start_unix_server(echo, args.path, ssl=context)
    print("ready", flush=True)
    threading.Thread(target=end_with_input, daemon=True).start()
    async with server:
        await server.serve_forever()


asyncio.run(main())
