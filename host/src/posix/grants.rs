//! What is granted of the capability.

use super::bindings::switchboard::posix::sockets::{Failure, Family};
use super::limits::Limits;
use crate::Network;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// An option of sockets that is granted by itself. All others are those of `wasi:sockets`, and need no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SocketOption {
    /// `TCP_NODELAY`: what is written is sent at once.
    NoDelay,
    /// `SO_REUSEADDR`: to bind a UDP socket where others have done so too, and to take their datagrams; or a TCP socket where a
    /// connection has just been.
    ReuseAddress,
    /// `SO_REUSEPORT`: to share an address with sockets of the same user, which may be those of other programs.
    ReusePort,
    /// `SO_BROADCAST`: to send to all hosts of a network. The address has to be granted too.
    Broadcast,
}

impl SocketOption {
    /// All that there are.
    pub const ALL: [Self; 4] = [
        Self::NoDelay,
        Self::ReuseAddress,
        Self::ReusePort,
        Self::Broadcast,
    ];

    /// Its name in the WIT.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoDelay => "no-delay",
            Self::ReuseAddress => "reuse-address",
            Self::ReusePort => "reuse-port",
            Self::Broadcast => "broadcast",
        }
    }
}

/// The text names no option that could be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSocketOption(String);

impl fmt::Display for NoSocketOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = SocketOption::ALL.map(SocketOption::name).join(", ");
        write!(f, "'{}' is none of {names}", self.0)
    }
}

impl std::error::Error for NoSocketOption {}

/// By the name in the WIT.
impl FromStr for SocketOption {
    type Err = NoSocketOption;

    fn from_str(text: &str) -> Result<Self, NoSocketOption> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|it| it.name() == text);
        found.ok_or_else(|| NoSocketOption(text.into()))
    }
}

/// Everything that is granted, and how much of it at a time.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) network: Network,
    /// To connect and to send to.
    pub(crate) connect: Places,
    /// To bind to.
    pub(crate) bind: Places,
    pub(crate) options: BTreeSet<SocketOption>,
    pub(crate) limits: Limits,
}

impl Grants {
    /// Whether there may be sockets of this family.
    pub(crate) fn permit_family(&self, family: Family, stream: bool) -> Result<(), Failure> {
        permitted(match family {
            Family::Unix => !self.connect.is_empty() || !self.bind.is_empty(),
            Family::Inet | Family::Inet6 if stream => self.network.has_tcp(),
            Family::Inet | Family::Inet6 => self.network.has_udp(),
        })
    }

    /// Whether the option may be set.
    pub(crate) fn permit_option(&self, option: SocketOption) -> Result<(), Failure> {
        permitted(self.options.contains(&option))
    }
}

/// `access-denied`, if not.
pub(crate) fn permitted(permitted: bool) -> Result<(), Failure> {
    match permitted {
        true => Ok(()),
        false => Err(Failure::AccessDenied),
    }
}

/// Names of Unix sockets.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Absolute, and without symbolic links: files, and directories for all that is beneath them.
    paths: Vec<PathBuf>,
    /// Abstract names, without the NUL before them.
    names: BTreeSet<Vec<u8>>,
}

impl Places {
    /// The paths are found now: what their symbolic links lead to later is not granted.
    pub(crate) fn new(paths: &[PathBuf], names: &[Vec<u8>]) -> io::Result<Self> {
        let paths = paths.iter().map(|it| real(&std::path::absolute(it)?));
        Ok(Self {
            paths: paths.collect::<io::Result<_>>()?,
            names: names.iter().cloned().collect(),
        })
    }

    fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.names.is_empty()
    }

    /// Whether an abstract name is granted.
    pub(crate) fn has_name(&self, name: &[u8]) -> bool {
        self.names.contains(name)
    }

    /// Whether a path is granted, or a directory above it. It has to be without symbolic links, `.` and `..`.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.paths.iter().any(|it| path.starts_with(it))
    }

    /// Whether to make files is granted: of this very path, or of what is in its directory. Of a directory above it does not
    /// suffice: the ones between could be exchanged for symbolic links while the system looks the name up.
    pub(crate) fn has_directly(&self, path: &Path) -> bool {
        let mut paths = self.paths.iter();
        paths.any(|it| path == it || path.parent() == Some(it))
    }
}

/// An absolute path without symbolic links; what of it is not there yet stays as it is.
fn real(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(parent), Some(Component::Normal(name))) =
                (path.parent(), path.components().next_back())
            else {
                // Where `..` leads from nowhere.
                return Err(error);
            };
            Ok(real(parent)?.join(name))
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_names() {
        for option in SocketOption::ALL {
            assert_eq!(option.name().parse(), Ok(option));
        }
        let refused = "linger".parse::<SocketOption>().unwrap_err();
        assert!(refused.to_string().contains("no-delay, reuse-address"));
    }

    #[test]
    #[cfg(unix)]
    fn paths_are_found_when_they_are_granted() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        std::fs::create_dir(home.join("real")).unwrap();
        std::os::unix::fs::symlink("real", home.join("link")).unwrap();
        let paths = [
            home.join("link/../link/later/a.sock"),
            home.join("link/dir"),
        ];
        let places = Places::new(&paths, &[b"name".to_vec()]).unwrap();
        assert!(places.has(&home.join("real/later/a.sock")));
        assert!(places.has(&home.join("real/dir")));
        assert!(places.has(&home.join("real/dir/b/c")));
        assert!(!places.has(&home.join("real/directory")));
        assert!(!places.has(&home.join("real")));
        assert!(!places.has(&home.join("link/dir")));
        assert!(places.has_directly(&home.join("real/dir/b")));
        assert!(!places.has_directly(&home.join("real/dir/b/c")));
        assert!(places.has_name(b"name") && !places.has_name(b"names"));
        assert!(Places::new(&[home.join("missing/../x")], &[]).is_err());
        // What is left out is not the same as all.
        assert!(Places::new(&[PathBuf::new()], &[]).is_err());
    }

    #[test]
    fn nothing_is_permitted_at_first() {
        let grants = Grants::default();
        for family in [Family::Inet, Family::Inet6, Family::Unix] {
            for stream in [true, false] {
                assert!(grants.permit_family(family, stream).is_err());
            }
        }
        for option in SocketOption::ALL {
            assert!(grants.permit_option(option).is_err());
        }
    }
}
