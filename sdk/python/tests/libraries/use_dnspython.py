"""dnspython: UDP, TCP and TLS, blocking and with asyncio."""

import asyncio
import ssl
import sys

import dns.asyncquery
import dns.asyncresolver
import dns.message
import dns.query
import dns.resolver

port, secure = int(sys.argv[1]), int(sys.argv[2])
context = ssl.create_default_context(cafile=sys.argv[3])
query = dns.message.make_query("a.example", "A")


def told(answer):
    return str(answer.answer[0])


print(told(dns.query.udp(query, "127.0.0.1", 5, port)))
print(told(dns.query.tcp(query, "127.0.0.1", 5, port)))
print(told(dns.query.tls(query, "127.0.0.1", 5, secure, ssl_context=context, server_hostname="localhost")))
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], port
print([str(address) for address in resolver.resolve("b.example", "A")])


async def main():
    print(told(await dns.asyncquery.udp(query, "127.0.0.1", 5, port)))
    print(told(await dns.asyncquery.tcp(query, "127.0.0.1", 5, port)))
    print(told(await dns.asyncquery.tls(query, "127.0.0.1", 5, secure, ssl_context=context, server_hostname="localhost")))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    print([str(address) for address in await resolver.resolve("c.example", "A")])


asyncio.run(main())
