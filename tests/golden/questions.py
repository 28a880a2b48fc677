"""The questions that are put to asyncio: options of `create-connection` under their WIT names.

Times do not decide any outcome. Where the order of the attempts matters, they all refuse at once; where one wins, it is
the first that does not. No name here is looked up in the DNS: asyncio or the C library answers for all of them.
"""

OPEN = "{open}"
CLOSED = "{closed}"
TAKEN = "{taken}"

V4 = "127.0.0.1"
V6 = "::1"
# No literal for asyncio, so that it asks getaddrinfo, which needs no lookup for it either.
SHORT = "127.1"
# A name that resolves to the question's `addresses`.
SEVERAL = "several.test"
# Loopback, but nothing listens there on any port.
DEAF = "127.0.0.4"
# Loopback addresses as IPv6 has them, of which it has only one of its own.
MAPPED = "::ffff:127.0.0.1"
MAPPED_2 = "::ffff:127.0.0.2"
MAPPED_3 = "::ffff:127.0.0.3"
# Of TEST-NET-3 (RFC 5737), which no machine has.
FOREIGN = "203.0.113.7"
# Multicast, which TCP refuses without an answer from anybody.
MULTICAST = "224.0.0.1"
MULTICAST_2 = "224.0.0.2"

# A context of the user's own: the path of a file with the only certificate that it trusts. Unlike with the default
# context, asyncio demands a name for it.
PEM = "{pem}"
LONG_LABEL = "a" * 64
# A delay of the race that no attempt here uses up, as all of them end at once.
SECONDS = 2
ALL_FLAGS = [
    "passive",
    "canon-name",
    "numeric-host",
    "numeric-service",
    "v4-mapped",
    "all",
    "addr-config",
]


def ask(rule, name, **options):
    """A question, and the rule that it is about; or two, both violated, to see which of them is told."""
    question = {option.replace("_", "-"): value for option, value in options.items()}
    return {"id": name, "rule": rule, "question": question}


def named(text):
    """A service as a string, also where it looks like a number."""
    return {"name": text}


def local(host=V4, service=0):
    """`local-addresses` with one entry."""
    return [{"host": host, "service": service}]


def same(rule, prefix, table, **options):
    """A question for each row of a table: what its name ends with, and the options that it alone has."""
    return [ask(rule, f"{prefix}-{row}", **options, **own) for row, own in table.items()]


CHECKS = [
    ask("A-V1", "server-name-without-tls", host=V4, service=OPEN, server_name="example.test"),
    ask("A-V1", "empty-server-name-without-tls", host=V4, service=OPEN, server_name=""),
    ask("A-V2", "tls-absent-host", service=OPEN, tls=True),
    ask("A-V2", "tls-empty-host", host="", service=OPEN, tls=True),
    ask("A-V2", "tls-sock", sock=f"{V4}:{OPEN}", tls=True),
    ask("A-V3", "handshake-timeout-without-tls", host=V4, service=OPEN, handshake_timeout=10),
    ask("A-V3", "zero-handshake-timeout-without-tls", host=V4, service=OPEN, handshake_timeout=0),
    ask("A-V4", "shutdown-timeout-without-tls", host=V4, service=OPEN, shutdown_timeout=10),
    ask("A-V4", "zero-shutdown-timeout-without-tls", host=V4, service=OPEN, shutdown_timeout=0),
    ask("A-V7", "sock-and-host-and-service", sock=f"{V4}:{OPEN}", host=V4, service=OPEN),
    ask("A-V7", "sock-and-host", sock=f"{V4}:{OPEN}", host=V4),
    ask("A-V7", "sock-and-empty-host", sock=f"{V4}:{OPEN}", host=""),
    ask("A-V7", "sock-and-service", sock=f"{V4}:{OPEN}", service=OPEN),
    ask("A-V7", "sock-and-port-0", sock=f"{V4}:{OPEN}", service=0),
    ask("A-V7", "sock-and-empty-service", sock=f"{V4}:{OPEN}", service=named("")),
    ask("A-V7", "unconnected-sock-and-host", sock="unconnected:inet", host=V4, service=OPEN),
    ask("A-V8", "nothing"),
    ask("A-V8", "only-local-addresses", local_addresses=local()),
    ask("A-V8", "only-family", family="inet"),
    ask("A-V8", "only-lookup-flags", lookup_flags=["passive"]),
    ask("A-V8", "only-happy-eyeballs", happy_eyeballs_delay=0.25, interleave=1, all_errors=True),
    ask("A-V10", "remote-host-unknown", host="", service=OPEN),
    ask("A-V10", "remote-service-unknown", host=V4, service="nonsense"),
    ask("A-V11", "local-host-unknown", host=V4, service=OPEN, local_addresses=local("")),
    ask(
        "A-V11",
        "local-service-unknown",
        host=V4,
        service=OPEN,
        local_addresses=local(V4, "nonsense"),
    ),
    ask("A-V12", "refused", host=V4, service=CLOSED),
    ask("A-V16", "zero-handshake-timeout", host=V4, service=OPEN, tls=True, handshake_timeout=0),
    ask("A-V17", "zero-shutdown-timeout", host=V4, service=OPEN, tls=True, shutdown_timeout=0),
    ask("A-V19", "empty-server-name", host=V4, service=OPEN, tls=PEM, server_name=""),
    ask("A-V19", "empty-server-name-absent-host", service=OPEN, tls=PEM, server_name=""),
    # The default context then verifies the chain alone, so that the handshake begins: with an echo.
    ask(
        "A-V19",
        "empty-server-name-default-context",
        host=V4,
        service=OPEN,
        tls=True,
        server_name="",
    ),
    *same(
        "A-V20",
        "server-name",
        {
            "with-nul": {"server_name": "example\0.test"},
            "with-long-label": {"server_name": f"{LONG_LABEL}.test"},
            "with-empty-label": {"server_name": "a..b"},
            "with-leading-dot": {"server_name": ".example.test"},
            "of-one-dot": {"server_name": "."},
            "with-private-use": {"server_name": "\ue000.test"},
        },
        host=V4,
        service=OPEN,
        tls=True,
    ),
]

