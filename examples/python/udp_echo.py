"""An echo of datagrams, and who asks it: `udp_echo.py`, both in one program."""

import asyncio


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(data, addr)


class Asking(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.put_nowait(data)


async def main() -> None:
    loop = asyncio.get_running_loop()
    echo, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    asking, protocol = await loop.create_datagram_endpoint(Asking, remote_addr=echo.get_extra_info("sockname"))
    for number in range(3):
        asking.sendto(f"datagram {number}".encode())
        async with asyncio.timeout(5):
            print((await protocol.answers.get()).decode())
    asking.close()
    echo.close()


asyncio.run(main())
