"""The questions about datagrams that are put to asyncio: options of `create-datagram-endpoint` under their WIT names.

As in questions.py, nothing is looked up in the DNS. What has addresses of both families here is the absent host.
"""

from questions import (
    ALL_FLAGS,
    CLOSED,
    FOREIGN,
    LONG_LABEL,
    MAPPED,
    OPEN,
    SHORT,
    TAKEN,
    V4,
    V6,
    ask,
    named,
    same,
)

# Nobody has it: what binds to it gets it.
FREE = "{free}"
# Bound on ::1 alone, so that of the two loopback addresses the second one is free.
HALF = "{half}"

# The broadcast address of the loopback interface.
BROADCAST = "127.255.255.255"


def at(host, service=OPEN):
    """A host and a port."""
    return {"host": host, "service": service}


def here(service=0):
    """A port of this machine: the host is absent."""
    return {"service": service}


# Any port of an address of one's own, and the server.
LOCAL = at(V4, 0)
LOCAL_V6 = at(V6, 0)
REMOTE = at(V4)
REMOTE_V6 = at(V6)
# Each fails, and nothing is wrong with the other end.
NO_HOST = at("", 0)
NO_SERVICE = at(V4, "nonsense")
TOO_LARGE = at(V4, named("65536"))


def both(rule, name, local_address, remote_address):
    """A question with both addresses."""
    return ask(rule, name, local_address=local_address, remote_address=remote_address)


def ends(rule, prefix, table):
    """Each row for one's own address, and for the peer's. A row has the host, the service or both."""
    return [
        ask(rule, f"{end}-{prefix}-{row}", **{f"{end}_address": at(V4, port) | address})
        for end, port in (("local", 0), ("remote", OPEN))
        for row, address in table.items()
    ]


def v4(port, address=V4):
    return f"{address}:{port}"


def v6(port, address=V6):
    return f"[{address}]:{port}"


MODIFIERS = {
    "local-address": {"local_address": LOCAL},
    "absent-local-host": {"local_address": here()},
    "remote-address": {"remote_address": REMOTE},
    "family": {"family": "inet"},
    "family-inet6": {"family": "inet6"},
    "protocol": {"protocol": 17},
    "lookup-flags": {"lookup_flags": ["passive"]},
    "reuse-port": {"reuse_port": True},
    "allow-broadcast": {"allow_broadcast": True},
    "everything": {
        "local_address": LOCAL,
        "remote_address": REMOTE,
        "family": "inet",
        "protocol": 17,
        "lookup_flags": ["canon-name"],
        "reuse_port": True,
        "allow_broadcast": True,
    },
}
CHECKS = [
    *same("B-V2", "sock-and", MODIFIERS, sock="unbound:inet"),
    ask("B-V2", "connected-sock-and-local-address", sock=v4(OPEN), local_address=LOCAL),
    *same(
        "B-V2",
        "sock-and-false",
        {
            "protocol-0": {"protocol": 0},
            "reuse-port-and-broadcast": {"reuse_port": False, "allow_broadcast": False},
        },
        sock="unbound:inet",
    ),
    *same(
        "B-V3",
        "nothing",
        {
            "at-all": {},
            "but-protocol": {"protocol": 17},
            "but-lookup-flags": {"lookup_flags": ["passive"]},
            "but-reuse-port": {"reuse_port": True},
            "but-allow-broadcast": {"allow_broadcast": True},
        },
    ),
    ask("B-V4", "only-family-inet", family="inet"),
    ask("B-V4", "only-family-inet6", family="inet6"),
    ask("B-V4", "only-family-and-flags", family="inet", lookup_flags=ALL_FLAGS),
    ask("B-V4", "only-family-and-reuse-port", family="inet", reuse_port=True),
    ask("B-V4", "only-family-and-allow-broadcast", family="inet", allow_broadcast=True),
    ask("B-V7", "local-host-unknown", local_address=NO_HOST),
    ask("B-V7", "local-service-unknown", local_address=NO_SERVICE),
    ask("B-V7", "remote-host-unknown", remote_address=at("")),
    ask("B-V7", "remote-service-unknown", remote_address=NO_SERVICE),
    both("B-V8", "local-v4-remote-v6", LOCAL, REMOTE_V6),
    both("B-V8", "local-v6-remote-v4", LOCAL_V6, REMOTE),
    ask("B-V11", "local-taken", local_address=at(V4, TAKEN)),
    ask("B-V11", "local-taken-on-another-address", local_address=at("127.0.0.4", TAKEN)),
    ask("B-V11", "local-taken-wildcard", local_address=at("0.0.0.0", TAKEN)),
    ask("B-V11", "local-taken-both", local_address=here(TAKEN)),
    ask("B-V11", "local-taken-first-of-both", local_address=here(HALF)),
    both("B-V11", "local-taken-first-of-two-pairs", here(HALF), here(OPEN)),
    ask("B-V11", "local-taken-and-reuse-port", local_address=at(V4, TAKEN), reuse_port=True),
    ask("B-V11", "local-foreign", local_address=at(FOREIGN, 0)),
    ask("B-V11", "remote-broadcast", remote_address=at(BROADCAST)),
    ask("B-V11", "remote-link-local-without-zone", remote_address=at("fe80::1")),
    both("B-V11", "remote-mapped-from-v6", LOCAL_V6, at(MAPPED)),
    both("B-V11", "remote-v6-from-mapped", at(MAPPED, 0), REMOTE_V6),
]

