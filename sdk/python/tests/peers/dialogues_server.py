"""Just enough of IMAP, POP3 and FTP, with TLS, for a client to say what it has to say."""

import socket
import ssl
import sys
import threading

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(*sys.argv[1:3])


def serve(talk, secure):
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)

    def accept():
        while True:
            raw, _ = server.accept()
            sock = context.wrap_socket(raw, server_side=True) if secure else raw
            threading.Thread(target=talk, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def lines(sock):
    return sock.makefile("r", newline="\r\n")


def imap(sock):
    sock.sendall(b"* OK ready\r\n")
    said = iter(lines(sock))
    for line in said:
        tag, command = line.split()[:2]
        if command == "CAPABILITY":
            sock.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n")
        elif command == "SELECT":
            sock.sendall(b"* 1 EXISTS\r\n")
        elif command == "LOGOUT":
            sock.sendall(b"* BYE\r\n")
        sock.sendall(f"{tag} OK done\r\n".encode())
        if command == "STARTTLS":
            sock = context.wrap_socket(sock, server_side=True)
            return imap_secure(sock)


def imap_secure(sock):
    for line in lines(sock):
        tag, command = line.split()[:2]
        if command == "CAPABILITY":
            sock.sendall(b"* CAPABILITY IMAP4rev1\r\n")
        elif command == "LOGOUT":
            sock.sendall(b"* BYE\r\n")
        sock.sendall(f"{tag} OK done\r\n".encode())


def pop3(sock):
    sock.sendall(b"+OK ready\r\n")
    for line in lines(sock):
        sock.sendall(b"+OK " + line.split()[0].encode() + b"\r\n")


def ftp(sock):
    sock.sendall(b"220 ready\r\n")
    said, data = lines(sock), None
    while line := said.readline():
        command = line.split()[0]
        if command == "AUTH":
            sock.sendall(b"234 go\r\n")
            sock = context.wrap_socket(sock, server_side=True)
            said = lines(sock)
        elif command in ("PASV", "EPSV"):
            data = socket.create_server(("127.0.0.1", 0))
            port = data.getsockname()[1]
            sock.sendall(f"227 at (127,0,0,1,{port // 256},{port % 256})\r\n".encode())
        elif command == "RETR":
            sock.sendall(b"150 here\r\n")
            with context.wrap_socket(data.accept()[0], server_side=True) as file:
                file.sendall(b"one\r\ntwo\r\n")
                file.unwrap()
            sock.sendall(b"226 done\r\n")
        else:
            answers = {"USER": b"331 password\r\n", "PASS": b"230 in\r\n", "QUIT": b"221 bye\r\n"}
            sock.sendall(answers.get(command, b"200 good\r\n"))


for talk, secure in ((imap, True), (imap, False), (pop3, True), (ftp, False)):
    serve(talk, secure)
sys.stdin.read()