# Two rules are violated that follow each other or lie far apart.
ORDER = [
    ask("A-V1, A-V3", "order-v1-v3", service=OPEN, server_name="x", handshake_timeout=1),
    ask("A-V1, A-V4", "order-v1-v4", service=OPEN, server_name="x", shutdown_timeout=1),
    ask("A-V1, A-V7", "order-v1-v7", sock=f"{V4}:{OPEN}", host=V4, server_name="x"),
    ask("A-V1, A-V8", "order-v1-v8", server_name="x"),
    ask("A-V1, A-V10", "order-v1-v10", host="", server_name=""),
    ask("A-V1, A-V12", "order-v1-v12", host=V4, service=CLOSED, server_name="x"),
    ask("A-V2, A-V7", "order-v2-v7", sock=f"{V4}:{OPEN}", service=OPEN, tls=True),
    ask("A-V2, A-V7", "order-v2-v7-empty-host", sock=f"{V4}:{OPEN}", host="", tls=True),
    ask("A-V2, A-V8", "order-v2-v8", tls=True),
    ask("A-V2, A-V10", "order-v2-v10", host="", service="nonsense", tls=True),
    ask("A-V2, A-V12", "order-v2-v12", service=CLOSED, tls=True),
    ask("A-V2, A-V16", "order-v2-v16", service=OPEN, tls=True, handshake_timeout=0),
    ask("A-V2, A-V17", "order-v2-v17", service=OPEN, tls=True, shutdown_timeout=0),
    ask(
        "A-V3, A-V4", "order-v3-v4", host=V4, service=OPEN, handshake_timeout=1, shutdown_timeout=1
    ),
    ask("A-V3, A-V7", "order-v3-v7", sock=f"{V4}:{OPEN}", host=V4, handshake_timeout=1),
    ask("A-V3, A-V8", "order-v3-v8", handshake_timeout=1),
    ask("A-V3, A-V10", "order-v3-v10", host="", handshake_timeout=1),
    ask("A-V3, A-V12", "order-v3-v12", host=V4, service=CLOSED, handshake_timeout=0),
    ask("A-V4, A-V7", "order-v4-v7", sock=f"{V4}:{OPEN}", host=V4, shutdown_timeout=1),
    ask("A-V4, A-V8", "order-v4-v8", shutdown_timeout=1),
    ask("A-V4, A-V10", "order-v4-v10", host="", shutdown_timeout=1),
    ask("A-V4, A-V12", "order-v4-v12", host=V4, service=CLOSED, shutdown_timeout=0),
    ask("A-V7, A-V10", "order-v7-v10", sock=f"{V4}:{OPEN}", host=V4, service="nonsense"),
    ask("A-V7, A-V11", "order-v7-v11", sock=f"{V4}:{OPEN}", host=V4, local_addresses=local("")),
    ask("A-V7, A-V12", "order-v7-v12", sock=f"{V4}:{OPEN}", host=V4, service=CLOSED),
    ask("A-V7, A-V16", "order-v7-v16", sock=f"{V4}:{OPEN}", host=V4, tls=True, handshake_timeout=0),
    ask("A-V7, A-V19", "order-v7-v19", sock=f"{V4}:{OPEN}", host=V4, tls=PEM, server_name=""),
    ask("A-V7, A-V20", "order-v7-v20", sock=f"{V4}:{OPEN}", host=V4, tls=True, server_name="a..b"),
    ask("A-V8, A-V10", "order-v8-v10", family="inet6", protocol=99, lookup_flags=["canon-name"]),
    ask("A-V8, A-V11", "order-v8-v11", local_addresses=local("")),
    ask("A-V8, A-V16", "order-v8-v16", tls=True, server_name="x", handshake_timeout=0),
    ask("A-V8, A-V19", "order-v8-v19", tls=PEM, server_name=""),
    ask("A-V8, A-V20", "order-v8-v20", tls=True, server_name="a..b"),
    ask("A-V10, A-V11", "order-v10-v11", host=V4, service="nonsense", local_addresses=local("")),
    ask(
        "A-V10, A-V11",
        "order-v10-v11-family",
        host="",
        service=OPEN,
        family="inet",
        local_addresses=local(V6),
    ),
    ask(
        "A-V10, A-V16", "order-v10-v16", host=V4, service="nonsense", tls=True, handshake_timeout=0
    ),
    ask("A-V10, A-V19", "order-v10-v19", host="", service=OPEN, tls=PEM, server_name=""),
    ask("A-V10, A-V20", "order-v10-v20", host="", service=OPEN, tls=True, server_name="a..b"),
    ask("A-V11, A-V12", "order-v11-v12", host=V4, service=CLOSED, local_addresses=local("")),
    ask(
        "A-V11, A-V16",
        "order-v11-v16",
        host=V4,
        service=OPEN,
        local_addresses=local(""),
        tls=True,
        handshake_timeout=0,
    ),
    ask("A-V12, A-V16", "order-v12-v16", host=V4, service=CLOSED, tls=True, handshake_timeout=0),
    ask("A-V12, A-V17", "order-v12-v17", host=V4, service=CLOSED, tls=True, shutdown_timeout=0),
    ask("A-V12, A-V19", "order-v12-v19", host=V4, service=CLOSED, tls=PEM, server_name=""),
    ask("A-V12, A-V20", "order-v12-v20", host=V4, service=CLOSED, tls=True, server_name="a..b"),
    ask(
        "A-V16, A-V17",
        "order-v16-v17",
        host=V4,
        service=OPEN,
        tls=True,
        handshake_timeout=0,
        shutdown_timeout=0,
    ),
    ask(
        "A-V16, A-V19",
        "order-v16-v19",
        host=V4,
        service=OPEN,
        tls=PEM,
        handshake_timeout=0,
        server_name="",
    ),
    ask(
        "A-V16, A-V20",
        "order-v16-v20",
        host=V4,
        service=OPEN,
        tls=True,
        handshake_timeout=0,
        server_name="a..b",
    ),
    ask(
        "A-V17, A-V19",
        "order-v17-v19",
        host=V4,
        service=OPEN,
        tls=PEM,
        shutdown_timeout=0,
        server_name="",
    ),
    ask(
        "A-V17, A-V20",
        "order-v17-v20",
        host=V4,
        service=OPEN,
        tls=True,
        shutdown_timeout=0,
        server_name="a..b",
    ),
]

