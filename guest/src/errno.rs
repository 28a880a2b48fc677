//! What POSIX tells apart and `error-code` of `wasi:sockets` does not.

use crate::failure::SocketError;

/// A number of POSIX, by its name there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Errno {
    Eperm,
    Enoent,
    Enotdir,
    Emfile,
    Enospc,
    Erofs,
    Eloop,
    Enametoolong,
    Eprototype,
    Enetdown,
    Ehostdown,
    Ehostunreach,
}

impl Errno {
    /// Its name, its number in Linux, and Linux's words for it.
    fn facts(self) -> (&'static str, u32, &'static str) {
        match self {
            Errno::Eperm => ("EPERM", 1, "Operation not permitted"),
            Errno::Enoent => ("ENOENT", 2, "No such file or directory"),
            Errno::Enotdir => ("ENOTDIR", 20, "Not a directory"),
            Errno::Emfile => ("EMFILE", 24, "Too many open files"),
            Errno::Enospc => ("ENOSPC", 28, "No space left on device"),
            Errno::Erofs => ("EROFS", 30, "Read-only file system"),
            Errno::Eloop => ("ELOOP", 40, "Too many levels of symbolic links"),
            // Python finds it out itself, and has no number for it (ASYNCIO C).
            Errno::Enametoolong => ("ENAMETOOLONG", 0, "AF_UNIX path too long"),
            Errno::Eprototype => ("EPROTOTYPE", 91, "Protocol wrong type for socket"),
            Errno::Enetdown => ("ENETDOWN", 100, "Network is down"),
            Errno::Ehostdown => ("EHOSTDOWN", 112, "Host is down"),
            Errno::Ehostunreach => ("EHOSTUNREACH", 113, "No route to host"),
        }
    }

    /// The number, if Python tells one.
    pub fn number(self) -> Option<u32> {
        let (_, number, _) = self.facts();
        (number != 0).then_some(number)
    }

    /// In Linux's words, and once in Python's.
    pub fn text(self) -> &'static str {
        let (_, _, text) = self.facts();
        text
    }

    /// As `wasi:sockets` tells it: among others, or by its name.
    pub fn in_wasi(self) -> SocketError {
        match self {
            Errno::Eperm => SocketError::AccessDenied,
            Errno::Enetdown | Errno::Ehostdown | Errno::Ehostunreach => {
                SocketError::RemoteUnreachable
            }
            errno => {
                let (name, _, _) = errno.facts();
                SocketError::Other(Some(name.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::OsFailure;

    #[test]
    fn in_the_words_of_python() {
        for (errno, message) in [
            (Errno::Enoent, "[Errno 2] No such file or directory"),
            (Errno::Enametoolong, "AF_UNIX path too long"),
            (
                Errno::Eprototype,
                "[Errno 91] Protocol wrong type for socket",
            ),
        ] {
            let failure = OsFailure::new(SocketError::Posix(errno));
            assert_eq!(failure.message, message);
        }
        let far = OsFailure::connect(
            SocketError::Posix(Errno::Ehostunreach),
            "192.0.2.1:7".parse().unwrap(),
        );
        assert_eq!(
            far.message,
            "[Errno 113] Connect call failed ('192.0.2.1', 7)"
        );
    }

    #[test]
    fn by_a_name_only_where_wasi_has_no_word() {
        assert_eq!(Errno::Eperm.in_wasi(), SocketError::AccessDenied);
        let other = SocketError::Other(Some("ENOENT".into()));
        assert_eq!(Errno::Enoent.in_wasi(), other);
    }
}
