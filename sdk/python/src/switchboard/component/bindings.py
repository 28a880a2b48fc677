"""The interfaces that the loop stands on, and the classes of their values.

All that depends on how the contract writes an address, a failure or an option is here, in `addresses.py`, `failures.py` and `options.py`.
"""

from __future__ import annotations

from componentize_py_types import Err, Ok
from wit_world.imports import datagrams, ip_name_lookup, monotonic_clock, streams

# componentize-py names a module after its interface, or if there are several of that name, its package too.
connect = getattr(streams, "switchboard_connect_types", None) or streams.types
sockets = getattr(streams, "wasi_sockets_types", None) or streams.types

__all__ = ["Err", "Ok", "connect", "datagrams", "ip_name_lookup", "monotonic_clock", "sockets", "streams"]
