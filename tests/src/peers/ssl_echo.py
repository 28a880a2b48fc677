"""A TLS echo on the ssl module, a thread for each connection.

Prints its port, then a line of JSON for each connection that is over. Ends with its standard input.
"""

import argparse
import json
import os
import socket
import ssl
import sys
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--min", choices=VERSIONS, default="1.2")
    parser.add_argument("--max", choices=VERSIONS, default="1.3")
    parser.add_argument("--alpn")
    parser.add_argument("--client-ca")
    parser.add_argument("--client-optional", action="store_true")
    parser.add_argument("--ciphers")
    parser.add_argument("--tickets", type=int)
    parser.add_argument("--keylog")
    return parser.parse_args()


def context_for(args):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[args.min]
    context.maximum_version = VERSIONS[args.max]
    context.load_cert_chain(args.cert, args.key)
    if args.alpn:
        context.set_alpn_protocols(args.alpn.split(","))
    if args.client_ca:
        context.load_verify_locations(args.client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL if args.client_optional else ssl.CERT_REQUIRED
    if args.ciphers:
        # Of TLS 1.2; those of 1.3 cannot be chosen there.
        context.set_ciphers(args.ciphers)
    if args.tickets is not None:
        context.num_tickets = args.tickets
    if args.keylog:
        context.keylog_filename = args.keylog

    def note_name(connection, name, _context):
        connection.requested_name = name

    context.sni_callback = note_name
    return context


def names(certificate):
    return [name for _, name in (certificate or {}).get("subjectAltName", ())]


def echo(connection, facts):
    """Until the peer has finished, by whatever means."""
    while piece := connection.recv(65536):
        connection.sendall(piece)
        facts["bytes"] += len(piece)
    facts["clean"] = True
    # Sends our close_notify, for which the peer may not have waited.
    connection.unwrap()


def serve(accepted, context):
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(
        accepted,
        server_side=True,
        do_handshake_on_connect=False,
        suppress_ragged_eofs=False,
    ) as connection:
        try:
            connection.do_handshake()
        except OSError as error:
            facts = {"handshake_error": str(error)}
        else:
            facts = {
                "version": connection.version(),
                "cipher": connection.cipher()[0],
                "sni": getattr(connection, "requested_name", None),
                "alpn": connection.selected_alpn_protocol(),
                "client_certificate": bool(connection.getpeercert()),
                "client_names": names(connection.getpeercert()),
                "resumed": connection.session_reused,
                "offered": [name for name, _, _ in connection.shared_ciphers() or []],
                "bytes": 0,
                "clean": False,
            }
            try:
                echo(connection, facts)
            except OSError:
                # A FIN without close_notify, or a reset; what matters of that is noted.
                pass
    sys.stdout.write(json.dumps(facts) + "\n")


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    args = arguments()
    context = context_for(args)
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((args.host, 0))
        listener.listen(128)
        print(listener.getsockname()[1])
        threading.Thread(target=end_with_input, daemon=True).start()
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=serve, args=(accepted, context), daemon=True).start()


main()
