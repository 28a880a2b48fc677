"""Where the time of a connect goes: medians in microseconds of its calls of the system, all of them, and of Python, as JSON."""

import argparse
import asyncio
import json
import select
import socket
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("--host", required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--count", type=int, required=True)
args, _ = parser.parse_known_args()
taken, whole = {}, []


def timed(name, call):
    begun = time.perf_counter()
    result = call()
    taken.setdefault(name, []).append(time.perf_counter() - begun)
    return result


def ready(sock):
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    poll.poll(5000)


async def turns():
    for _ in range(args.count):
        begun = time.perf_counter()
        await asyncio.sleep(0)
        taken.setdefault("a turn of the loop", []).append(time.perf_counter() - begun)


for _ in range(args.count):
    sock = timed("socket", socket.socket)
    sock.setblocking(False)
    timed("connect", lambda: sock.connect_ex((args.host, args.port)))
    timed("poll", lambda: ready(sock))
    timed("getsockopt", lambda: sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    timed("getsockname, getpeername", lambda: (sock.getsockname(), sock.getpeername()))
    timed("close", sock.close)
    calls = [each[-1] for each in taken.values()]
    whole.append(sum(calls))
for _ in range(args.count):
    timed("1,000 multiplications", lambda: [i * i for i in range(1000)])
asyncio.run(turns())
taken["all that a connect calls"] = whole
print(json.dumps([[name, statistics.median(each) * 1e6] for name, each in taken.items()]))
