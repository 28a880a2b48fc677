"""TLS from the beginning (D.2), and on a connection that is there (D.3)."""

import asyncio
import ssl

from tracing import Protocol, connect, context, run, say, told, told_error


async def an_echo():
    transport, protocol = await connect("tls", ssl=context(), server_hostname="localhost")
    transport.write(b"one")
    await protocol.until(3)
    transport.writelines([b"t", b"wo"])
    await protocol.until(6)
    say(transport.can_write_eof(), transport.is_closing(), transport.get_write_buffer_size(), transport.get_write_buffer_limits())
    for wrong in (lambda: transport.write_eof(), lambda: transport.write("text")):
        try:
            wrong()
        except Exception as error:
            say(told_error(error))
    for name in ("peername", "sockname"):
        say(name, transport.get_extra_info(name)[0])
    sslobject = transport.get_extra_info("ssl_object")
    say(type(sslobject).__name__, sslobject.version(), sslobject.server_hostname, transport.get_extra_info("compression"))
    say(sorted(transport.get_extra_info("peercert")), len(transport.get_extra_info("cipher")))
    say(type(transport.get_extra_info("sslcontext")).__name__, type(transport.get_extra_info("socket")).__name__)
    transport.close()
    say("closed", transport.is_closing())
    await protocol.lost


async def the_peers_goodbye():
    transport, protocol = await connect("tls_hello", ssl=context(), server_hostname="localhost")
    await protocol.lost


async def the_peers_goodbye_refused():
    protocol = Protocol(keep_open=True)
    await connect("tls_hello", protocol, ssl=context(), server_hostname="localhost")
    await protocol.lost


async def an_end_without_goodbye():
    transport, protocol = await connect("tls_truncated", ssl=context(), server_hostname="localhost")
    await protocol.lost


async def aborting():
    transport, protocol = await connect("tls", ssl=context(), server_hostname="localhost")
    transport.abort()
    say("aborted", transport.is_closing())
    await protocol.lost


async def writing_when_closed():
    transport, protocol = await connect("tls", ssl=context(), server_hostname="localhost")
    transport.close()
    for number in range(8):
        say(number)
        transport.write(b"dropped")
    await protocol.lost


async def much():
    transport, protocol = await connect("tls", Protocol(loud=False), ssl=context(), server_hostname="localhost")
    transport.write(b"x" * (4 << 20))
    await protocol.until(4 << 20)
    transport.close()
    await protocol.lost
    say(protocol.data == b"x" * (4 << 20))


async def failures():
    cases = {
        "untrusted": ("tls", {"ssl": True, "server_hostname": "localhost"}),
        "another name": ("tls", {"ssl": context(), "server_hostname": "example.org"}),
        "no TLS": ("echo", {"ssl": context()}),
        "an end": ("gone", {"ssl": context()}),
        "a silent peer": ("silent", {"ssl": context(), "ssl_handshake_timeout": 0.3}),
        "nobody": ("closed", {"ssl": context()}),
        "no timeout": ("tls", {"ssl": context(), "ssl_handshake_timeout": 0}),
        "a negative timeout": ("tls", {"ssl": context(), "ssl_shutdown_timeout": -1}),
        "no context": ("tls", {"ssl": "yes"}),
        "no name": ("tls", {"ssl": context(), "server_hostname": ""}),
        "a wrong name": ("tls", {"ssl": context(), "server_hostname": "a\0b"}),
        "a dot": ("tls", {"ssl": context(), "server_hostname": "localhost."}),
    }
    for case, (name, named) in cases.items():
        say(case)
        try:
            transport, protocol = await connect(name, **named)
            transport.abort()
        except Exception as error:
            say(told_error(error))


async def cancelled():
    protocol = Protocol()
    try:
        async with asyncio.timeout(0.2):
            await connect("silent", protocol, ssl=context())
    except TimeoutError:
        say("timed out")
    await asyncio.sleep(0.05)


async def wrong_upgrades():
    transport, protocol = await connect("echo")
    loop = asyncio.get_running_loop()
    for arguments, named in (
        ((transport, protocol, True), {}), ((transport, protocol, None), {}), ((object(), protocol, context()), {}),
        ((transport, protocol, context()), {"server_hostname": "localhost", "ssl_handshake_timeout": 0}),
        ((transport, protocol, context()), {}),
    ):  # fmt: skip
        try:
            await loop.start_tls(*arguments, **named)
        except Exception as error:
            say(told_error(error).replace(repr(arguments[0]), "…").split("<object")[0])
    transport.abort()
    await protocol.lost


async def an_upgrade():
    transport, protocol = await connect("starttls")
    transport.write(b"STARTTLS")
    await protocol.until(8)
    upgraded = await asyncio.get_running_loop().start_tls(transport, protocol, context(), server_hostname="localhost")
    say("upgraded", upgraded is transport, upgraded.get_protocol() is protocol)
    upgraded.write(b"secret")
    await protocol.until(14)
    upgraded.close()
    await protocol.lost


async def an_upgrade_that_fails():
    transport, protocol = await connect("starttls")
    transport.write(b"STARTTLS")
    await protocol.until(8)
    try:
        await asyncio.get_running_loop().start_tls(transport, protocol, context(), server_hostname="example.org")
    except ssl.SSLError as error:
        say(told_error(error))
    await protocol.lost


async def an_upgrade_of_streams():
    reader, writer = await asyncio.open_connection("127.0.0.1", told["starttls"])
    writer.write(b"STARTTLS")
    say(await reader.readexactly(8))
    await writer.start_tls(context(), server_hostname="localhost")
    writer.write(b"secret")
    say(await reader.readexactly(6), type(writer.get_extra_info("ssl_object")).__name__)
    writer.close()
    await writer.wait_closed()


asyncio.run(run(
    an_echo, the_peers_goodbye, the_peers_goodbye_refused, an_end_without_goodbye, aborting, writing_when_closed, much, failures,
    cancelled, wrong_upgrades, an_upgrade, an_upgrade_that_fails, an_upgrade_of_streams,
))  # fmt: skip
