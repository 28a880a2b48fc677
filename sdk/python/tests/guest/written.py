"""`_write_send` of asyncio's transports, with sockets that take little, or nothing after all."""

import asyncio
import collections
import random
import socket


class Reluctant(socket.socket):
    """Takes a few bytes, or none."""

    refused = 0

    def send(self, data, flags=0):
        if random.random() < 0.5:
            Reluctant.refused += 1
            raise BlockingIOError
        return super().send(data[: random.randrange(1, 100)], flags)


async def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, loop = Reluctant(socket.AF_INET), asyncio.get_running_loop()
        client.setblocking(False)
        await loop.sock_connect(client, listener.getsockname())
        server, _ = listener.accept()
        reader = asyncio.StreamReader()
        writer, _ = await loop.create_connection(asyncio.Protocol, sock=client)
        await loop.create_connection(lambda: asyncio.StreamReaderProtocol(reader), sock=server)
        sent = collections.deque()
        for number in range(300):
            pieces = [bytes([number % 251]) * size for size in (0, number, 1, 0)]
            writer.writelines(pieces)
            writer.write(pieces[1])
            sent += [*pieces, pieces[1]]
            if number % 10 == 0:
                await asyncio.sleep(0)
        writer.write_eof()
        print(await reader.read() == b"".join(sent), Reluctant.refused > 10)
        writer.close()


asyncio.run(main())
