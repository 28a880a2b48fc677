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
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import CPYTHONS_OWN, GUEST, command, run

# CPython 3.13.0's were tried. Of another 3.13 some may be missing, or pass.
_TRIED = "3.13.0"


@dataclass(frozen=True)
class Module:
    """How one goes."""

    least: int
    """What runs without threads at least."""
    failing: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Which fail: a piece of what they say, and the reason."""
    threads: str = ""
    """Which start threads, and are excused; one that is there twice is run with two selectors."""


_BROADCAST = "has no attribute 'SO_BROADCAST'", "WASI has no SO_BROADCAST"
_DH = "load_dh_params, for rustls has no finite-field Diffie-Hellman", "no finite-field Diffie-Hellman"
_MODULES = {
    "test_asyncio.test_transports": Module(7),
    "test_asyncio.test_protocols": Module(5),
    "test_asyncio.test_buffered_proto": Module(1),
    "test_asyncio.test_staggered": Module(5),
    "test_asyncio.test_timeouts": Module(34),
    "test_asyncio.test_queues": Module(59),
    "test_asyncio.test_streams": Module(
        57,
        {"test_unclosed_server_resource_warnings": ("Unhandled exception in clien", "3.14 says it in other words")},
        "test_async_writer_api test_async_writer_api_exception_after_close test_drain_raises test_eof_feed_when_closing_writer "
        "test_loop_is_closed_resource_warnings test_open_connection test_open_connection_error test_open_connection_no_loop_ssl "
        "test_unclosed_resource_warnings test_wait_closed_on_close test_wait_closed_on_close_with_unread_data",
    ),
    "test_asyncio.test_sslproto": Module(
        13,
        {},
        "test_create_connection_memory_leak test_create_connection_ssl_failed_certificate test_create_connection_ssl_slow_handshake "
        "test_handshake_timeout test_start_tls_client_buf_proto_1 test_start_tls_client_corrupted_ssl test_start_tls_client_reg_proto_1 "
        "test_start_tls_server_1 test_start_tls_slow_client_cancel",
    ),
    "test_asyncio.test_selector_events": Module(
        113,
        {
            "test_accept_connection_multiple": ("101 != 100", "of 3.13: 3.14 accepts one more than the backlog"),
            "test_write_ready_exception": ("object of type 'int' has no len()", "its buffer is of numbers, which our _write_send does not join"),
        },
        "test_sock_connect_resolve_using_socket_params",
    ),
    "test_asyncio.test_base_events": Module(
        93,
        {
            "test_create_named_task_with_custom_factory": ("unexpected keyword argument 'name'", "of 3.13: 3.14 gives factories more arguments"),
            "test_create_connection_ipv6_scope": ("[Errno 28] Invalid argument", "WASI knows interfaces by their numbers alone"),
            "test_create_datagram_endpoint_allow_broadcast": _BROADCAST,
            "test_create_datagram_endpoint_sockopts": _BROADCAST,
            "test_create_server_ipv6": ("[Errno 50] Protocol not available", "WASI has no IPV6_V6ONLY"),
            "BaseLoopSockSendfileTests)": ("No such file or directory: '@test_", "there is no folder to write to"),
        },
        "test_asyncgen_finalization_by_gc_in_other_thread test_check_thread test_set_default_executor test_shutdown_default_executor_timeout",
    ),
    "test_asyncio.test_sock_lowlevel": Module(
        6,
        {},
        "test_create_connection_sock test_create_connection_sock test_huge_content test_huge_content test_huge_content_recvinto "
        "test_huge_content_recvinto test_recvfrom test_recvfrom test_recvfrom_into test_recvfrom_into test_sendto_blocking "
        "test_sendto_blocking test_sock_client_ops test_sock_client_ops test_sock_client_racing test_sock_client_racing",
    ),
    "test_ssl.BasicSocketTests": Module(
        27,
        {
            "test_openssl111_deprecations": ("DeprecationWarning not triggered", "there are no deprecated options to warn of"),
            "test_ssl_types": ("TypeError not raised", "its types are written in Python, and can be changed"),
        },
        "test_read_write_zero",
    ),
    "test_ssl.ContextTests": Module(
        29,
        {
            "test_hostname_checks_common_name": ("False is not true", "names in commonName are not looked at"),
            "test_load_default_certs_env": ("'x509': 1", "the roots are built in"),
            "test_load_dh_params": _DH,
            "test_load_verify_locations": ("[PEM: BAD_BASE64_DECODE]", "says PEM: BAD_BASE64_DECODE, not PEM lib"),
            "test_min_max_version": ("<TLSVersion.TLSv1_2: 771> != <TLSVersion.TLSv1_1: 770>", "TLS 1.2 is the lowest"),
            "test_num_tickest": ("num_tickets other than 0 and 2", "0 or 2"),
            "test_verify_flags": ("verify_flags 0x8: not available", "VERIFY_CRL_CHECK_CHAIN is not there"),
        },
    ),
    "test_ssl.SSLErrorTests": Module(4, {"test_lib_reason": _DH}),
    "test_ssl.MemoryBIOTests": Module(5),
    "test_ssl.SSLObjectTests": Module(2),
    "test_ssl.TestEnumerations": Module(10),
}


def _library() -> tuple[str, str] | None:
    """Where it is, and its version. Also where a shim of pyenv is found first, which runs another version or none."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in (shutil.which("python3.13"), *sorted(versions.glob("3.13*/bin/python3.13"))):
        if python is not None:
            say = "import platform, sysconfig; print(sysconfig.get_path('stdlib'), platform.python_version())"
            said = subprocess.run([python, "-c", say], capture_output=True, text=True, check=False).stdout.split()
            if len(said) == 2 and (Path(said[0]) / "test" / "test_asyncio").is_dir():
                return said[0], said[1]
    return None


@pytest.fixture(scope="module")
def library() -> tuple[str, str]:
    found = _library()
    if found is None:
        # No package index has it, and the summary says in red that none ran.
        pytest.skip("there is no CPython 3.13 with its package test here (Debian: libpython3.13-testsuite, pyenv: has it)")
    return found


@pytest.mark.parametrize("name", _MODULES)
def test_cpythons_own(name: str, library: tuple[str, str], record_property: Callable[[str, object], None]) -> None:
    folder, version = library
    done = run(command(Path(folder)), str(GUEST / "cpython.py"), folder, name)
    assert done.returncode == 0, done.stderr
    told, module = json.loads(done.stdout), _MODULES[name]
    failed, threads, excused = told["failed"], told["threads"], module.threads.split()
    reasons = [f"{test} ({module.failing[test][1]})" for test in failed if test in module.failing]
    record_property(CPYTHONS_OWN, [name, version, told["ran"], told["skipped"], len(threads), len(failed), reasons])
    if version == _TRIED:
        assert (sorted(failed), threads) == (sorted(module.failing), excused), told
    assert failed.keys() <= module.failing.keys() and not set(threads) - set(excused) and len(threads) <= len(excused), told
    assert [text for test, text in failed.items() if module.failing[test][0] not in text] == []
    assert told["ran"] - len(threads) >= module.least, told
