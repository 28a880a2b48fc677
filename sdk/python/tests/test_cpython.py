"""CPython's own tests of `ssl` and of asyncio's client side, in the component.

They are those of CPython 3.13, where it is here: componentize-py has none. What needs threads is counted, and not held against
anybody; what else fails is listed with its reason.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CPYTHONS_OWN, GUEST, command, run

# What ran without threads at least, and which failed of them.
_MODULES: dict[str, tuple[int, dict[str, str]]] = {
    "test_asyncio.test_transports": (7, {}),
    "test_asyncio.test_protocols": (5, {}),
    "test_asyncio.test_buffered_proto": (1, {}),
    "test_asyncio.test_staggered": (5, {}),
    "test_asyncio.test_timeouts": (34, {}),
    "test_asyncio.test_queues": (59, {}),
    "test_asyncio.test_streams": (57, {"test_unclosed_server_resource_warnings": "3.14 says it in other words"}),
    "test_asyncio.test_sslproto": (13, {}),
    "test_asyncio.test_selector_events": (113, {
        "test_accept_connection_multiple": "of 3.13: 3.14 accepts one more than the backlog",
        "test_write_ready_exception": "its buffer is of numbers, which our _write_send does not join",
    }),
    "test_asyncio.test_base_events": (93, {
        "test_create_named_task_with_custom_factory": "of 3.13: 3.14 gives factories more arguments",
        "test_create_connection_ipv6_scope": "WASI knows interfaces by their numbers alone",
        "test_create_datagram_endpoint_allow_broadcast": "WASI has no SO_BROADCAST",
        "test_create_datagram_endpoint_sockopts": "WASI has no SO_BROADCAST",
        "test_create_server_ipv6": "WASI has no IPV6_V6ONLY",
        "BaseLoopSockSendfileTests)": "there is no folder to write to",
    }),
    "test_asyncio.test_sock_lowlevel": (6, {}),
    "test_ssl.BasicSocketTests": (28, {
        "test_openssl111_deprecations": "there are no deprecated options to warn of",
        "test_ssl_types": "its types are written in Python, and can be changed",
    }),
    "test_ssl.ContextTests": (29, {
        "test_hostname_checks_common_name": "names in commonName are not looked at",
        "test_load_default_certs_env": "the roots are built in",
        "test_load_dh_params": "no finite-field Diffie-Hellman",
        "test_load_verify_locations": "says PEM: BAD_BASE64_DECODE, not PEM lib",
        "test_min_max_version": "TLS 1.2 is the lowest",
        "test_num_tickest": "0 or 2",
        "test_verify_flags": "VERIFY_CRL_CHECK_CHAIN is not there",
    }),
    "test_ssl.SSLErrorTests": (4, {"test_lib_reason": "no finite-field Diffie-Hellman"}),
    "test_ssl.MemoryBIOTests": (5, {}),
    "test_ssl.SSLObjectTests": (2, {}),
    "test_ssl.TestEnumerations": (10, {}),
}  # fmt: skip


def _library() -> str | None:
    """Also where a shim of pyenv is found first, which runs another version or none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in (shutil.which("python3.13"), *sorted(versions.glob("3.13*/bin/python3.13"))):
        if python is not None:
            say = "import sysconfig; print(sysconfig.get_path('stdlib'))"
            library = subprocess.run([python, "-c", say], capture_output=True, text=True, check=False).stdout.strip()
            if library and (Path(library) / "test" / "test_asyncio").is_dir():
                return library
    return None


@pytest.fixture(scope="module")
def library() -> str:
    found = _library()
    if found is None:
        pytest.skip("no tests of CPython 3.13 here")
    return found


@pytest.mark.parametrize("name", _MODULES)
def test_cpythons_own(name: str, library: str, record_property: Callable[[str, object], None]) -> None:
    done = run(command(Path(library)), str(GUEST / "cpython.py"), library, name)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    record_property(CPYTHONS_OWN, [told["ran"], told["threads"], len(told["failed"])])
    least, known = _MODULES[name]
    assert told["failed"].keys() == known.keys(), told["failed"]
    assert told["ran"] - told["threads"] >= least, told
