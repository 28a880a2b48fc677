"""A chat over TCP, with asyncio's protocols: `chat.py serve PORT`, and `chat.py join PORT NAME LINE…`."""

import asyncio
import sys


class Room(asyncio.Protocol):
    """A member as the server sees them: each line goes to all others."""

    members: set["Room"] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport, self.rest = transport, b""
        self.members.add(self)
        transport.write(b"Welcome!\n")

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            for member in self.members - {self}:
                member.transport.write(line + b"\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.members.discard(self)


class Member(asyncio.Protocol):
    """One's own side: prints what others say."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        print(data.decode(), end="", flush=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)


async def serve(port: str) -> None:
    server = await asyncio.get_running_loop().create_server(Room, "127.0.0.1", int(port))
    print("listening at", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def join(port: str, name: str, *lines: str) -> None:
    transport, member = await asyncio.get_running_loop().create_connection(Member, "127.0.0.1", int(port))
    for line in lines:
        transport.write(f"{name}: {line}\n".encode())
    await member.lost


asyncio.run({"serve": serve, "join": join}[sys.argv[1]](*sys.argv[2:]))