# Two rules are violated; together with B-V3 only the protocol can violate one.
SOCK = {"sock": "unbound:inet"}
ORDER = [
    ask("B-V2, B-V7", "order-v2-v7-local", **SOCK, local_address=NO_HOST),
    ask("B-V2, B-V7", "order-v2-v7-remote", **SOCK, remote_address=NO_SERVICE),
    ask("B-V2, B-V8", "order-v2-v8", **SOCK, local_address=LOCAL, remote_address=REMOTE_V6),
    ask("B-V2, B-V11", "order-v2-v11", **SOCK, local_address=at(V4, TAKEN)),
    ask("B-V2, B-V11", "order-v2-v11-protocol", **SOCK, protocol=99),
    ask("B-V2, B-V11", "order-v2-v11-port", **SOCK, remote_address=TOO_LARGE),
    ask("B-V3, B-V11", "order-v3-v11-protocol", protocol=99),
    both("B-V7, B-V7", "order-v7-local-v7-remote", NO_HOST, NO_SERVICE),
    both("B-V7, B-V7", "order-v7-local-service-v7-remote-host", NO_SERVICE, at("")),
    both("B-V7, B-V8", "order-v7-v8-local", NO_HOST, REMOTE_V6),
    both("B-V7, B-V8", "order-v7-v8-remote", LOCAL, at(V6, "nonsense")),
    both("B-V7, B-V11", "order-v7-local-v11", NO_HOST, at(BROADCAST)),
    both("B-V7, B-V11", "order-v7-remote-v11", at(V4, TAKEN), NO_SERVICE),
    both("B-V7, B-V11", "order-v7-v11-port", TOO_LARGE, NO_SERVICE),
    ask("B-V7, B-V11", "order-v7-v11-family", family="inet6", local_address=at(V4, TAKEN)),
    both("B-V8, B-V11", "order-v8-v11", at(V4, TAKEN), REMOTE_V6),
    both("B-V8, B-V11", "order-v8-v11-remote", LOCAL_V6, at(BROADCAST)),
    both("B-V8, B-V11", "order-v8-v11-port", TOO_LARGE, REMOTE_V6),
    both("B-V11, B-V11", "order-v11-bind-v11-connect", at(V4, TAKEN), at(BROADCAST)),
    both("B-V11, B-V11", "order-v11-bind-v11-port", at(V4, TAKEN), TOO_LARGE),
    both("B-V11, B-V11", "order-v11-port-v11-connect", TOO_LARGE, at(BROADCAST)),
    ask(
        "B-V11, B-V11", "order-v11-protocol-v11-reuse", family="inet", protocol=99, reuse_port=True
    ),
]

