"""Tries what `ssl` has, without a network, and prints what happened: the same natively and in a component but where said."""

import json
import os
import select
import socket
import ssl
import sys
import warnings

warnings.simplefilter("ignore")
CA, CERT, KEY, LOCKED, FOLDER = sys.argv[1:6]
told = {}


def tell(label, function, *arguments, **named):
    try:
        value = function(*arguments, **named)
    except Exception as error:
        value = [type(error).__name__, getattr(error, "reason", None)]
        if not isinstance(error, OSError):
            value[1] = str(error)
    told[label] = value if isinstance(value, (str, int, float, list, dict, bool, type(None))) else repr(value)


def client_context():
    return ssl.create_default_context(cafile=CA)


def server_context():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERT, KEY)
    return context


class Pair:
    """A client and a server in memory."""

    def __init__(self, client=None, server=None, **named):
        self.up, self.down = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = (client or client_context()).wrap_bio(self.down, self.up, server_hostname="localhost", **named)
        self.server = (server or server_context()).wrap_bio(self.up, self.down, server_side=True)

    def shake(self):
        left = [self.client, self.server]
        while left:
            for side in list(left):
                try:
                    side.do_handshake()
                    left.remove(side)
                except ssl.SSLWantReadError:
                    pass
        return self


def handshake():
    pair = Pair()
    early = [pair.client.version(), pair.client.cipher(), pair.client.selected_alpn_protocol(), pair.client.session_reused]
    tell("early certificate", pair.client.getpeercert)
    tell("wants", pair.client.do_handshake)
    pair.shake()
    return early + [pair.client.version(), pair.server.version(), pair.client.server_side, pair.server.server_side]


def transfer():
    pair, data, heard = Pair().shake(), os.urandom(3_000_000), bytearray()
    sent = 0
    while sent < len(data):
        sent += pair.client.write(data[sent : sent + 100_000])
        try:
            while True:
                heard += pair.server.read(65536)
        except ssl.SSLWantReadError:
            pass
    buffer = bytearray(10)
    pair.server.write(b"0123456789abcdef")
    got = pair.client.read(4), pair.client.read(100, buffer), pair.client.pending(), bytes(buffer)
    return [bytes(heard) == data, str(got), str(pair.client.read(100))]


def goodbye():
    pair = Pair().shake()
    pair.client.write(b"last")
    steps = []

    def step(label, function, *arguments):
        try:
            steps.append(f"{label} {function(*arguments)!r}")
        except ssl.SSLError as error:
            steps.append(f"{label} {type(error).__name__} {error.reason}")

    step("client unwraps", pair.client.unwrap)
    step("server reads", pair.server.read, 10)
    step("server reads", pair.server.read, 10)
    step("server unwraps", pair.server.unwrap)
    step("client unwraps", pair.client.unwrap)
    step("client writes", pair.client.write, b"more")
    return steps


def truncation(options=0):
    client = client_context()
    client.options |= options
    pair = Pair(client).shake()
    pair.server.write(b"some")
    pair.down.write_eof()
    return [str(pair.client.read(10)), str(pair.client.read(10))]


def cut_handshake():
    pair = Pair()
    pair.down.write_eof()
    pair.client.do_handshake()


def garbage():
    pair = Pair()
    pair.down.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    pair.client.do_handshake()


def no_common_version():
    client, server = client_context(), server_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    Pair(client, server).shake()


def resumed():
    client, server = client_context(), server_context()
    first = Pair(client, server).shake()
    first.server.write(b"tickets come with this")
    first.client.read(100)
    session = first.client.session
    again = Pair(client, server, session=session).shake()
    told["session"] = [session.has_ticket, isinstance(session.id, bytes), session.timeout > 0, session.time > 10**9]
    tell("a session of another context", Pair, client_context(), server, session=session)
    return [again.client.session_reused, again.server.session_reused, again.client.getpeercert() == first.client.getpeercert()]


