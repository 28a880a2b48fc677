"""What an event loop is for, without a peer of its own."""

import asyncio
import errno
import math
import select
import socket
import time


async def timers():
    began = time.monotonic()
    await asyncio.gather(*(asyncio.sleep(0.05) for _ in range(100)))
    took = time.monotonic() - began
    try:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(30)
    except TimeoutError:
        pass
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    except TimeoutError:
        return 0.05 <= took < 1


async def never():
    """Timers that are due never, while nothing else is."""
    loop = asyncio.get_running_loop()
    task, timer = asyncio.create_task(asyncio.sleep(math.inf)), loop.call_later(1e11, print)
    await asyncio.sleep(0)
    found = await loop.getaddrinfo("localhost", 80)
    timer.cancel()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return task.cancelled() and bool(found)


async def groups():
    done = []

    async def one(number):
        await asyncio.sleep(number / 20)
        done.append(number)
        if number == 3:
            raise ValueError(number)

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(one(number))
    except* ValueError as errors:
        told = [str(error) for error in errors.exceptions]
    return done[-1], told


async def queues():
    queue, heard = asyncio.Queue(2), []

    async def consumer():
        while (item := await queue.get()) is not None:
            heard.append(item)

    task = asyncio.create_task(consumer())
    for item in [*range(5), None]:
        await queue.put(item)
    await task
    return heard


async def threads():
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(sum, [1, 2]), await loop.run_in_executor(None, len, "abc")


async def failing_thread():
    try:
        await asyncio.to_thread(int, "x")
    except ValueError as error:
        return str(error)


async def a_silent_address():
    """A listener whose queue is full answers nobody."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        address, held, late = listener.getsockname(), [], 0
        for _ in range(20):
            began = time.monotonic()
            try:
                async with asyncio.timeout(0.1):
                    held.append(await asyncio.open_connection(*address))
            except TimeoutError:
                late += 1
                assert 0.09 <= time.monotonic() - began < 1
                break
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0)
        return late


async def lookup():
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    try:
        await asyncio.open_connection("nobody.invalid", 1)
    except socket.gaierror as error:
        return bool(found), error.errno


async def refused():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError as error:
        return error.errno == errno.ECONNREFUSED


async def unhandled():
    heard = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, said: heard.append(said["message"]))
    loop.call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return heard[0].partition(" <")[0], len(heard)


async def server():
    async def echo(reader, writer):
        writer.write(await reader.read(10))
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]

        async def one():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"x")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

        return set(await asyncio.gather(*(one() for _ in range(50))))


async def names():
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        _, writer = await asyncio.open_connection(*address)
        sock, told = writer.get_extra_info("socket"), writer.get_extra_info
        same = told("peername") == sock.getpeername() == address, told("sockname") == sock.getsockname()
        writer.close()
        await writer.wait_closed()
        return same, sock.fileno()


async def watched():
    """A reader and a writer of one descriptor, named by itself and by its number."""
    loop, heard = asyncio.get_running_loop(), set()
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        loop.add_reader(one, heard.add, "replaced")
        loop.add_reader(one.fileno(), heard.add, "reader")
        loop.add_writer(one, heard.add, "writer")
        other.send(b"x")
        while len(heard) < 2:
            await asyncio.sleep(0.01)
        ended = loop.remove_writer(one), loop.remove_writer(one.fileno()), loop.remove_reader(one.fileno()), loop.remove_reader(one)
    return sorted(heard), ended


def received(sock):
    """WASI calls a socket ready until a read has found nothing."""
    try:
        return sock.recv(1)
    except BlockingIOError:
        return b""


async def in_turn():
    """What has come on a socket has its turn before a timer that is due."""
    loop, order = asyncio.get_running_loop(), []
    one, other = socket.socketpair()

    def read():
        if received(one):
            order.append("socket")

    with one, other:
        one.setblocking(False)
        loop.add_reader(one, read)
        for turns in range(4):
            for _ in range(turns):
                await asyncio.sleep(0)
            other.send(b"x")
            select.select([one], [], [])
            loop.call_later(0.001, order.append, "timer")
            time.sleep(0.002)
            while len(order) < 2 * turns + 2:
                await asyncio.sleep(0)
        loop.remove_reader(one)
    return order


async def set_meanwhile():
    """What comes after a protocol has been called belongs to the one that was set then."""
    loop, heard, done = asyncio.get_running_loop(), [], asyncio.Event()

    class Protocol(asyncio.Protocol):
        def __init__(self, name):
            self.name = name

        def data_received(self, data):
            heard.append((self.name, data))
            if self.name == "next":
                done.set()
                return
            loop.call_soon(transport.set_protocol, Protocol("next"))
            peer.send(b"b")
            select.select([transport.get_extra_info("socket")], [], [])

    one, other = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener, one, other:
        # Of two sockets none is read ahead.
        one.setblocking(False)
        loop.add_reader(one.fileno(), received, one)
        transport, _ = await loop.create_connection(lambda: Protocol("first"), *listener.getsockname())
        peer, _ = listener.accept()
        with peer:
            peer.send(b"a")
            await done.wait()
        transport.abort()
        loop.remove_reader(one.fileno())
    return heard


async def frames():
    """Where a handle comes from in debug mode, and descriptors that are none."""
    loop, told = asyncio.get_running_loop(), []
    one, other = socket.socketpair()
    with one, other:
        loop.set_debug(True)
        handles = loop.call_soon(len, ""), loop._add_reader(one.fileno(), print), loop._add_writer(one.fileno(), print)
        for handle, count in zip(handles, (1, 2, 2)):
            told.append([frame.name for frame in handle._source_traceback[-count:]])
            handle.cancel()
        loop.remove_reader(one.fileno()), loop.remove_writer(one.fileno())
        loop.set_debug(False)
    for remove in (loop.remove_reader, loop.remove_writer):
        try:
            remove(-1)
        except ValueError as error:
            told.append(str(error))
    return told


for function in (
    timers, never, groups, queues, threads, failing_thread, a_silent_address, lookup, refused, unhandled, server, names, watched, in_turn,
    set_meanwhile, frames,
):  # fmt: skip
    print(function.__name__, asyncio.run(function(), debug=False))
with asyncio.Runner() as runner:
    print(runner.run(asyncio.sleep(0, "a runner")))
loop = asyncio.new_event_loop()
print(loop.run_until_complete(asyncio.sleep(0, "a loop")), loop.close())

loop, heard = asyncio.new_event_loop(), []
one, other = socket.socketpair()
with one, other:
    loop.add_reader(one, heard.append, "asked once")
    other.send(b"x")
    select.select([one], [], [])
    loop.stop()
    loop.run_forever()
    loop.close()
print(heard)
