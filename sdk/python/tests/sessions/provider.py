"""An application whose exports share a connection."""

import asyncio

import switchboard
from componentize_py_types import Err
from wit_world import exports

switchboard.install()


class Session(exports.Session):
    async def open(self, port: int) -> str:
        Session.count = 0
        Session.reader, Session.writer = await asyncio.open_connection("127.0.0.1", port)
        Session.ticking = asyncio.create_task(_tick())
        return Session.writer.get_extra_info("peername")[0]

    async def exchange(self, text: str) -> str:
        Session.writer.write(text.encode())
        async with asyncio.timeout(5):
            return (await Session.reader.readexactly(len(text))).decode()

    async def heard(self, count: int) -> str:
        try:
            async with asyncio.timeout(0.1):
                await Session.reader.readexactly(count)
        except TimeoutError:
            return "timed out"
        raise Err("more was said than was asked for")

    async def ticks(self) -> int:
        return Session.count

    async def close(self) -> str:
        Session.ticking.cancel()
        Session.writer.close()
        await Session.writer.wait_closed()
        return "closed"


async def _tick() -> None:
    while True:
        await asyncio.sleep(0.01)
        Session.count += 1