HOSTS = [
    ask("A.3", "host-absent", service=OPEN),
    ask("A.3", "host-absent-refused", service=CLOSED),
    ask("A.3", "host-absent-inet", service=OPEN, family="inet"),
    ask("A.3", "host-absent-inet6", service=OPEN, family="inet6"),
    ask("A.3", "host-absent-inet-refused", service=CLOSED, family="inet"),
    ask("A.3", "host-localhost", host="localhost", service=OPEN, family="inet"),
    ask("A.3", "host-localhost-upper-case", host="LOCALHOST", service=OPEN, family="inet"),
    ask("A.3", "host-localhost-full-width", host="ｌｏｃａｌｈｏｓｔ", service=OPEN, family="inet"),
    ask("A.3", "host-localhost-soft-hyphen", host="local\u00adhost", service=OPEN, family="inet"),
    *same(
        "A.3",
        "host",
        {
            "v4": {"host": V4},
            "v4-second": {"host": "127.0.0.2"},
            "v6": {"host": V6},
            "v6-long": {"host": "0:0:0:0:0:0:0:1"},
            "v6-all-digits": {"host": "0000:0000:0000:0000:0000:0000:0000:0001"},
            "v6-v4-mapped": {"host": MAPPED},
            "v6-v4-mapped-hexadecimal": {"host": "::FFFF:7F00:1"},
            "v6-v4-mapped-other": {"host": MAPPED_2},
            "v4-unspecified": {"host": "0.0.0.0"},
            "v6-unspecified": {"host": "::"},
            "v4-full-width-digits": {"host": "１２７.0.0.1"},
            "v4-ideographic-full-stop": {"host": "127。0。0。1"},
            "two-parts": {"host": SHORT},
            "three-parts": {"host": "127.0.1"},
            "hexadecimal": {"host": "0x7f000001"},
            "hexadecimal-upper-case": {"host": "0X7F000001"},
            "hexadecimal-parts": {"host": "0x7f.0.0.0x1"},
            "decimal": {"host": "2130706433"},
            "octal": {"host": "0177.0.0.01"},
            "octal-whole": {"host": "017700000001"},
            "zero": {"host": "0"},
            "asterisk": {"host": "*"},
            "bracketed": {"host": "[::1]"},
            "bracketed-v4": {"host": "[127.0.0.1]"},
            "with-port": {"host": "127.0.0.1:80"},
            "with-network": {"host": "127.0.0.1/8"},
            "with-user": {"host": "user@127.0.0.1"},
            "url": {"host": "http://127.0.0.1"},
            "leading-blank": {"host": " localhost"},
            "trailing-blank": {"host": "localhost "},
            "inner-blank": {"host": "local host"},
            "blank": {"host": " "},
            "trailing-newline": {"host": "localhost\n"},
            "v4-leading-blank": {"host": " 127.0.0.1"},
            "v4-trailing-blank": {"host": "127.0.0.1 "},
            "v6-leading-blank": {"host": " ::1"},
            "v6-no-digit": {"host": "::g"},
            "v6-two-gaps": {"host": "1::2::3"},
            "v6-nine-parts": {"host": "0:0:0:0:0:0:0:0:1"},
            "hyphen": {"host": "-"},
            "zone-numeric": {"host": "::1%1"},
            "zone-zero": {"host": "::1%0"},
            "zone-name": {"host": "::1%lo"},
            "zone-empty": {"host": "::1%"},
            "zone-too-large": {"host": "::1%4294967296"},
            "zone-unknown": {"host": "fe80::1%nope"},
            "zone-on-v4": {"host": "127.0.0.1%1"},
            "link-local-without-zone": {"host": "fe80::1"},
            "multicast": {"host": MULTICAST},
            "long-label": {"host": f"{LONG_LABEL}.test"},
            "long-label-alone": {"host": LONG_LABEL},
            "empty-label": {"host": "a..b"},
            "leading-dot": {"host": ".localhost"},
            "dot": {"host": "."},
            "dots": {"host": ".."},
            "private-use": {"host": "\ue000.test"},
            "ace-prefix-not-ascii": {"host": "xn--é.test"},
            "mixed-direction": {"host": "a\u05d0.test"},
            "nul": {"host": "local\0host"},
            "nul-after-v4": {"host": "127.0.0.1\0"},
            "only-nul": {"host": "\0"},
        },
        service=OPEN,
    ),
    # Without the flag these would be looked up in the DNS.
    *same(
        "A.3",
        "host-numeric",
        {
            "v4-trailing-dot": {"host": "127.0.0.1."},
            "v4-too-large": {"host": "127.0.0.256"},
            "v4-five-parts": {"host": "127.0.0.0.1"},
            "decimal-too-large": {"host": "4294967296"},
            "octal-bad-digit": {"host": "127.0.0.08"},
            "hexadecimal-bad-digit": {"host": "0x7f00000g"},
            "localhost": {"host": "localhost"},
            "underscore": {"host": "_"},
        },
        service=OPEN,
        lookup_flags=["numeric-host"],
    ),
]

