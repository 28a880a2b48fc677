"""A mail server that knows STARTTLS (RFC 3207), on the ssl module, a thread for each connection.

Prints its port, then a line of JSON for each connection that is over. Ends with its standard input.
"""

import argparse
import json
import os
import socket
import ssl
import sys
import threading


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    return parser.parse_args()


def talk(connection, secure):
    """Until QUIT, the end, or STARTTLS, which is said by True."""
    lines = connection.makefile("rb", buffering=0)
    while line := lines.readline():
        verb = line.split()[0].upper()
        if verb == b"EHLO":
            offer = b"250 HELP\r\n" if secure else b"250-HELP\r\n250 STARTTLS\r\n"
            connection.sendall(b"250-mail.example\r\n" + offer)
        elif verb == b"STARTTLS" and not secure:
            connection.sendall(b"220 go ahead\r\n")
            return True
        elif verb == b"QUIT":
            connection.sendall(b"221 bye\r\n")
            return False
        else:
            connection.sendall(b"502 not known\r\n")
    return False


def serve(accepted, context):
    facts = {"handshake_error": "it was not wanted"}
    accepted.sendall(b"220 mail.example ESMTP\r\n")
    try:
        if talk(accepted, secure=False):
            with context.wrap_socket(accepted, server_side=True) as connection:
                facts = {"version": connection.version(), "cipher": connection.cipher()[0]}
                talk(connection, secure=True)
                connection.unwrap()
                facts["clean"] = True
    except OSError as error:
        facts.setdefault("handshake_error", str(error))
    accepted.close()
    sys.stdout.write(json.dumps(facts) + "\n")


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    args = arguments()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((args.host, 0))
        listener.listen(128)
        print(listener.getsockname()[1])
        threading.Thread(target=end_with_input, daemon=True).start()
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=serve, args=(accepted, context), daemon=True).start()


main()
