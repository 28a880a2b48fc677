"""Writes down how asyncio schedules its attempts (`race`), and how it orders their addresses (`interleave`).

The race is `loop.create_connection` itself, on an event loop whose clock is virtual: it jumps to the next timer, so
that nothing waits and every time is exact. The attempts are scripted, and no socket connects to anything.

All times are in milliseconds since the start of the call. In the scenarios no two events fall on the same millisecond,
for then their order would be an accident of asyncio's, and at most LIMIT attempts run at a time. A race that never ends
is no scenario.
"""

import asyncio
import contextlib
import random
import selectors
import socket
import sys
from asyncio import base_events

import vectors

# Up to here a race starts attempts as RFC 8305 says; asyncio itself knows no limit.
LIMIT = 6
RACES = 60
INTERLEAVINGS = 40
SEED = 8305

HANGS = {"hangs": True}


def fails(after):
    return {"fails": after}


def wins(after):
    return {"wins": after}


# Scenarios worth having whatever the random ones are.
CHOSEN_RACES = [
    (250, [HANGS, fails(150), HANGS, wins(500)]),
    (None, [fails(150), fails(20), wins(500), HANGS]),
    (None, [wins(70), HANGS]),
    (None, [fails(30), fails(40), fails(50)]),
    (250, [wins(70)]),
    (250, [fails(70)]),
    (250, [wins(249), wins(10)]),
    (250, [wins(251), wins(10)]),
    (250, [wins(300), wins(40)]),
    (250, [wins(300), wins(60)]),
    (250, [fails(300), fails(400), wins(20)]),
    (250, [fails(300), fails(20), fails(45)]),
    (250, [fails(10), fails(20), fails(30), fails(40), wins(50)]),
    (250, [HANGS, HANGS, HANGS, HANGS, HANGS, wins(1)]),
    (250, [HANGS, fails(600), fails(400), wins(10)]),
    (10, [HANGS, wins(5)]),
    (10, [wins(1000), HANGS, HANGS, wins(900)]),
    (1000, [fails(1), fails(2), HANGS, wins(3)]),
]

# Addresses for documentation (RFC 3849, RFC 5737) of each family.
PREFIXES = {"6": "2001:db8::", "4": "192.0.2."}

# Rule A.4's own, then what the edges of n and of the list are.
CHOSEN_INTERLEAVINGS = [
    ("66644446", 1),
    ("66644446", 2),
    ("66644446", 3),
    ("66644446", 4),
    ("66644446", 9),
    ("44466", 1),
    ("44466", 2),
    ("4666", 2),
    ("6", 1),
    ("6", 2),
    ("666", 1),
    ("444", 3),
    ("64", 1),
    ("46", 2),
]