SERVICES = [
    *same(
        "A.3",
        "service-of-literal",
        {
            "absent": {},
            "port-0": {"service": 0},
            "string-empty": {"service": named("")},
            "string-number": {"service": named(OPEN)},
            "string-number-refused": {"service": named(CLOSED)},
            "string-number-0": {"service": named("0")},
            "string-blanks-around": {"service": named(f" {OPEN} ")},
            "string-newline-after": {"service": named(f"{OPEN}\n")},
            "string-plus": {"service": named(f"+{OPEN}")},
            "string-leading-zeros": {"service": named(f"000{OPEN}")},
            "string-blank": {"service": named(" ")},
            "string-65536": {"service": named("65536")},
            "string-huge": {"service": named("99999999999999999999")},
            "string-minus-1": {"service": named("-1")},
            "string-minus-0": {"service": named("-0")},
            "string-underscores": {"service": named("65_536")},
            "string-arabic-digits": {"service": named("٦٥٥٣٦")},
            "string-hexadecimal": {"service": named("0x50")},
            "string-fraction": {"service": named("80.0")},
            "string-exponent": {"service": named("1e3")},
            "string-number-then-text": {"service": named("80x")},
            "http": {"service": "http"},
            "https": {"service": "https"},
            "gopher": {"service": "gopher"},
            "alias": {"service": "www"},
            "upper-case": {"service": "HTTP"},
            "blank-before-name": {"service": " http"},
            "with-protocol": {"service": "http/tcp"},
            "datagram-only": {"service": "tftp"},
            "not-ascii": {"service": "bücher"},
        },
        host=V4,
    ),
    *same(
        "A.3",
        "service-of-short",
        {
            "absent": {},
            "port-0": {"service": 0},
            "string-empty": {"service": named("")},
            "string-number": {"service": named(OPEN)},
            "string-blank-before": {"service": named(f" {OPEN}")},
            "string-blank-after": {"service": named(f"{OPEN} ")},
            "string-plus": {"service": named(f"+{OPEN}")},
            "string-leading-zeros": {"service": named(f"000{OPEN}")},
            "string-65536": {"service": named("65536")},
            "string-minus-1": {"service": named("-1")},
            "string-hexadecimal": {"service": named("0x50")},
            "string-arabic-digits": {"service": named("٦٥٥٣٦")},
            "http": {"service": "http"},
            "upper-case": {"service": "HTTP"},
            "nonsense": {"service": "nonsense"},
        },
        host=SHORT,
    ),
    ask("A.3", "service-of-v6-absent", host=V6),
    ask("A.3", "service-of-v6-65536", host=V6, service=named("65536")),
    ask("A.3", "service-of-v6-http", host=V6, service="http"),
    ask("A.3", "service-of-absent-host-port-0", service=0),
    ask("A.3", "service-of-absent-host-name-empty", service=named("")),
    ask("A.3", "service-of-absent-host-name-number", service=named(OPEN)),
    ask("A.3", "service-of-absent-host-http", service="http"),
    ask("A.3", "service-of-absent-host-nonsense", service="nonsense"),
    ask("A.3", "service-of-empty-host-nonsense", host="", service="nonsense"),
    ask("A.3", "service-of-empty-host-absent", host=""),
]

