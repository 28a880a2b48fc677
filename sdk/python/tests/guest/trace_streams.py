"""Plain connections (D.1) and what is asked of them (D.4)."""

import asyncio

from tracing import Protocol, connect, run, say, told, told_error


async def an_echo():
    transport, protocol = await connect("echo")
    transport.write(b"one")
    await protocol.until(3)
    transport.writelines([b"t", bytearray(b"w"), memoryview(b"o"), b""])
    transport.write(b"")
    await protocol.until(6)
    say(transport.is_closing(), transport.is_reading(), transport.can_write_eof(), transport.get_write_buffer_size())
    transport.close()
    transport.close()
    say("closed", transport.is_closing(), transport.is_reading())
    await protocol.lost
    say(transport.get_protocol(), transport.get_write_buffer_size())
    for method in (transport.close, transport.abort, transport.write_eof, transport.pause_reading):
        method()


async def the_peers_end():
    transport, protocol = await connect("hello")
    await protocol.lost


async def the_peers_end_kept_open():
    transport, protocol = await connect("hello", Protocol(keep_open=True))
    await protocol.until(5)
    await asyncio.sleep(0.05)
    transport.write(b"more")
    say(transport.is_closing(), transport.is_reading())
    transport.close()
    await protocol.lost


async def a_reset():
    transport, protocol = await connect("reset")
    transport.write(b"1")
    await protocol.until(1)
    transport.write(b"2")
    await protocol.lost


async def half_closing():
    transport, protocol = await connect("count")
    transport.write(b"x" * 1000)
    transport.write_eof()
    transport.write_eof()
    for method, argument in ((transport.write, b"y"), (transport.writelines, [b"y"])):
        try:
            method(argument)
        except RuntimeError as error:
            say(told_error(error))
    await protocol.lost


async def aborting():
    transport, protocol = await connect("echo")
    transport.abort()
    say("aborted", transport.is_closing())
    await protocol.lost


async def writing_when_closed():
    transport, protocol = await connect("echo")
    transport.close()
    for number in range(7):
        say(number)
        transport.write(b"dropped")
    await protocol.lost
    transport.writelines([b"dropped"])


async def wrong_writes():
    transport, protocol = await connect("echo")
    for wrong in ("text", 1, None):
        try:
            transport.write(wrong)
        except TypeError as error:
            say(told_error(error))
    transport.close()
    await protocol.lost


async def flow_control():
    transport, protocol = await connect("later")
    say(transport.get_write_buffer_limits())
    for limits in ({"high": 100}, {"low": 50}, {"high": 0}, {"high": 10, "low": 20}, {"high": -1}, {}):
        try:
            transport.set_write_buffer_limits(**limits)
            say(limits, transport.get_write_buffer_limits())
        except ValueError as error:
            say(told_error(error))
    transport.write(b"x" * (8 << 20))
    say(transport.get_write_buffer_size() > 65536)
    transport.write_eof()
    await protocol.lost
    say(protocol.data)


async def closing_with_much_unsent():
    transport, protocol = await connect("total")
    transport.write(b"x" * (8 << 20))
    transport.close()
    transport.write(b"after" * 100)
    await protocol.lost
    totals, asked = await connect("totals")
    await asked.lost


async def aborting_with_much_unsent():
    transport, protocol = await connect("silent")
    transport.write(b"x" * (8 << 20))
    transport.abort()
    say(transport.get_write_buffer_size())
    await protocol.lost


async def pausing():
    class Paused(Protocol):
        def connection_made(self, transport):
            super().connection_made(transport)
            transport.pause_reading()
            transport.pause_reading()
            say(transport.is_reading())

    transport, protocol = await connect("echo", Paused())
    transport.write(b"data")
    await asyncio.sleep(0.1)
    say("resumes", transport.is_reading())
    transport.resume_reading()
    transport.resume_reading()
    await protocol.until(4)
    transport.pause_reading()
    transport.write(b"more")
    await asyncio.sleep(0.05)
    transport.resume_reading()
    await protocol.until(8)
    transport.close()
    await protocol.lost


async def the_end_while_paused():
    transport, protocol = await connect("hello")
    transport.pause_reading()
    await asyncio.sleep(0.1)
    say("resumes")
    transport.resume_reading()
    await protocol.lost


async def failing_protocols():
    for name in ("connection_made", "data_received", "eof_received", "connection_lost"):
        say(name)

        def fails(self, *arguments, name=name):
            getattr(Protocol, name)(self, *arguments)
            raise ZeroDivisionError(name)

        protocol = type("Failing", (Protocol,), {name: fails})()
        transport, _ = await connect("hello", protocol)
        await protocol.lost
        await asyncio.sleep(0)


async def failing_factories():
    for factory in (lambda: 1 / 0, 5):
        try:
            await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", told["echo"])
        except Exception as error:
            say(told_error(error))


class Buffered(asyncio.BufferedProtocol):
    def __init__(self, size):
        self.buffer = bytearray(size)
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        say("   made")

    def get_buffer(self, hint):
        say("   get_buffer", hint)
        return self.buffer

    def buffer_updated(self, count):
        say("   updated", bytes(self.buffer[:count]))

    def eof_received(self):
        say("   eof")

    def connection_lost(self, error):
        say("   lost", told_error(error))
        self.lost.set_result(None)


async def buffers():
    for size in (100, 2, 0):
        transport, protocol = await connect("hello", Buffered(size))
        await protocol.lost


async def another_protocol():
    transport, protocol = await connect("echo")
    second = Protocol()
    transport.set_protocol(second)
    say(transport.get_protocol() is second)
    transport.write(b"second")
    await second.until(6)
    third = Buffered(100)
    transport.set_protocol(third)
    transport.write(b"third")
    await asyncio.sleep(0.1)
    transport.close()
    await third.lost


async def extra_info():
    transport, protocol = await connect("echo")

    def tell():
        for name in ("peername", "sockname", "sslcontext", "ssl_object", "cipher", "peercert", "compression", "other"):
            value = transport.get_extra_info(name, "default")
            say(name, (value[0], type(value[1]).__name__) if isinstance(value, tuple) else value)

    tell()
    sock = transport.get_extra_info("socket")
    say(type(sock).__name__, sock.family.name, sock.type.name, sock.fileno() >= 0, sock.gettimeout())
    say(sock.getsockname() == transport.get_extra_info("sockname"), sock.getpeername() == transport.get_extra_info("peername"))
    for call in (lambda: sock.settimeout(1), lambda: sock.setblocking(True), lambda: sock.settimeout(0), lambda: sock.recv):
        try:
            say(call())
        except Exception as error:
            say(told_error(error))
    transport.close()
    await protocol.lost
    tell()
    say(sock.fileno())


async def streams():
    port = told["echo"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"line\nrest")
    await writer.drain()
    say(await reader.readline(), await reader.readexactly(4), writer.can_write_eof())
    writer.write_eof()
    say(await reader.read(), reader.at_eof())
    writer.close()
    await writer.wait_closed()
    try:
        await asyncio.wait_for(reader.readexactly(1), 1)
    except asyncio.IncompleteReadError as error:
        say(error)


asyncio.run(run(
    an_echo, the_peers_end, the_peers_end_kept_open, a_reset, half_closing, aborting, writing_when_closed, wrong_writes, flow_control,
    closing_with_much_unsent, aborting_with_much_unsent, pausing, the_end_while_paused, failing_protocols, failing_factories, buffers,
    another_protocol, extra_info, streams,
))  # fmt: skip
