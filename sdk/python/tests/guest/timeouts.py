"""Calls of `open_connection` to an address that does not answer, each with a timeout: what is left, and what was waited for.

Nothing is measured in seconds, which are those of whatever else the machine does.
"""

import asyncio
import json
import sys

told = json.loads(sys.argv[1])
COMPONENT = told["loop"] == "component"
SECONDS, COUNT = 0.05, 1000


class Watch:
    """What the component model's loop does when it has nothing to do."""

    def __init__(self, loop):
        self.idle = self.oversleeps = 0
        if COMPONENT:
            self._loop, self._run_some = loop, loop.run_some
            loop.run_some = self

    def __call__(self, turns):
        more = self._run_some(turns)
        if not more:
            self.idle += 1
            timers, alarms = self._loop._scheduled, self._loop._alarms
            # It has to be woken when the first timer is due.
            self.oversleeps += bool(timers) and min(alarms, default=float("inf")) > timers[0]._when
        return more


async def late(watch):
    """Whether the timeout is not early, and how often something else than it was waited for until it was raised."""
    loop, due = asyncio.get_running_loop(), []
    try:
        async with asyncio.timeout(SECONDS) as timeout:
            loop.call_at(timeout.when(), lambda: due.append(watch.idle))
            await asyncio.open_connection("127.0.0.1", told["full"])
    except TimeoutError:
        return loop.time() + loop._clock_resolution >= timeout.when(), watch.idle - due[0]


def left():
    """What there is of all that a connect makes."""
    loop = asyncio.get_running_loop()
    counts = {"tasks": len(asyncio.all_tasks()), "timers": sum(not handle._cancelled for handle in loop._scheduled)}
    if not COMPONENT:
        return counts | {"sockets": len(loop._selector.get_map())}
    from switchboard.component import sockets

    return counts | {"sockets": len(sockets.by_fd), "closing": len(loop.lingering)}


async def settled():
    """Once the host has ended what was called off, all but the alarm; and goes on when told to."""
    if COMPONENT:
        from switchboard.component import tasks

        while tasks.pending() > 1:
            await asyncio.sleep(0.01)
    print(json.dumps(left()), flush=True)
    sys.stdin.readline()


async def main():
    watch = Watch(asyncio.get_running_loop())
    await settled()
    results = [await late(watch) for _ in range(20)]
    while len(results) < COUNT:
        results += await asyncio.gather(*(late(watch) for _ in range(min(98, COUNT - len(results)))))
    await settled()
    in_time, waited = zip(*filter(None, results), strict=True)
    print(json.dumps({"late": len(in_time), "early": in_time.count(False), "waited": max(waited), "oversleeps": watch.oversleeps}), flush=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", told["echo"])
    writer.write(b"still here")
    print(await reader.readexactly(10))
    writer.close()
    await writer.wait_closed()


asyncio.run(main())