HOSTS = ends(
    "A.3",
    "host",
    {
        "v4": {},
        "v6": {"host": V6},
        "v6-v4-mapped": {"host": MAPPED},
        "v4-unspecified": {"host": "0.0.0.0"},
        "v6-unspecified": {"host": "::"},
        "two-parts": {"host": SHORT},
        "bracketed": {"host": "[::1]"},
        "zone-numeric": {"host": "::1%1"},
        "zone-unknown": {"host": "fe80::1%nope"},
        "long-label": {"host": f"{LONG_LABEL}.test"},
        "empty-label": {"host": "a..b"},
        "private-use": {"host": "\ue000.test"},
        "nul": {"host": "local\0host"},
    },
)

NUMBERS = {
    "string": "{}",
    "string-blanks-around": " {} ",
    "string-plus": "+{}",
}
SERVICES = [
    *[
        ask(
            "A.3",
            f"{end}-service-{row}-of-{of}",
            **{f"{end}_address": at(host, named(text.format(port)))},
        )
        for end, port, of, host in [
            ("local", FREE, "literal", V4),
            ("remote", OPEN, "literal", V4),
            ("remote", OPEN, "short", SHORT),
        ]
        for row, text in NUMBERS.items()
    ],
    *ends(
        "A.3",
        "service",
        {
            "empty": {"service": named("")},
            "string-0": {"service": named("0")},
            "string-65536": {"service": named("65536")},
            "string-minus-1": {"service": named("-1")},
            "string-65536-of-short": at(SHORT, named("65536")),
            "string-then-text": {"service": named("80x")},
            "radius": {"service": "radius"},
            "radius-of-short": at(SHORT, "radius"),
            "upper-case": {"service": "RADIUS"},
            "stream-only": {"service": "gopher"},
        },
    ),
    *same(
        "A.3",
        "remote-service",
        {
            name.replace("/", "-"): {"remote_address": at(V4, name)}
            for name in ("domain", "ntp", "tftp", "syslog", "https", "l2tp", "ntp/udp", "bücher")
        },
    ),
    ask("A.3", "remote-service-domain-of-absent-host", remote_address=here("domain")),
    ask("A.3", "remote-service-domain-of-short", remote_address=at(SHORT, "domain")),
]

FAMILIES_OF = {
    "inet6-of-v4": ("inet6", V4),
    "inet6-of-short": ("inet6", SHORT),
    "inet-of-v6": ("inet", V6),
    "inet6-of-v4-mapped": ("inet6", MAPPED),
    "inet-of-v4-mapped": ("inet", MAPPED),
    "inet-of-localhost": ("inet", "localhost"),
}
LOOKUPS = [
    *[
        ask("A.3", f"{end}-family-{row}", family=family, **{f"{end}_address": at(host, port)})
        for end, port in (("local", 0), ("remote", OPEN))
        for row, (family, host) in FAMILIES_OF.items()
    ],
    *[
        ask(
            "A.3",
            f"remote-v4-mapped-{row}",
            family=family,
            remote_address=at(host),
            lookup_flags=["v4-mapped"],
        )
        for row, (family, host) in FAMILIES_OF.items()
        if family == "inet6"
    ],
    *[
        ask("A.3", f"protocol-{number}-of-{of}", protocol=number, **options)
        for number in (6, 17, 99, 4294967295)
        for of, options in {
            "literal": {"remote_address": REMOTE},
            "local-literal": {"local_address": LOCAL},
            "short": {"remote_address": at(SHORT)},
            "family": {"family": "inet"},
        }.items()
    ],
    ask("A.3", "protocol-6-of-literal-domain", protocol=6, remote_address=at(V4, "domain")),
    ask("A.3", "protocol-0-of-literal", protocol=0, remote_address=REMOTE),
    ask("A.3", "protocol-0-of-family", protocol=0, family="inet"),
    ask("A.3", "protocol-17-of-absent-host", protocol=17, remote_address=here(OPEN)),
    ask("A.3", "protocol-6-of-family-inet6", protocol=6, family="inet6"),
    ask("A.3", "protocol-6-of-both", protocol=6, local_address=LOCAL, remote_address=REMOTE),
    *[
        ask("A.3", f"remote-flag-{flag}-of-{of}", lookup_flags=[flag], remote_address=address)
        for flag in ALL_FLAGS
        for of, address in {"literal": REMOTE, "absent-host": here(OPEN)}.items()
        # What it does to a lookup depends on the addresses of the machine.
        if flag != "addr-config" or of == "literal"
    ],
    *[
        ask("A.3", f"local-flag-{flag}-of-absent-host", lookup_flags=[flag], local_address=here())
        for flag in ("passive", "canon-name", "numeric-host")
    ],
    ask(
        "A.3",
        "local-flag-passive-inet6",
        family="inet6",
        lookup_flags=["passive"],
        local_address=here(FREE),
    ),
    *same(
        "A.3",
        "flag",
        {
            "numeric-host-localhost": {"remote_address": at("localhost")},
            "numeric-host-localhost-local": {"local_address": at("localhost", 0)},
            "numeric-host-domain": {"remote_address": at(V4, "domain")},
        },
        lookup_flags=["numeric-host"],
    ),
    ask(
        "A.3",
        "flag-numeric-service-domain",
        remote_address=at(V4, "domain"),
        lookup_flags=["numeric-service"],
    ),
]

