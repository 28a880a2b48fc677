"""The questions about Unix sockets that are put to asyncio: options of `create-unix-connection`, and of
`create-datagram-endpoint` with the family `unix`, under their WIT names.

All paths are in one folder, `{dir}`.
"""

from questions import LONG_LABEL, PEM, SECONDS, V4, ask, same

# An echo for connections, and one for datagrams.
OPEN = "{dir}/open"
ECHO = "{dir}/echo"
# Files that are no sockets any more: of connections, and of datagrams.
DEAD = "{dir}/dead"
STALE = "{dir}/stale"
FILE = "{dir}/file"
LINK = "{dir}/link"
LOOP = "{dir}/loop"
MISSING = "{dir}/missing"
# Nothing is there, and what a question has put there is removed.
HERE = "{dir}/here"
ABSTRACT = "\0{dir}/open"
ABSTRACT_ECHO = "\0{dir}/echo"
ABSTRACT_MISSING = "\0{dir}/missing"
# 107 bytes are the most; the folder is part of it.
LONGEST = "{107}"
TOO_LONG = "{108}"

TCP = "{tcp}"


def connect(rule, name, path=None, **options):
    """A question about a connection."""
    path = {} if path is None else {"path": path}
    return ask(rule, name, unix=True, **path, **options)


def endpoint(rule, name, **options):
    """A question about an endpoint of the family `unix`."""
    return ask(rule, name, **{"family": "unix"} | options)


def every(rule, table):
    """Each of these paths."""
    return [connect(rule, name, path) for name, path in table.items()]


VIOLATIONS = {
    "v2": {"tls": PEM},
    "v3": {"server_name": "localhost"},
    "v4": {"handshake_timeout": SECONDS},
    "v5": {"shutdown_timeout": SECONDS},
    "v6": {"path": OPEN, "sock": TCP},
    "v8": {},
    "v9": {"sock": TCP},
}

# Those that cannot be violated together.
APART = {("v2", "v3"), ("v2", "v4"), ("v2", "v5"), ("v6", "v8"), ("v6", "v9"), ("v8", "v9")}


def orders():
    """Two violated rules each: which is told?"""
    names = list(VIOLATIONS)
    return [
        connect(f"C-{first.upper()}, C-{second.upper()}", f"order-{first}-{second}", **both)
        for at, first in enumerate(names)
        for second in names[at + 1 :]
        if (first, second) not in APART
        for both in [{"path": MISSING} | VIOLATIONS[first] | VIOLATIONS[second]]
        for both in [without_path(both, first, second)]
    ]


def without_path(options, *names):
    """A path only where a rule does not need that there is none."""
    if {"v8", "v9"} & set(names):
        del options["path"]
    return options


