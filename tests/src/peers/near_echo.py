"""An echo that answers only those who are near: whose packets have at least so many hops to go (RFC 5082).

Prints its port. Ends with its standard input.
"""

import argparse
import os
import socket
import sys
import threading

# Those of Linux that the socket module has no names for.
IP_MINTTL = 21
IPV6_MINHOPCOUNT = 73


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--hops", type=int, required=True)
    return parser.parse_args()


def echo(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def main():
    args = arguments()
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    listener = socket.create_server((args.host, 0), family=family)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, IPV6_MINHOPCOUNT, args.hops)
    else:
        listener.setsockopt(socket.IPPROTO_IP, IP_MINTTL, args.hops)
    print(listener.getsockname()[1])
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
