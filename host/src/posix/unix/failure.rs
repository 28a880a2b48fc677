//! The system's errors, as the WIT has them.

use super::super::bindings::switchboard::posix::sockets::Failure;
use rustix::io::Errno;
use std::io;
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ACCESS => Failure::PermissionDenied,
            Errno::PERM => Failure::OperationNotPermitted,
            Errno::OPNOTSUPP
            | Errno::NOPROTOOPT
            | Errno::PFNOSUPPORT
            | Errno::PROTONOSUPPORT
            | Errno::SOCKTNOSUPPORT
            | Errno::AFNOSUPPORT => Failure::NotSupported,
            Errno::INVAL => Failure::InvalidArgument,
            Errno::NOMEM | Errno::NOBUFS => Failure::OutOfMemory,
            Errno::MFILE | Errno::NFILE => Failure::TooManySockets,
            Errno::TIMEDOUT => Failure::Timeout,
            Errno::ISCONN | Errno::NOTCONN | Errno::DESTADDRREQ | Errno::ALREADY => {
                Failure::InvalidState
            }
            Errno::ADDRNOTAVAIL => Failure::AddressNotBindable,
            Errno::ADDRINUSE => Failure::AddressInUse,
            Errno::NETDOWN => Failure::NetworkDown,
            Errno::NETUNREACH => Failure::NetworkUnreachable,
            Errno::HOSTDOWN => Failure::HostDown,
            Errno::HOSTUNREACH => Failure::HostUnreachable,
            Errno::CONNREFUSED => Failure::ConnectionRefused,
            Errno::PIPE => Failure::ConnectionBroken,
            Errno::CONNRESET | Errno::NETRESET => Failure::ConnectionReset,
            Errno::CONNABORTED => Failure::ConnectionAborted,
            Errno::MSGSIZE => Failure::DatagramTooLarge,
            Errno::NOENT => Failure::NoSuchFile,
            Errno::NOTDIR => Failure::NotADirectory,
            Errno::LOOP => Failure::TooManySymbolicLinks,
            Errno::NAMETOOLONG => Failure::PathTooLong,
            Errno::ROFS => Failure::ReadOnlyFileSystem,
            Errno::NOSPC | Errno::DQUOT => Failure::NoSpace,
            Errno::PROTOTYPE => Failure::WrongSocketType,
            other => Failure::Other(Some(other.to_string())),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(errno) => errno.into(),
            None => Failure::Other(Some(error.to_string())),
        }
    }
}

/// How a stream ended: what `wasi:sockets` tells of it.
pub(super) fn ending(error: io::Error) -> ErrorCode {
    wasmtime_wasi::sockets::ErrorCode::from(error).into()
}
