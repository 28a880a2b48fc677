"""The scripts of sends: what is done to an endpoint once asyncio has created it.

Between two entries of a script is time enough for whatever comes of the first one, unless it says `at-once`.
"""

from datagram_questions import (
    BROADCAST,
    LOCAL,
    LOCAL_V6,
    REMOTE,
    REMOTE_V6,
    at,
    here,
    v4,
    v6,
)
from questions import CLOSED, MAPPED, OPEN, SHORT, TAKEN, V4, V6, ask, same

V4_2 = "127.0.0.2"

# The most that fits into a datagram.
MOST_V4 = 65_507
MOST_V6 = 65_527


def send(data, to=None, **more):
    """A call of `sendto`."""
    return {"data": data} | ({"to": to} if to else {}) | more


def sized(size):
    """Data of which only the size matters."""
    return {"size": size}


CLOSE = {"call": "close"}
ABORT = {"call": "abort"}
# Before asyncio's event loop has done anything about it.
CLOSE_AT_ONCE = CLOSE | {"at-once": True}

# What an endpoint still does after whatever was before.
STILL_OPEN = send("still open")
STILL_OPEN_TO = send("still open", v4(OPEN))

CONNECTED = [
    *same(
        "D.5",
        "connected",
        {
            "no-address": {"sends": [send("one"), send("two")]},
            "equal-address": {"sends": [send("one", v4(OPEN))]},
            "different-port": {"sends": [send("one", v4(TAKEN)), STILL_OPEN]},
            "different-host": {"sends": [send("one", v4(OPEN, V4_2)), STILL_OPEN]},
            "port-0": {"sends": [send("one", v4(0)), STILL_OPEN]},
            "other-family": {"sends": [send("one", v6(OPEN)), STILL_OPEN]},
            "mapped": {"sends": [send("one", v6(OPEN, MAPPED)), STILL_OPEN]},
            "nothing": {"sends": [send(""), STILL_OPEN]},
            "most": {"sends": [send(sized(MOST_V4)), STILL_OPEN]},
            "one-too-many": {"sends": [send(sized(MOST_V4 + 1)), STILL_OPEN]},
            "70000": {"sends": [send(sized(70_000)), send(sized(70_000)), STILL_OPEN]},
            "too-many-to-different-port": {"sends": [send(sized(70_000), v4(TAKEN)), STILL_OPEN]},
        },
        remote_address=REMOTE,
    ),
    *same(
        "D.5",
        "connected-v6",
        {
            "no-address": {"sends": [send("one")]},
            "equal-address": {"sends": [send("one", v6(OPEN))]},
            "flow-info": {"sends": [send("one", v6(OPEN), **{"flow-info": 1}), STILL_OPEN]},
            "scope": {"sends": [send("one", v6(OPEN, f"{V6}%1")), STILL_OPEN]},
            "other-family": {"sends": [send("one", v4(OPEN)), STILL_OPEN]},
            "most-of-v4": {"sends": [send(sized(MOST_V4)), send(sized(MOST_V4 + 1))]},
            "most": {"sends": [send(sized(MOST_V6)), STILL_OPEN]},
            "one-too-many": {"sends": [send(sized(MOST_V6 + 1)), STILL_OPEN]},
        },
        remote_address=REMOTE_V6,
    ),
    *same(
        "D.5",
        "connected-to",
        {
            "short": {"remote_address": at(SHORT), "sends": [send("one"), send("two", v4(OPEN))]},
            "absent-host": {"remote_address": here(OPEN), "sends": [send("one", v6(OPEN))]},
            "taken": {"remote_address": at(V4, TAKEN), "sends": [send("one"), send("two")]},
            "port-0": {"remote_address": at(V4, 0), "sends": [send("one"), send("two", v4(0))]},
            "port-0-other": {"remote_address": at(V4, 0), "sends": [send("one", v4(OPEN))]},
            "v4-unspecified": {
                "remote_address": at("0.0.0.0"),
                "sends": [send("one"), send("two", v4(OPEN)), send("three", v4(OPEN, "0.0.0.0"))],
            },
            "v4-mapped": {
                "remote_address": at(MAPPED),
                "sends": [send("one"), send("two", v6(OPEN, MAPPED)), send("three", v4(OPEN))],
            },
        },
    ),
    *same(
        "D.5",
        "refused",
        {
            "then-sent": {"sends": [send("one"), send("two"), send("three", v4(CLOSED))]},
            "at-once-sent": {"sends": [send("one", **{"at-once": True}), send("two")]},
            "then-different-port": {"sends": [send("one"), send("two", v4(OPEN))]},
            "then-closed": {"sends": [send("one", **{"at-once": True}), CLOSE]},
        },
        remote_address=at(V4, CLOSED),
    ),
    ask("D.5", "refused-v6", remote_address=at(V6, CLOSED), sends=[send("one"), send("two")]),
    *same(
        "D.5",
        "default-peer",
        {
            "no-address": {"sends": [send("one")]},
            "equal-address": {"sends": [send("one", v4(OPEN))]},
            "different-address": {"sends": [send("one", v4(OPEN, V4_2)), STILL_OPEN]},
        },
        remote_address=REMOTE,
        allow_broadcast=True,
    ),
]