CONNECTIONS = [
    connect("C-V2", "tls-without-name", OPEN, tls=PEM),
    connect("C-V2", "default-tls-without-name", OPEN, tls=True),
    connect("C-V3", "name-without-tls", OPEN, server_name="localhost"),
    connect("C-V3", "empty-name-without-tls", OPEN, server_name=""),
    connect("C-V4", "handshake-timeout-without-tls", OPEN, handshake_timeout=SECONDS),
    connect("C-V4", "zero-handshake-timeout-without-tls", OPEN, handshake_timeout=0),
    connect("C-V5", "shutdown-timeout-without-tls", OPEN, shutdown_timeout=SECONDS),
    connect("C-V5", "zero-shutdown-timeout-without-tls", OPEN, shutdown_timeout=0),
    connect("C-V6", "path-and-sock", OPEN, sock=TCP),
    connect("C-V6", "empty-path-and-sock", "", sock=TCP),
    connect("C-V8", "nothing"),
    connect("C-V9", "tcp-socket", sock=TCP),
    connect("C-V9", "unconnected-socket", sock="unconnected:inet"),
    connect("C-V9", "unconnected-v6-socket", sock="unconnected:inet6"),
    *orders(),
    *every(
        "C",
        {
            "path": OPEN,
            "link": LINK,
            "relative": "open",
            "relative-with-dots": "./../{name}/open",
            "double-slash": "{dir}//open",
            "abstract": ABSTRACT,
            "empty": "",
            "missing": MISSING,
            "missing-folder": "{dir}/missing/open",
            "relative-missing": "missing",
            "dead": DEAD,
            "file": FILE,
            "folder": "{dir}",
            "datagrams": ECHO,
            "behind-a-file": "{dir}/file/open",
            "loop": LOOP,
            "longest": LONGEST,
            "too-long": TOO_LONG,
            "much-too-long": "{dir}/" + LONG_LABEL * 9,
            "abstract-missing": ABSTRACT_MISSING,
            "abstract-too-long": "\0" + "a" * 108,
            "nul-at-the-end": OPEN + "\0",
            "nul-inside": OPEN + "\0more",
        },
    ),
    *[
        connect(rule, f"{name}-{row}", path, tls=tls, server_name=server, **options)
        for row, path in (("open", OPEN), ("missing", MISSING))
        for rule, name, tls, server, options in [
            ("A-V16", "zero-handshake-timeout", PEM, "localhost", {"handshake_timeout": 0}),
            ("A-V17", "zero-shutdown-timeout", PEM, "localhost", {"shutdown_timeout": 0}),
            ("A-V19", "empty-name-that-is-checked", PEM, "", {}),
            ("A-V20", "name-with-nul", PEM, "a\0b", {}),
        ]
    ],
]


def send(data, to=None):
    """A call of `sendto`."""
    return {"data": data} | ({"to": to} if to else {})


PAIR = {"host": V4, "service": 0}
NOWHERE = {"host": "", "service": 0}
STILL_OPEN = send("still open", ECHO)

