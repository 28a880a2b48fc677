"""A time server (RFC 4330) whose clock is some seconds ahead of this machine's.

Prints its port. Ends with its standard input.
"""

import argparse
import os
import socket
import struct
import sys
import threading
import time

TO_UNIX = 2_208_988_800
HEADER = struct.Struct("!BBbbII4s")
SERVER, VERSION_SHIFT, VERSION_MASK = 4, 3, 7


def stamp(seconds):
    return struct.pack("!Q", int((seconds + TO_UNIX) * 2**32))


def answer(query, ahead):
    arrived = stamp(time.time() + ahead)
    version = query[0] >> VERSION_SHIFT & VERSION_MASK
    # No leap second is announced; stratum 1, and a precision of a microsecond.
    header = HEADER.pack(version << VERSION_SHIFT | SERVER, 1, query[2], -20, 0, 0, b"LOCL")
    originate = query[40:48]
    return header + arrived + originate + arrived + stamp(time.time() + ahead)


def serve(server, ahead):
    while True:
        query, client = server.recvfrom(1024)
        # Without authentication, and from a client.
        if len(query) == 48 and query[0] & 7 == 3:
            server.sendto(answer(query, ahead), client)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--ahead", type=float, required=True)
    args = parser.parse_args()
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((args.host, 0))
    print(server.getsockname()[1])
    threading.Thread(target=serve, args=(server, args.ahead), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