UNCONNECTED = [
    *same(
        "D.5",
        "unconnected",
        {
            "no-address": {"sends": [send("one"), STILL_OPEN_TO]},
            "literal": {"sends": [send("one", v4(OPEN)), send("two", v4(OPEN, V4_2))]},
            "taken": {"sends": [send("one", v4(TAKEN)), STILL_OPEN_TO]},
            "closed": {"sends": [send("one", v4(CLOSED)), send("two", v4(CLOSED)), STILL_OPEN_TO]},
            "port-0": {"sends": [send("one", v4(0)), STILL_OPEN_TO]},
            "other-family": {"sends": [send("one", v6(OPEN)), STILL_OPEN_TO]},
            "other-family-pair": {"sends": [send("one", v6(OPEN), pair=True), STILL_OPEN_TO]},
            "mapped": {"sends": [send("one", v6(OPEN, MAPPED)), STILL_OPEN_TO]},
            "v4-unspecified": {"sends": [send("one", v4(OPEN, "0.0.0.0"))]},
            "broadcast": {"sends": [send("one", v4(OPEN, BROADCAST)), STILL_OPEN_TO]},
            "nothing": {"sends": [send("", v4(OPEN)), STILL_OPEN_TO]},
            "nothing-no-address": {"sends": [send(""), STILL_OPEN_TO]},
            "most": {"sends": [send(sized(MOST_V4), v4(OPEN)), STILL_OPEN_TO]},
            "one-too-many": {"sends": [send(sized(MOST_V4 + 1), v4(OPEN)), STILL_OPEN_TO]},
            "70000": {"sends": [send(sized(70_000), v4(OPEN)), STILL_OPEN_TO]},
        },
        local_address=LOCAL,
    ),
    *same(
        "D.5",
        "unconnected-v6",
        {
            "no-address": {"sends": [send("one"), send("two", v6(OPEN))]},
            "literal": {"sends": [send("one", v6(OPEN))]},
            "closed": {"sends": [send("one", v6(CLOSED)), send("two", v6(OPEN))]},
            "port-0": {"sends": [send("one", v6(0)), send("two", v6(OPEN))]},
            "other-family": {"sends": [send("one", v4(OPEN)), send("two", v6(OPEN))]},
            "mapped": {"sends": [send("one", v6(OPEN, MAPPED)), send("two", v6(OPEN))]},
            "one-too-many": {"sends": [send(sized(MOST_V6 + 1), v6(OPEN)), send("", v6(OPEN))]},
        },
        local_address=LOCAL_V6,
    ),
    ask(
        "D.5", "unbound", family="inet", sends=[send("one", v4(OPEN)), send("two", v4(OPEN, V4_2))]
    ),
    ask("D.5", "unbound-v6", family="inet6", sends=[send("one", v6(OPEN))]),
    ask("D.5", "unbound-v6-mapped", family="inet6", sends=[send("one", v6(OPEN, MAPPED))]),
    ask("D.5", "unbound-v6-other-family", family="inet6", sends=[send("one", v4(OPEN))]),
    ask(
        "D.5",
        "broadcast-allowed",
        family="inet",
        allow_broadcast=True,
        sends=[send("one", v4(OPEN, BROADCAST)), STILL_OPEN_TO],
    ),
]

SOCKETS = [
    ask("D.5", "sock-unbound-sends", sock="unbound:inet", sends=[send("one", v4(OPEN))]),
    ask("D.5", "sock-bound-sends", sock=f"bound:{V4}", sends=[send("one", v4(OPEN)), send("two")]),
    # asyncio does not know that it has a peer, and does not compare: no rule of `remote-address` holds.
    *same(
        "D.5",
        "sock-connected",
        {
            "no-address": {"sends": [send("one")]},
            "equal-address": {"sends": [send("one", v4(OPEN))]},
            "different-port": {"sends": [send("one", v4(TAKEN))]},
            "other-family": {"sends": [send("one", v6(OPEN))]},
        },
        sock=v4(OPEN),
    ),
    ask("D.5", "sock-connected-refused", sock=v4(CLOSED), sends=[send("one"), send("two")]),
]

ENDS = {
    "close": [CLOSE, send("one"), send("two")],
    "close-at-once": [CLOSE_AT_ONCE, send("one"), send("two")],
    "abort": [ABORT, send("one")],
    "close-twice": [CLOSE, CLOSE, ABORT],
    "close-and-abort-at-once": [CLOSE_AT_ONCE, ABORT],
}
CLOSED_ENDPOINTS = [
    *same(
        "D.5",
        "connected",
        {row: {"sends": ends} for row, ends in ENDS.items()},
        remote_address=REMOTE,
    ),
    *same(
        "D.5",
        "unconnected",
        {
            row: {"sends": [end | {"to": v4(OPEN)} if "data" in end else end for end in ends]}
            for row, ends in ENDS.items()
        },
        local_address=LOCAL,
    ),
    ask(
        "D.5",
        "connected-close-different-port",
        remote_address=REMOTE,
        sends=[CLOSE, send("one", v4(TAKEN))],
    ),
    ask("D.5", "unconnected-close-no-address", local_address=LOCAL, sends=[CLOSE, send("one")]),
    ask(
        "D.5",
        "connected-sent-and-close-at-once",
        remote_address=REMOTE,
        sends=[send("one", **{"at-once": True}), CLOSE],
    ),
]

QUESTIONS = [*CONNECTED, *UNCONNECTED, *SOCKETS, *CLOSED_ENDPOINTS]
