"""Connects as its arguments say, in JSON, and prints what it saw; the same natively and in a component."""

import asyncio
import hashlib
import json
import socket
import ssl
import sys


def context_of(told):
    context = ssl.create_default_context(cafile=told.get("ca")) if "ca" in told else ssl.create_default_context()
    context.check_hostname = told.get("check_hostname", True)
    context.verify_mode = ssl.VerifyMode[told.get("verify_mode", "CERT_REQUIRED")]
    if "alpn" in told:
        context.set_alpn_protocols(told["alpn"])
    if "minimum" in told:
        context.minimum_version = ssl.TLSVersion[told["minimum"]]
    if "maximum" in told:
        context.maximum_version = ssl.TLSVersion[told["maximum"]]
    if "cert" in told:
        context.load_cert_chain(told["cert"], told.get("key"), told.get("password"))
    if "flags" in told:
        context.verify_flags = ssl.VerifyFlags(told["flags"])
    if "crl" in told:
        context.load_verify_locations(told["crl"])
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    if "ciphers" in told:
        context.set_ciphers(told["ciphers"])
    return context


def seen_by(tls):
    der = tls.getpeercert(True)
    return {
        "version": tls.version(),
        "alpn": tls.selected_alpn_protocol(),
        "certificate": tls.getpeercert(),
        "der": der and hashlib.sha256(der).hexdigest(),
        "compression": tls.compression(),
        "name": tls.server_hostname,
        "server_side": tls.server_side,
    }


def blocking(told):
    with socket.create_connection((told.get("host", "127.0.0.1"), told["port"]), timeout=10) as raw:
        with context_of(told).wrap_socket(raw, server_hostname=told.get("name")) as tls:
            seen = seen_by(tls)
            tls.sendall(b"hello\n")
            seen["heard"] = tls.makefile("rb").readline().decode()
            if told.get("unwrap", True):
                tls.unwrap()
            return seen


async def with_asyncio(told):
    reader, writer = await asyncio.open_connection(
        told.get("host", "127.0.0.1"), told["port"], ssl=context_of(told), server_hostname=told.get("name") or ""
    )
    seen = seen_by(writer.get_extra_info("ssl_object"))
    writer.write(b"hello\n")
    seen["heard"] = (await reader.readline()).decode()
    writer.close()
    await writer.wait_closed()
    return seen


def main(told):
    try:
        return asyncio.run(with_asyncio(told)) if told.get("asyncio") else blocking(told)
    except Exception as error:
        names = ("errno", "reason", "library", "verify_code", "verify_message")
        return {"error": type(error).__name__, "text": str(error)} | {name: getattr(error, name, None) for name in names}


for argument in sys.argv[1:]:
    print(json.dumps(main(json.loads(argument)), sort_keys=True), flush=True)