class Clock(selectors.SelectSelector):
    """A selector that does not wait: it moves the time on, and finds nothing ready but what is."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        if timeout is None:
            raise StuckError
        self.now += timeout
        return super().select(0)


class StuckError(Exception):
    """Nothing will ever happen any more: every attempt that is left hangs."""


class RacingLoop(asyncio.SelectorEventLoop):
    """An event loop on a virtual clock, on which the addresses of a name have the fates that are given."""

    def __init__(self, fates):
        self.clock = Clock()
        super().__init__(self.clock)
        self.fates = fates
        self.starts = []
        self.winner = None
        self.won_at = None

    def time(self):
        return self.clock.now

    def milliseconds(self):
        return round(self.time() * 1000)

    async def getaddrinfo(self, host, port, **hints):
        """An address for each fate; its last part is the number of the attempt."""
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (f"192.0.2.{index}", port))
            for index in range(len(self.fates))
        ]

    async def sock_connect(self, sock, address):
        """Meets the fate of the attempt."""
        index = int(address[0].rpartition(".")[2])
        self.starts.append(self.milliseconds())
        match self.fates[index]:
            case {"fails": after}:
                await asyncio.sleep(after / 1000)
                raise ConnectionRefusedError
            case {"wins": after}:
                await asyncio.sleep(after / 1000)
                self.winner, self.won_at = index, self.milliseconds()
            case _:
                await self.create_future()


class Won(Exception):
    """Ends `create_connection` as soon as there is a winner, before it makes a transport of it."""


def won():
    raise Won


def trace_race(delay, fates):
    """What happens in a race, or None if it never ends."""
    loop = RacingLoop(fates)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            runner.run(connect(loop, delay))
        except StuckError:
            return None
    return {
        "delay": delay,
        "fates": fates,
        "starts": loop.starts,
        "winner": loop.winner,
        "won-at": loop.won_at,
    }


async def connect(loop, delay):
    """Calls `create_connection` and leaves it to the loop to note what happens."""
    seconds = None if delay is None else delay / 1000
    with contextlib.suppress(Won, OSError):
        await loop.create_connection(won, "several.test", 80, happy_eyeballs_delay=seconds)


def is_scenario(trace):
    """Whether the race ended, and everything about it is certain."""
    return trace is not None and is_unambiguous(trace) and most_at_once(trace) <= LIMIT


def is_unambiguous(trace):
    """Whether no two of the ends of attempts and of the delays after their starts coincide."""
    ends = [start + lasts for start, lasts in lifetimes(trace) if lasts is not None]
    delay = trace["delay"]
    delays = [] if delay is None else [start + delay for start in trace["starts"]]
    events = ends + delays
    return len(set(events)) == len(events)


def most_at_once(trace):
    """How many attempts ran at the same time, where it was most."""
    return max(
        sum(
            before <= start and (lasts is None or start < before + lasts)
            for before, lasts in lifetimes(trace)
        )
        for start in trace["starts"]
    )


def lifetimes(trace):
    """When each attempt that was made started, and how long it would last: None is for ever."""
    return [
        (start, fate.get("fails", fate.get("wins")))
        for start, fate in zip(trace["starts"], trace["fates"])
    ]


def record_races():
    """The chosen races, then random ones up to RACES."""
    traces = [trace_race(delay, fates) for delay, fates in CHOSEN_RACES]
    if not all(map(is_scenario, traces)):
        raise ValueError("a chosen race is no scenario")
    dice = random.Random(SEED)
    while len(traces) < RACES:
        trace = trace_race(*random_race(dice))
        if is_scenario(trace):
            traces.append(trace)
    return traces


def random_race(dice):
    """A delay and two to nine fates."""
    delay = dice.choice([None, 10, 50, 100, 250, 250, 250, 400])
    return delay, [random_fate(dice) for _ in range(dice.randint(2, 9))]


def random_fate(dice):
    """Wins are rare, so that races are long."""
    after = dice.randint(1, 900)
    return dice.choice([HANGS, HANGS, fails(after), fails(after), fails(after), wins(after)])


def record_interleavings():
    """The chosen lists, then random ones up to INTERLEAVINGS."""
    dice = random.Random(SEED)
    lists = list(CHOSEN_INTERLEAVINGS)
    while len(lists) < INTERLEAVINGS:
        families = "".join(dice.choices("46", k=dice.randint(2, 10)))
        lists.append((families, dice.randint(1, 5)))
    return [interleaving(families, n) for families, n in lists]


def interleaving(families, n):
    """What asyncio makes of a list of addresses with these families; of an entry it looks at the family alone."""
    numbered = enumerate(families, start=1)
    before = [(family, f"{PREFIXES[family]}{number}") for number, family in numbered]
    after = base_events._interleave_addrinfos(before, n)
    return {
        "before": [address for _, address in before],
        "n": n,
        "after": [address for _, address in after],
    }


RECORDERS = {"race": record_races, "interleave": record_interleavings}


def main():
    parser = vectors.arguments(__doc__.splitlines()[0])
    parser.add_argument("what", choices=RECORDERS)
    options = parser.parse_args()
    return vectors.finish(RECORDERS[options.what](), options.check)


if __name__ == "__main__":
    sys.exit(main())
