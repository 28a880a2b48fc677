"""The contract's failures as Python's exceptions, with the words of Linux."""

from __future__ import annotations

import errno
import os
from typing import Any

from .bindings import connect, datagrams, sockets, streams

# What a failure of WASI is called by POSIX. WASI has one for the several ways not to find a host.
_NUMBERS = {
    sockets.ErrorCode_AccessDenied: errno.EACCES,
    sockets.ErrorCode_NotSupported: errno.EOPNOTSUPP,
    sockets.ErrorCode_InvalidArgument: errno.EINVAL,
    sockets.ErrorCode_OutOfMemory: errno.ENOMEM,
    sockets.ErrorCode_Timeout: errno.ETIMEDOUT,
    sockets.ErrorCode_InvalidState: errno.EINVAL,
    sockets.ErrorCode_AddressNotBindable: errno.EADDRNOTAVAIL,
    sockets.ErrorCode_AddressInUse: errno.EADDRINUSE,
    sockets.ErrorCode_RemoteUnreachable: errno.EHOSTUNREACH,
    sockets.ErrorCode_ConnectionRefused: errno.ECONNREFUSED,
    sockets.ErrorCode_ConnectionBroken: errno.EPIPE,
    sockets.ErrorCode_ConnectionReset: errno.ECONNRESET,
    sockets.ErrorCode_ConnectionAborted: errno.ECONNABORTED,
    sockets.ErrorCode_DatagramTooLarge: errno.EMSGSIZE,
}


# What glibc calls otherwise than wasi-libc.
_TEXTS = {
    errno.EADDRINUSE: "Address already in use",
    errno.EADDRNOTAVAIL: "Cannot assign requested address",
    errno.EHOSTUNREACH: "No route to host",
    errno.EMSGSIZE: "Message too long",
    errno.ENOTCONN: "Transport endpoint is not connected",
    errno.EISCONN: "Transport endpoint is already connected",
    errno.ETIMEDOUT: "Connection timed out",
    errno.ENAMETOOLONG: "File name too long",
    errno.ELOOP: "Too many levels of symbolic links",
    errno.EMFILE: "Too many open files",
    errno.EPROTOTYPE: "Protocol wrong type for socket",
    errno.EOPNOTSUPP: "Operation not supported",
}


def numbered(number: int) -> OSError:
    """An error of the system by its number, with Linux's text."""
    return OSError(number, _TEXTS.get(number) or os.strerror(number))


def os_error(code: Any, message: str | None = None) -> OSError:
    """A failure of the operating system."""
    number = _NUMBERS.get(type(code))
    name = getattr(code, "value", None)
    if number is None and name is not None:
        # What WASI has no word for has POSIX's name.
        number = getattr(errno, name, None)
    if number is None:
        return OSError(errno.EIO, message or name or os.strerror(errno.EIO))
    return numbered(number)


def connecting_failed(failure: Any, message: str) -> OSError:
    """Why a socket of one address was not connected or bound."""
    match failure:
        case connect.Failure_Os(value):
            return os_error(value.code, value.message)
        case connect.Failure_NotSupported(text):
            # It names what would be needed.
            return OSError(errno.EOPNOTSUPP, text)
        case connect.Failure_InvalidArgument():
            return OSError(errno.EINVAL, message)
        case connect.Failure_RefusedNetwork():
            return OSError(errno.EACCES, message)
        case connect.Failure_TimedOut():
            return os_error(sockets.ErrorCode_Timeout())
        case connect.Failure_Cancelled():
            return OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
    return OSError(errno.EIO, message)


def stream_failed(failure: Any) -> OSError:
    """Why a connection has ended."""
    match failure:
        case streams.StreamFailure_Socket(code):
            return os_error(code)
        case streams.StreamFailure_TimedOut():
            return os_error(sockets.ErrorCode_Timeout())
    return os_error(sockets.ErrorCode_ConnectionAborted())


def sending_failed(failure: Any) -> OSError:
    """Why a datagram was not sent."""
    match failure:
        case datagrams.SendFailure_RefusedNetwork(text):
            return PermissionError(errno.EACCES, text)
        case datagrams.SendFailure_InvalidArgument(text):
            return OSError(errno.EINVAL, text)
    return OSError(errno.EBADF, os.strerror(errno.EBADF))
