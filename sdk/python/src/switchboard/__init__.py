"""Python's network inside a WebAssembly component: `ssl` and asyncio as Python has them.

`switchboard-py build program.py` makes a component of a program, in which `ssl`, blocking sockets and asyncio work without
a change to the program.
"""

__version__ = "0.1.0"
