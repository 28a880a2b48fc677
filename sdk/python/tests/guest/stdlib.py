"""The standard library's own clients, over TLS."""

import ftplib
import http.client
import imaplib
import poplib
import smtplib
import ssl
import sys
import urllib.error
import urllib.request

ports, ca = dict(word.split("=") for word in sys.argv[1:-1]), sys.argv[-1]
context = ssl.create_default_context(cafile=ca)

connection = http.client.HTTPSConnection("localhost", int(ports["web"]), context=context, timeout=10)
for path in ("/one", "/two"):
    connection.request("GET", path)
    print(connection.getresponse().read())
connection.close()
with urllib.request.urlopen(f"https://localhost:{ports['web']}/three", context=context, timeout=10) as response:
    print(response.status, response.read())
try:
    urllib.request.urlopen(f"https://localhost:{ports['web']}/untrusted", timeout=10)
except urllib.error.URLError as error:
    print(error.reason.verify_message)

with smtplib.SMTP("localhost", int(ports["starttls"]), "here", timeout=10) as client:
    client.starttls(context=context)
    client.ehlo()
    print(client.sendmail("a@example.org", ["b@example.org"], "Subject: s\n\nText."), client.sock.version())
with smtplib.SMTP_SSL("localhost", int(ports["smtps"]), "here", timeout=10, context=context) as client:
    print(client.sendmail("a@example.org", ["b@example.org"], "Subject: s\n\nText."))

with imaplib.IMAP4_SSL("localhost", int(ports["imaps"]), ssl_context=context, timeout=10) as client:
    print(client.login("me", "secret"), client.select())
with imaplib.IMAP4("localhost", int(ports["imap"]), timeout=10) as client:
    client.starttls(context)
    print(client.login("me", "secret"))
client = poplib.POP3_SSL("localhost", int(ports["pop3s"]), context=context, timeout=10)
print(client.getwelcome(), client.user("me"), client.quit())

with ftplib.FTP_TLS(context=context, timeout=10) as client:
    client.connect("localhost", int(ports["ftp"]))
    client.login("me", "secret")
    client.prot_p()
    lines = []
    print(client.retrlines("RETR file", lines.append), lines)
