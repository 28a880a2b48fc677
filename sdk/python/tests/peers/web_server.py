"""A web server on aiohttp, over TLS: pages, a slow one, a big one, what was posted, and a WebSocket that echoes."""

import asyncio
import ssl
import sys

from aiohttp import web

cert, key = sys.argv[1:3]


async def page(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path} {request.version.major}.{request.version.minor}")


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def big(request: web.Request) -> web.Response:
    return web.Response(body=bytes(range(256)) * 8192)


async def posted(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is web.WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is web.WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def main() -> None:
    app = web.Application(client_max_size=1 << 26)
    app.add_routes([web.get("/slow", slow), web.get("/big", big), web.post("/posted", posted), web.get("/echo", echo), web.get("/{name}", page)])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
