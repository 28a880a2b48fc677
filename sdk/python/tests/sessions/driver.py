"""Calls the exports of the other component, one after another and two at a time."""

import asyncio
import sys

from wit_world import exports
from wit_world.imports import monotonic_clock, session


class Run(exports.Run):
    async def run(self) -> None:
        print(await session.open(int(sys.argv[1])))
        print(await session.exchange("one"), await session.exchange("two"))
        waiting = asyncio.ensure_future(session.heard(1))
        await monotonic_clock.wait_for(200_000_000)
        print(await session.ticks() > 5, await waiting)
        print(await session.exchange("three"), await session.close())
        print(await session.open(int(sys.argv[1])), await session.exchange("again"))
        sys.stdout.flush()
