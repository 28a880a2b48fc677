"""A UDP echo that may begin with a greeting to somebody at the same address.

Prints its port. Ends with its standard input.
"""

import argparse
import os
import socket
import sys
import threading


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--greeted", type=int)
    parser.add_argument("--greeting", default="")
    return parser.parse_args()


def serve(sock):
    while True:
        data, sender = sock.recvfrom(65536)
        sock.sendto(data, sender)


def main():
    args = arguments()
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((args.host, 0))
    print(sock.getsockname()[1])
    if args.greeted:
        sock.sendto(args.greeting.encode(), (args.host, args.greeted))
    threading.Thread(target=serve, args=(sock,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