MISMATCHES = {
    "inet6-of-v4": {"family": "inet6", "host": V4},
    "inet6-of-short": {"family": "inet6", "host": SHORT},
    "inet-of-v6": {"family": "inet", "host": V6},
    "inet-of-v4-mapped": {"family": "inet", "host": MAPPED},
    "inet-of-zone": {"family": "inet", "host": "::1%1"},
}

LOOKUPS = [
    ask("A.3", "family-inet-of-v4", family="inet", host=V4, service=OPEN),
    ask("A.3", "family-inet6-of-v6", family="inet6", host=V6, service=OPEN),
    ask("A.3", "family-inet6-of-v4-mapped", family="inet6", host=MAPPED, service=OPEN),
    ask("A.3", "family-inet-of-short", family="inet", host=SHORT, service=OPEN),
    *same("A.3", "family", MISMATCHES, service=OPEN),
    *same("A.3", "v4-mapped", MISMATCHES, service=OPEN, lookup_flags=["v4-mapped"]),
    *[
        ask("A.3", f"{flags}-inet6-of-v4", family="inet6", host=V4, service=OPEN, lookup_flags=all_)
        for flags, all_ in {"v4-mapped-all": ["v4-mapped", "all"], "all-alone": ["all"]}.items()
    ],
    ask("A.3", "family-inet6-of-v4-http", family="inet6", host=V4, service="http"),
    ask("A.3", "family-inet-of-v6-nonsense", family="inet", host=V6, service="nonsense"),
    ask(
        "A.3",
        "v4-mapped-refused",
        family="inet6",
        host=V4,
        service=CLOSED,
        lookup_flags=["v4-mapped"],
    ),
    ask(
        "A.3", "family-mismatch-all-errors", family="inet6", host=V4, service=OPEN, all_errors=True
    ),
    ask("A.3", "protocol-mismatch-both", family="inet6", host=V4, service=OPEN, protocol=99),
    *[
        question
        for number in (0, 1, 6, 17, 99, 255, 4294967295)
        for question in same(
            "A.3",
            f"protocol-{number}",
            {
                "of-literal": {"host": V4},
                "of-short": {"host": SHORT},
                "of-absent-host": {},
            },
            service=OPEN,
            protocol=number,
        )
    ],
    # Multipath TCP, which newer C libraries know and most kernels speak.
    ask("A.3", "protocol-262-of-literal", host=V4, service=OPEN, protocol=262),
    ask("A.3", "protocol-262-of-short", host=SHORT, service=OPEN, protocol=262),
    ask("A.3", "protocol-17-of-literal-refused", host=V4, service=CLOSED, protocol=17),
    ask("A.3", "protocol-17-of-literal-http", host=V4, service="http", protocol=17),
    ask("A.3", "protocol-6-of-literal-http", host=V4, service="http", protocol=6),
    ask("A.3", "protocol-17-of-empty-host", host="", service=OPEN, protocol=17),
    ask("A.3", "protocol-99-of-empty-host", host="", service=OPEN, protocol=99),
    ask("A.3", "protocol-99-nonsense-service", host=V4, service="nonsense", protocol=99),
    *[
        ask("A.3", f"flag-{flag}-of-literal", host=V4, service=OPEN, lookup_flags=[flag])
        for flag in ALL_FLAGS
    ],
    # What `addr-config` does to a lookup depends on the addresses of the machine.
    *[
        ask("A.3", f"flag-{flag}-of-{of}", service=OPEN, lookup_flags=[flag], **host)
        for flag in ALL_FLAGS[:-1]
        for of, host in {"short": {"host": SHORT}, "absent-host": {}}.items()
    ],
    ask("A.3", "flags-all-of-literal", host=V4, service=OPEN, lookup_flags=ALL_FLAGS),
    ask("A.3", "flags-all-but-one-of-short", host=SHORT, service=OPEN, lookup_flags=ALL_FLAGS[:-1]),
    ask("A.3", "flag-passive-absent-host-refused", service=CLOSED, lookup_flags=["passive"]),
    ask("A.3", "flag-passive-inet", service=OPEN, family="inet", lookup_flags=["passive"]),
    ask("A.3", "flag-passive-inet6", service=OPEN, family="inet6", lookup_flags=["passive"]),
    ask("A.3", "flag-passive-empty-host", host="", service=OPEN, lookup_flags=["passive"]),
    ask("A.3", "flag-canon-name-empty-host", host="", service=OPEN, lookup_flags=["canon-name"]),
    ask(
        "A.3",
        "flag-canon-name-absent-host-nonsense",
        service="nonsense",
        lookup_flags=["canon-name"],
    ),
    ask("A.3", "flag-canon-name-v4-http", host=V4, service="http", lookup_flags=["canon-name"]),
    ask(
        "A.3",
        "flag-canon-name-absent-host-protocol-99",
        service=OPEN,
        protocol=99,
        lookup_flags=["canon-name"],
    ),
    ask("A.3", "flag-numeric-host-v4-http", host=V4, service="http", lookup_flags=["numeric-host"]),
    ask(
        "A.3",
        "flag-numeric-service-name",
        host=V4,
        service="http",
        lookup_flags=["numeric-service"],
    ),
    ask(
        "A.3",
        "flag-numeric-service-nonsense",
        host=V4,
        service="nonsense",
        lookup_flags=["numeric-service"],
    ),
    ask(
        "A.3",
        "flag-numeric-service-number",
        host=SHORT,
        service=named(OPEN),
        lookup_flags=["numeric-service"],
    ),
    ask(
        "A.3",
        "flag-numeric-service-empty",
        host=SHORT,
        service=named(""),
        lookup_flags=["numeric-service"],
    ),
    ask(
        "A.3",
        "flag-numeric-host-all-errors",
        host="localhost",
        service=OPEN,
        lookup_flags=["numeric-host"],
        all_errors=True,
    ),
]

