"""aiosmtplib: TLS from the beginning, and STARTTLS."""

import asyncio
import ssl
import sys
from email.message import EmailMessage

import aiosmtplib

starttls, secure, ca = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
message = EmailMessage()
message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "A subject"
message.set_content("Text.\n" * 1000)
context = ssl.create_default_context(cafile=ca)


async def main():
    common = {"hostname": "localhost", "local_hostname": "here", "tls_context": context}
    print(await aiosmtplib.send(message, port=secure, use_tls=True, **common))
    print(await aiosmtplib.send(message, port=starttls, start_tls=True, **common))
    try:
        await aiosmtplib.send(message, hostname="localhost", local_hostname="here", port=secure, use_tls=True)
    except aiosmtplib.SMTPConnectError as error:
        print("CERTIFICATE_VERIFY_FAILED" in str(error))


asyncio.run(main())