REMOTES = {"v4": REMOTE, "v6": REMOTE_V6, "absent-host": here(OPEN)}
# What both ends are looked up as, and which addresses come together.
PAIRS = [
    *[
        both("B.3", f"pair-{of}-to-{to}", local_address, remote_address)
        for of, local_address in {
            "v4": LOCAL,
            "v6": LOCAL_V6,
            "short": at(SHORT, 0),
            "absent-host": here(),
            "v4-unspecified": at("0.0.0.0", 0),
            "v6-unspecified": at("::", 0),
        }.items()
        for to, remote_address in REMOTES.items()
        # In CHECKS.
        if (of, to) not in {("v4", "v6"), ("v6", "v4")}
    ],
    *same(
        "B.3",
        "pair-of-absent-hosts",
        {
            "inet": {"family": "inet"},
            "inet6": {"family": "inet6"},
            "passive": {"lookup_flags": ["passive"]},
            "reuse-port": {"reuse_port": True},
            "allow-broadcast": {"allow_broadcast": True},
        },
        local_address=here(),
        remote_address=here(OPEN),
    ),
    both("B.3", "pair-of-free-port", at(V4, FREE), REMOTE),
    both("B.3", "pair-with-itself", at(V4, FREE), at(V4, FREE)),
    ask("B.3", "remote-absent-host", remote_address=here(OPEN)),
    ask("B.3", "remote-absent-host-closed", remote_address=here(CLOSED)),
]

SEMANTICS = [
    *same(
        "B.4",
        "remote",
        {
            "closed": {"remote_address": at(V4, CLOSED)},
            "port-0": {"remote_address": at(V4, 0)},
            "port-0-v6": {"remote_address": at(V6, 0)},
            "port-0-from-local": {"remote_address": at(V4, 0), "local_address": LOCAL},
            "v6-broadcast-allowed": {"remote_address": REMOTE_V6, "allow_broadcast": True},
            "broadcast-allowed": {"remote_address": at(BROADCAST), "allow_broadcast": True},
            "reuse-port": {"remote_address": REMOTE, "reuse_port": True},
        },
    ),
    *same(
        "B.4",
        "local",
        {
            "port": {"local_address": at(V4, FREE)},
            "port-v6": {"local_address": at(V6, FREE)},
            "port-of-absent-host": {"local_address": here(FREE)},
            "port-and-family": {"local_address": here(FREE), "family": "inet"},
            "reuse-port": {"local_address": at(V4, FREE), "reuse_port": True},
            "allow-broadcast": {"local_address": LOCAL, "allow_broadcast": True},
        },
    ),
    *same(
        "B.4",
        "sock",
        {
            "unbound": {"sock": "unbound:inet"},
            "unbound-v6": {"sock": "unbound:inet6"},
            "bound": {"sock": f"bound:{V4}"},
            "bound-v6": {"sock": f"bound:{V6}"},
            "connected": {"sock": v4(OPEN)},
            "connected-v6": {"sock": v6(OPEN)},
            "connected-to-closed": {"sock": v4(CLOSED)},
        },
    ),
]

QUESTIONS = [
    *CHECKS,
    *ORDER,
    *HOSTS,
    *SERVICES,
    *LOOKUPS,
    *PAIRS,
    *SEMANTICS,
]