# The order is told by the attempts, which are all refused.
MIXED_LISTS = {
    "6-6-6-4-4-4": [V6, MAPPED, MAPPED_2, V4, "127.0.0.2", "127.0.0.3"],
    "4-4-4-6-6-6": [V4, "127.0.0.2", "127.0.0.3", V6, MAPPED, MAPPED_2],
    "4-6-6-6-4": [V4, V6, MAPPED, MAPPED_2, "127.0.0.2"],
    "6-6-6-4-4-4-4-6": [V6, MAPPED, MAPPED_2, V4, "127.0.0.2", "127.0.0.3", DEAF, MAPPED_3],
    "6-6-6": [V6, MAPPED, MAPPED_2],
}
INTERLEAVED = [
    ask(rule, f"order-of-{row}-{how}", host=SEVERAL, service=CLOSED, addresses=addresses, **options)
    for row, addresses in MIXED_LISTS.items()
    for rule, how, options in [
        ("A.4", "as-given", {}),
        ("A.4", "interleave-0", {"interleave": 0}),
        ("A.4", "interleave-1", {"interleave": 1}),
        ("A.4", "interleave-2", {"interleave": 2}),
        ("A.4", "interleave-9", {"interleave": 9}),
        ("A-V6", "race", {"happy_eyeballs_delay": SECONDS}),
        ("A-V6", "race-interleave-0", {"happy_eyeballs_delay": SECONDS, "interleave": 0}),
        ("A.4", "race-interleave-2", {"happy_eyeballs_delay": SECONDS, "interleave": 2}),
    ]
]