def sockets_without_blocking():
    """Both sides on sockets that do not block: more than the system takes, in small steps."""
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        client = client_context().wrap_socket(one, server_hostname="localhost", do_handshake_on_connect=False)
        server = server_context().wrap_socket(other, server_side=True, do_handshake_on_connect=False)
        left = [client, server]
        while left:
            for side in list(left):
                try:
                    side.do_handshake()
                    left.remove(side)
                except ssl.SSLWantReadError:
                    select.select(left, [], [])
        data, sent, heard, waits = os.urandom(5_000_000), 0, bytearray(), 0
        while len(heard) < len(data):
            try:
                while sent < len(data):
                    sent += client.send(data[sent : sent + 200_000])
            except ssl.SSLWantWriteError:
                waits += 1
            try:
                while len(heard) < len(data):
                    heard += server.recv(100_000)
            except ssl.SSLWantReadError:
                select.select([server], [client] if sent < len(data) else [], [])
        return [bytes(heard) == data, waits > 0]


def timeouts():
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(0.05)
        try:
            client_context().wrap_socket(one, server_hostname="localhost")
        except TimeoutError as error:
            return str(error).rpartition(": ")[2]


def callback_password():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, LOCKED, lambda: "secret")
    context.load_cert_chain(CERT, LOCKED, b"secret")
    return "loaded"


def keylog():
    client = client_context()
    client.keylog_filename = FOLDER + "/keys.log"
    Pair(client).shake()
    with open(client.keylog_filename) as file:
        labels = sorted({line.split()[0] for line in file})
    os.remove(client.keylog_filename)
    return labels


def settings():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    seen = [context.verify_mode.name, context.check_hostname, context.protocol.name, context.sni_callback]
    tell("CERT_NONE with names", setattr, context, "verify_mode", ssl.CERT_NONE)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.check_hostname = True
    seen += [context.verify_mode.name, context.cert_store_stats()]
    context.load_verify_locations(CA)
    with open(CA) as file:
        context.load_verify_locations(cadata=file.read())
    seen += [context.cert_store_stats(), context.get_ca_certs(), len(context.get_ca_certs(True))]
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    seen += [context.minimum_version.name, context.maximum_version.name, context.session_stats()["connect"]]
    return seen


for function in (handshake, transfer, goodbye, truncation, cut_handshake, garbage, no_common_version, resumed, settings, keylog):
    tell(function.__name__.replace("_", " "), function)
for function in (sockets_without_blocking, timeouts, callback_password):
    tell(function.__name__.replace("_", " "), function)
tell("truncation ignored", truncation, ssl.OP_IGNORE_UNEXPECTED_EOF)
tell("wrong password", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain, CERT, LOCKED, "wrong")
tell("long password", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain, CERT, LOCKED, "x" * 2000)
tell("password of a wrong kind", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain, CERT, LOCKED, lambda: 5)
tell("nothing to load", client_context().load_verify_locations)
tell("a folder that is not there", client_context().load_verify_locations, FOLDER + "/absent")
tell("no certificate in it", client_context().load_verify_locations, KEY)
tell("no certificate in data", client_context().load_verify_locations, cadata="nothing")
tell("an empty name", client_context().wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="")
tell("a server of a client's context", client_context().wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
tell("ALPN too long", client_context().set_alpn_protocols, ["x" * 256])
tell("ALPN empty", client_context().set_alpn_protocols, [""])
tell("a callback that is none", setattr, server_context(), "sni_callback", 5)
tell("purposes", lambda: [str(ssl.Purpose.SERVER_AUTH), str(ssl.Purpose.CLIENT_AUTH)])
tell("constants", lambda: [ssl.HAS_SNI, ssl.HAS_ALPN, ssl.HAS_TLSv1_3, ssl.HAS_SSLv2, ssl.HAS_SSLv3, ssl.OPENSSL_VERSION.split()[0]])
tell("random", lambda: [len(ssl.RAND_bytes(16)), bool(ssl.RAND_status())])
bio = ssl.MemoryBIO()
tell("memory", lambda: [bio.write(b"abc"), bio.pending, bio.eof, str(bio.read(2)), bio.write_eof(), bio.eof, str(bio.read()), bio.eof])
tell("memory ended", bio.write, b"x")
print(json.dumps(told))