ENDPOINTS = [
    *same(
        "B-V2",
        "sock-and",
        {
            "family": {"family": "unix"},
            "local": {"unix_local": HERE},
            "remote": {"unix_remote": ECHO},
            "empty-local": {"unix_local": ""},
            "all": {"unix_local": HERE, "unix_remote": ECHO, "family": "unix", "reuse_port": True},
        },
        sock="unbound:inet",
    ),
    ask("B-V3", "empty-paths", unix_local="", unix_remote=""),
    endpoint("B-V4", "only-family"),
    endpoint("B-V4", "only-family-and-empty-path", unix_local=""),
    endpoint("B-V4", "only-family-and-protocol-1", protocol=1),
    endpoint("B-V4", "only-family-and-protocol-17", protocol=17),
    endpoint("B-V5", "local-host", local_address=PAIR),
    endpoint("B-V5", "remote-host", remote_address=PAIR),
    endpoint("B-V5", "local-path-and-remote-host", unix_local=HERE, remote_address=PAIR),
    endpoint("B-V5", "remote-path-and-local-host", unix_remote=ECHO, local_address=PAIR),
    *[
        question
        for family in ({}, {"family": "inet"})
        for suffix in ["-of-inet" if family else ""]
        for question in [
            ask("B-V6", f"only-local-path{suffix}", unix_local=HERE, **family),
            ask("B-V6", f"only-remote-path{suffix}", unix_remote=ECHO, **family),
            ask(
                "B-V6",
                f"host-and-remote-path{suffix}",
                unix_remote=ECHO,
                local_address=PAIR,
                **family,
            ),
            ask(
                "B-V6, B-V7",
                f"no-host-and-remote-path{suffix}",
                unix_remote=ECHO,
                local_address=NOWHERE,
                **family,
            ),
            ask(
                "B-V6",
                f"empty-local-path-and-host{suffix}",
                unix_local="",
                remote_address=PAIR,
                **family,
            ),
        ]
    ],
    *same(
        "B-V10",
        "reuse-port",
        {
            "only-family": {},
            "local": {"unix_local": HERE},
            "remote": {"unix_remote": ECHO},
            "local-file": {"unix_local": FILE},
        },
        family="unix",
        reuse_port=True,
    ),
    *same(
        "B-V11",
        "local",
        {
            "path": {"unix_local": HERE},
            "relative": {"unix_local": "here"},
            "abstract": {"unix_local": "\0{dir}/here"},
            "stale": {"unix_local": STALE},
            "stale-of-connections": {"unix_local": DEAD},
            "file": {"unix_local": FILE},
            "folder": {"unix_local": "{dir}"},
            "missing-folder": {"unix_local": "{dir}/missing/here"},
            "behind-a-file": {"unix_local": "{dir}/file/here"},
            "too-long": {"unix_local": TOO_LONG},
            "loop": {"unix_local": LOOP},
            "abstract-taken": {"unix_local": ABSTRACT_ECHO},
            "nul-inside": {"unix_local": HERE + "\0more"},
        },
        family="unix",
    ),
    *same(
        "B-V11",
        "remote",
        {
            "path": {"unix_remote": ECHO},
            "relative": {"unix_remote": "echo"},
            "abstract": {"unix_remote": ABSTRACT_ECHO},
            "missing": {"unix_remote": MISSING},
            "stale": {"unix_remote": STALE},
            "file": {"unix_remote": FILE},
            "connections": {"unix_remote": OPEN},
            "too-long": {"unix_remote": TOO_LONG},
            "missing-from-local": {"unix_remote": MISSING, "unix_local": HERE},
        },
        family="unix",
    ),
    *same(
        "B.4",
        "broadcast",
        {
            "remote": {
                "unix_remote": ECHO,
                "unix_local": HERE,
                "sends": [send("one"), send("two", ECHO), send("three", MISSING)],
            },
            "missing": {"unix_remote": MISSING, "sends": [send("one")]},
        },
        family="unix",
        allow_broadcast=True,
    ),
    *same(
        "D.5",
        "connected",
        {
            "no-address": {"sends": [send("one"), send("two")]},
            "equal-address": {"sends": [send("one", ECHO)]},
            "other-address": {"sends": [send("one", MISSING), send("still open")]},
            "nothing": {"sends": [send(""), send("still open")]},
            "large": {"sends": [send({"size": 100_000}), send("still open")]},
            "too-large": {"sends": [send({"size": 10_000_000}), send("still open")]},
        },
        family="unix",
        unix_local=HERE,
        unix_remote=ECHO,
    ),
    *same(
        "D.5",
        "unconnected",
        {
            "to-path": {"sends": [send("one", ECHO)]},
            "to-abstract": {"sends": [send("one", ABSTRACT_ECHO)]},
            "to-missing": {"sends": [send("one", MISSING), STILL_OPEN]},
            "to-stale": {"sends": [send("one", STALE), STILL_OPEN]},
            "to-file": {"sends": [send("one", FILE), STILL_OPEN]},
            "to-connections": {"sends": [send("one", OPEN), STILL_OPEN]},
            "to-too-long": {"sends": [send("one", TOO_LONG), STILL_OPEN]},
            "nowhere": {"sends": [send("one")]},
            "too-large": {"sends": [send({"size": 10_000_000}, ECHO), STILL_OPEN]},
        },
        family="unix",
        unix_local=HERE,
    ),
    *[
        ask(
            "A.3",
            f"{name}-of-the-family-unix",
            family="unix",
            host=host,
            service=service,
            **options,
        )
        for name, host, service, options in [
            ("literal", V4, 80, {}),
            ("name", "localhost", 80, {}),
            ("service", "localhost", "nonsense", {}),
            ("protocol", "localhost", 80, {"protocol": 99}),
            ("no-host", None, 80, {}),
        ]
    ],
]

QUESTIONS = CONNECTIONS + ENDPOINTS