IN_USE = local(V4, TAKEN)
BINDING = [
    *same(
        "A.5",
        "local",
        {
            "v4": {"local_addresses": local(V4)},
            "v4-second": {"local_addresses": local("127.0.0.2")},
            "v4-other": {"local_addresses": local("127.9.8.7")},
            "short": {"local_addresses": local(SHORT)},
            "unspecified": {"local_addresses": local("0.0.0.0")},
            "absent-host": {"local_addresses": [{"service": 0}]},
            "port-as-name": {"local_addresses": local(V4, named("0"))},
            "port-empty": {"local_addresses": local(V4, named(""))},
            "in-use": {"local_addresses": IN_USE},
            "bound": {"local_addresses": local(V4, CLOSED)},
            "absent-host-in-use": {"local_addresses": [{"service": TAKEN}]},
            "foreign": {"local_addresses": local(FOREIGN)},
            "v6": {"local_addresses": local(V6)},
            "v4-mapped": {"local_addresses": local(MAPPED)},
            "foreign-v6": {"local_addresses": local("2001:db8::7")},
            "bracketed": {"local_addresses": local("[::1]")},
            "blank": {"local_addresses": local(" ")},
            "long-label": {"local_addresses": local(LONG_LABEL)},
            "nul": {"local_addresses": local("127.0.0.1\0")},
            "service-65536": {"local_addresses": local(V4, named("65536"))},
            "family-inet": {"local_addresses": local(V4), "family": "inet"},
            "family-mismatch": {"local_addresses": local(V6), "family": "inet"},
            "absent-host-family-inet": {"local_addresses": [{"service": 0}], "family": "inet"},
            "protocol-17-literal": {"local_addresses": local(V4), "protocol": 17},
            "protocol-17-short": {"local_addresses": local(SHORT), "protocol": 17},
            "numeric-host-name": {
                "local_addresses": local("localhost"),
                "lookup_flags": ["numeric-host"],
            },
            "absent-host-canon-name": {
                "local_addresses": [{"service": 0}],
                "lookup_flags": ["canon-name"],
            },
            "absent-host-passive": {
                "local_addresses": [{"service": 0}],
                "lookup_flags": ["passive"],
            },
            "in-use-all-errors": {"local_addresses": IN_USE, "all_errors": True},
            "v6-all-errors": {"local_addresses": local(V6), "all_errors": True},
            "in-use-race": {"local_addresses": IN_USE, "happy_eyeballs_delay": SECONDS},
        },
        host=V4,
        service=OPEN,
    ),
    *same(
        "A.5",
        "local-to-v6",
        {
            "v6": {"local_addresses": local(V6)},
            "unspecified": {"local_addresses": local("::")},
            "zone": {"local_addresses": local("::1%1")},
            "v4": {"local_addresses": local(V4)},
            "short": {"local_addresses": local(SHORT)},
            "absent-host": {"local_addresses": [{"service": 0}]},
            "in-use": {"local_addresses": local(V6, TAKEN)},
            "foreign": {"local_addresses": local("2001:db8::7")},
            "v4-family-inet6": {"local_addresses": local(V4), "family": "inet6"},
        },
        host=V6,
        service=OPEN,
    ),
    *same(
        "A.5",
        "local-to-absent-host",
        {
            "v4": {"local_addresses": local(V4)},
            "v6": {"local_addresses": local(V6)},
            "absent-host": {"local_addresses": [{"service": 0}]},
            "in-use": {"local_addresses": IN_USE},
            "absent-host-in-use": {"local_addresses": [{"service": TAKEN}]},
            "foreign": {"local_addresses": local(FOREIGN)},
        },
        service=OPEN,
    ),
    *same(
        "A.5",
        "local-refused",
        {
            "v4": {"local_addresses": local(V4)},
            "v6": {"local_addresses": local(V6)},
            "absent-host": {"local_addresses": [{"service": 0}]},
            "absent-host-all-errors": {"local_addresses": [{"service": 0}], "all_errors": True},
            "absent-host-in-use": {"local_addresses": [{"service": TAKEN}]},
        },
        service=CLOSED,
    ),
    ask(
        "A.5",
        "local-short-to-short",
        host=SHORT,
        service=OPEN,
        local_addresses=local(SHORT),
    ),
    ask("A.5", "local-v6-to-short", host=SHORT, service=OPEN, local_addresses=local(V6)),
    ask(
        "A.5",
        "local-v6-to-several",
        host=SEVERAL,
        service=OPEN,
        addresses=[V4, "127.0.0.2", V6],
        local_addresses=local(V6),
    ),
    ask(
        "A.5",
        "local-v6-to-several-v4",
        host=SEVERAL,
        service=OPEN,
        addresses=[V4, "127.0.0.2"],
        local_addresses=local(V6),
    ),
    ask(
        "A.5",
        "local-in-use-to-several",
        host=SEVERAL,
        service=OPEN,
        addresses=[V4, "127.0.0.2"],
        local_addresses=IN_USE,
    ),
    ask(
        "A.5",
        "local-in-use-to-several-all-errors",
        host=SEVERAL,
        service=OPEN,
        addresses=[V4, V6],
        local_addresses=IN_USE,
        all_errors=True,
    ),
]

ATTEMPTS = [
    ask("A.5", "multicast-several", host=SEVERAL, service=OPEN, addresses=[MULTICAST, MULTICAST_2]),
    ask("A.5", "multicast-and-refused", host=SEVERAL, service=CLOSED, addresses=[MULTICAST, V4]),
    *[
        ask(
            "A.6",
            f"{how}-{row}",
            host=SEVERAL,
            service=OPEN,
            addresses=addresses,
            **options,
        )
        for how, options in {
            "sequential": {},
            "race": {"happy_eyeballs_delay": SECONDS},
        }.items()
        for row, addresses in {
            "first-wins": [V4, V6],
            "second-wins": [DEAF, V4],
            "second-wins-v6": [DEAF, V6],
            "third-wins": [DEAF, "::ffff:127.0.0.4", "127.0.0.2", "127.0.0.3"],
            "after-multicast": [MULTICAST, V4],
            "last-of-six": [DEAF, DEAF, DEAF, DEAF, DEAF, V4],
            "only-one": ["127.0.0.3"],
        }.items()
    ],
    ask("A.6", "race-of-literal", host=V4, service=OPEN, happy_eyeballs_delay=SECONDS),
    ask("A.6", "race-of-absent-host", service=OPEN, happy_eyeballs_delay=SECONDS),
    ask("A.6", "race-of-literal-refused", host=V4, service=CLOSED, happy_eyeballs_delay=SECONDS),
    ask("A.6", "race-of-absent-host-refused", service=CLOSED, happy_eyeballs_delay=SECONDS),
    ask("A.6", "race-without-delay-refused", service=CLOSED, happy_eyeballs_delay=0),
    ask("A.6", "race-unknown-host", host="", service=OPEN, happy_eyeballs_delay=SECONDS),
    ask("A.6", "race-65536", host=V4, service=named("65536"), happy_eyeballs_delay=SECONDS),
]

