"""Serves as its argument says, in JSON: echoes lines, and prints its port and what it saw of each connection."""

import asyncio
import json
import socket
import ssl
import sys


def context_of(told):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=told.get("ca"))
    context.load_cert_chain(told["cert"], told["key"])
    context.verify_mode = ssl.VerifyMode[told.get("verify_mode", "CERT_NONE")]
    if "alpn" in told:
        context.set_alpn_protocols(told["alpn"])
    if "other" in told:
        other = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        other.load_cert_chain(*told["other"])
        other.set_alpn_protocols(["other"])
        # What the connection was made with counts, and not this.
        other.maximum_version = ssl.TLSVersion.TLSv1_2
        trusting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=told["ca"])
        trusting.load_cert_chain(*told["trusting"])

        def choose(connection, name, before):
            print(json.dumps({"asked": name, "same": before is context}), flush=True)
            if name == "refused.example":
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            if name == "other.example":
                connection.context = other
            if name == "trusting.example":
                connection.context = trusting

        context.sni_callback = choose
    return context


def seen_by(tls):
    return {
        "version": tls.version(),
        "alpn": tls.selected_alpn_protocol(),
        "certificate": tls.getpeercert(),
        "reused": tls.session_reused,
        "offered": bool(tls.shared_ciphers()),
    }


def failure(error):
    return {"error": type(error).__name__, "reason": getattr(error, "reason", None), "code": getattr(error, "verify_code", None)}


def blocking(told):
    context = context_of(told)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            raw, _ = server.accept()
            raw.settimeout(10)
            try:
                with context.wrap_socket(raw, server_side=True) as tls:
                    seen = seen_by(tls)
                    with tls.makefile("rwb") as file:
                        for line in file:
                            file.write(line)
                            file.flush()
                    tls.unwrap()
            except OSError as error:
                seen = failure(error)
            print(json.dumps(seen), flush=True)


async def with_asyncio(told):
    async def echo(reader, writer):
        seen = seen_by(writer.get_extra_info("ssl_object"))
        try:
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
            writer.close()
            await writer.wait_closed()
        except OSError as error:
            seen = failure(error)
        print(json.dumps(seen), flush=True)

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context_of(told))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


told = json.loads(sys.argv[1])
asyncio.run(with_asyncio(told)) if told.get("asyncio") else blocking(told)
