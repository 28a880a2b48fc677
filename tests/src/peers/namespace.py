"""Runs a command in the network namespace that this process stands in, which is its own.

Without --resolver nothing is plugged in: no interface is up, not even loopback. With it, loopback is up, and the name
server that the system is told of, at 127.0.0.1, takes every question and answers none. A few names are known without it.
"""

import argparse
import fcntl
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:3 attempts:1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n127.0.0.1 two.example\n127.0.0.2 two.example\n",
}
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def bring_up(interface):
    """What `ip link set INTERFACE up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", interface.encode(), 0)
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", answer)[1] | IFF_UP
        request = struct.pack("16sh14x", interface.encode(), flags)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)


def replace(path, text, folder):
    """Puts another file over a file, in this mount namespace alone."""
    file = pathlib.Path(folder, path.name)
    file.write_text(text)
    subprocess.run(["mount", "--bind", file, path], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resolver", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.resolver:
            bring_up("lo")
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            silent.bind(("127.0.0.1", 53))
            for path, text in FILES.items():
                replace(pathlib.Path(path), text, folder)
        status = subprocess.run(arguments.command).returncode
        if arguments.resolver:
            for path in FILES:
                subprocess.run(["umount", path], check=True)
    sys.exit(status)


main()