REFUSING_LISTS = {
    "one": [V4],
    "one-v6": [V6],
    "two": [V4, "127.0.0.2"],
    "two-families": [V6, V4],
    "three": [V4, V6, "127.0.0.3"],
    "twice-the-same": [V4, V4],
    "three-times-the-same": [V6, V6, V6],
    "twice-and-another": [V4, V4, V6],
    "v4-mapped-and-v4": [MAPPED, V4],
}
COMBINED = [
    *[
        ask("A.7", f"{how}-{row}", host=SEVERAL, service=CLOSED, addresses=addresses, **options)
        for how, options in {
            "refused": {},
            "all-errors": {"all_errors": True},
            "race-refused": {"happy_eyeballs_delay": SECONDS},
            "race-all-errors": {"happy_eyeballs_delay": SECONDS, "all_errors": True},
        }.items()
        for row, addresses in REFUSING_LISTS.items()
    ],
    ask("A.7", "all-errors-literal", host=V4, service=CLOSED, all_errors=True),
    ask("A.7", "all-errors-v6-literal", host=V6, service=CLOSED, all_errors=True),
    ask("A.7", "all-errors-absent-host", service=CLOSED, all_errors=True),
    ask("A.7", "all-errors-connected", host=V4, service=OPEN, all_errors=True),
    ask("A.7", "all-errors-unknown-host", host="", service=OPEN, all_errors=True),
    ask("A.7", "all-errors-unknown-service", host=V4, service="nonsense", all_errors=True),
    ask("A.7", "all-errors-65536", host=V4, service=named("65536"), all_errors=True),
    ask(
        "A.7",
        "all-errors-multicast",
        host=SEVERAL,
        service=CLOSED,
        addresses=[MULTICAST, MULTICAST_2, V4],
        all_errors=True,
    ),
    ask(
        "A.7",
        "all-errors-race-65536",
        host=V4,
        service=named("65536"),
        happy_eyeballs_delay=SECONDS,
        all_errors=True,
    ),
]

SOCKETS = [
    ask("A.9", "sock-v4", sock=f"{V4}:{OPEN}"),
    ask("A.9", "sock-v6", sock=f"[{V6}]:{OPEN}"),
    ask("A.9", "sock-unconnected", sock="unconnected:inet"),
    ask("A.9", "sock-unconnected-v6", sock="unconnected:inet6"),
    *same(
        "A.9",
        "sock-ignores",
        {
            "family": {"family": "inet6"},
            "protocol": {"protocol": 99},
            "lookup-flags": {"lookup_flags": ["canon-name"]},
            "all-errors": {"all_errors": True},
            "race": {"happy_eyeballs_delay": 0.25, "interleave": 2},
            "everything": {
                "family": "inet6",
                "protocol": 17,
                "lookup_flags": ALL_FLAGS,
                "happy_eyeballs_delay": 0,
                "interleave": 0,
                "all_errors": True,
            },
        },
        sock=f"{V4}:{OPEN}",
    ),
    *same(
        "A.9",
        "sock-ignores-local",
        {
            "good": {"local_addresses": local("127.0.0.2")},
            "in-use": {"local_addresses": IN_USE},
            "empty-host": {"local_addresses": local("")},
        },
        sock=f"{V4}:{OPEN}",
    ),
    *same(
        "A.9",
        "sock",
        {
            "server-name": {"server_name": "example.test"},
            "handshake-timeout": {"handshake_timeout": 10},
            "shutdown-timeout": {"shutdown_timeout": 10},
            "server-name-and-host": {"server_name": "example.test", "host": V4},
            "tls-host": {"tls": True, "host": V4, "service": OPEN},
            "tls-server-name-host": {"tls": True, "server_name": "example.test", "host": V4},
            "tls-empty-server-name": {"tls": PEM, "server_name": ""},
            "tls-zero-handshake-timeout": {
                "tls": True,
                "server_name": "example.test",
                "handshake_timeout": 0,
            },
            "tls-zero-shutdown-timeout": {
                "tls": True,
                "server_name": "example.test",
                "shutdown_timeout": 0,
            },
            "tls-absent-server-name-zero-handshake-timeout": {"tls": True, "handshake_timeout": 0},
            "tls-server-name-with-nul": {"tls": True, "server_name": "example\0.test"},
            "tls-server-name-with-empty-label": {"tls": True, "server_name": "a..b"},
        },
        sock=f"{V4}:{OPEN}",
    ),
    ask(
        "A.9",
        "sock-unconnected-tls-zero-handshake-timeout",
        sock="unconnected:inet",
        tls=True,
        server_name="example.test",
        handshake_timeout=0,
    ),
    ask("A.9", "sock-unconnected-and-service", sock="unconnected:inet6", service=OPEN),
]

QUESTIONS = [
    *CHECKS,
    *ORDER,
    *HOSTS,
    *SERVICES,
    *LOOKUPS,
    *INTERLEAVED,
    *BINDING,
    *ATTEMPTS,
    *COMBINED,
    *SOCKETS,
]
