//! What a path leads to, and whether that is granted, where a file cannot be named but by its path.
//!
//! What is decided about is looked up again when it is used. Whoever may write in a directory that is granted could exchange
//! names in it between the two.

use super::super::bindings::switchboard::posix::sockets::Failure;
use super::super::grants::{Places, permitted};
use super::address;
use rustix::net::SocketAddrUnix;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

/// A file to connect to.
#[derive(Debug)]
pub(super) struct Found(PathBuf);

impl Found {
    /// The address of the file.
    pub(super) fn address(&self) -> Result<SocketAddrUnix, Failure> {
        address::path(&self.0)
    }

    /// Whether the file is kept from vanishing.
    pub(super) fn is_held(&self) -> bool {
        false
    }
}

/// Where to make a file.
#[derive(Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    /// The address by which others find the file.
    pub(super) fn address(&self) -> Result<SocketAddrUnix, Failure> {
        address::path(&self.0)
    }

    /// Whether something is there.
    pub(super) fn is_taken(&self) -> Result<bool, Failure> {
        match self.0.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a socket is there.
    fn is_socket(&self) -> bool {
        let there = self.0.symlink_metadata();
        there.is_ok_and(|it| it.file_type().is_socket())
    }

    /// Whether a socket is there, as far as can be seen.
    pub(super) fn is_at_its_path(&self) -> bool {
        self.is_socket()
    }

    /// Removes the socket that is there. What goes wrong shows when it is bound to.
    pub(super) fn remove_socket(&self) {
        if self.is_socket() {
            let _ = std::fs::remove_file(&self.0);
        }
    }
}

/// Finds the file at an absolute path, through all symbolic links, and decides about it.
pub(super) fn find(granted: &Places, path: &Path) -> Result<Found, Failure> {
    let found = real(granted, path)?;
    permitted(granted.has(&found))?;
    Ok(Found(found))
}

/// Finds the directory that an absolute path leads to with all but its last name, and decides about the whole.
pub(super) fn find_place(granted: &Places, path: &Path) -> Result<Place, Failure> {
    let (Some(directory), Some(Component::Normal(name))) =
        (path.parent(), path.components().next_back())
    else {
        return Err(Failure::AddressInUse);
    };
    let place = real(granted, directory)?.join(name);
    permitted(granted.has_directly(&place))?;
    Ok(Place(place))
}

/// What is not there is told only where something is granted; elsewhere it would tell what is.
fn real(granted: &Places, path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| {
        let plain = path.components().all(|it| it != Component::ParentDir);
        match plain && granted.has(path) {
            true => error.into(),
            false => Failure::AccessDenied,
        }
    })
}
