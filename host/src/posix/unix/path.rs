//! What a path leads to, and whether that is granted.
//!
//! A path is walked one name at a time, each opened beneath the directory that the one before it opened, and symbolic links
//! are read here, not followed by the system. So what is decided about is what is used afterwards: whoever exchanges a directory or
//! a file for another in the meantime exchanges a name, not what this has opened by it.

use super::super::bindings::switchboard::posix::sockets::Failure;
use super::super::grants::{Places, permitted};
use super::address;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, fstat, lstat, open, openat, readlinkat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// How many symbolic links a path may lead through, as on Linux.
const LINKS: usize = 40;

/// How many names may be still to walk. Links can lead to more and more of them.
const NAMES: usize = 4096;

/// How many directories a path may lead down, each of which is held open.
const DEPTH: usize = 256;

/// A file to connect to.
#[derive(Debug)]
pub(super) struct Found(OwnedFd);

impl Found {
    /// The address that names this file and no other, whatever becomes of its path.
    pub(super) fn address(&self) -> Result<SocketAddrUnix, Failure> {
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        Ok(SocketAddrUnix::new(path)?)
    }

    /// Whether the file is kept from vanishing.
    pub(super) fn is_held(&self) -> bool {
        true
    }
}

/// A directory in which to make a file, and its name.
#[derive(Debug)]
pub(super) struct Place {
    directory: OwnedFd,
    name: OsString,
    path: PathBuf,
}

impl Place {
    /// The address by which others find the file.
    pub(super) fn address(&self) -> Result<SocketAddrUnix, Failure> {
        address::path(&self.path)
    }

    /// Whether something is there.
    pub(super) fn is_taken(&self) -> Result<bool, Failure> {
        match self.kind() {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Whether a socket is there.
    fn is_socket(&self) -> bool {
        self.kind() == Ok(FileType::Socket)
    }

    /// Whether a socket is there, and is what its path leads to.
    pub(super) fn is_at_its_path(&self) -> bool {
        let here = statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        let (Ok(here), Ok(there)) = (here, lstat(&self.path)) else {
            return false;
        };
        let is_socket = FileType::from_raw_mode(here.st_mode) == FileType::Socket;
        is_socket && (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
    }

    /// Removes the socket that is there. What goes wrong shows when it is bound to.
    pub(super) fn remove_socket(&self) {
        if self.is_socket() {
            let _ = unlinkat(&self.directory, &self.name, AtFlags::empty());
        }
    }

    fn kind(&self) -> Result<FileType, Errno> {
        let there = statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(there.st_mode))
    }
}

/// Finds the file at an absolute path, through all symbolic links, and decides about it.
pub(super) fn find(granted: &Places, path: &Path) -> Result<Found, Failure> {
    let mut walk = Walk::new(granted)?;
    walk.follow(path)?;
    permitted(granted.has(&walk.path()))?;
    Ok(Found(walk.top().file))
}

/// Finds the directory that an absolute path leads to with all but its last name, and decides about the whole.
pub(super) fn find_place(granted: &Places, path: &Path) -> Result<Place, Failure> {
    let (directory, name) = split(path).ok_or(Failure::AddressInUse)?;
    let mut walk = Walk::new(granted)?;
    walk.creating = Some(name.to_owned());
    walk.follow(Path::new(directory))?;
    let path = walk.path().join(name);
    permitted(granted.has_directly(&path))?;
    let top = walk.top();
    if top.kind != FileType::Directory {
        return Err(Failure::NotADirectory);
    }
    Ok(Place {
        directory: top.file,
        name: name.to_owned(),
        path,
    })
}

/// The directory and the name in it; none if it can only be that of a directory.
fn split(path: &Path) -> Option<(&OsStr, &OsStr)> {
    let bytes = path.as_os_str().as_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'/')?;
    let (directory, name) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    let named = !matches!(name, b"" | b"." | b"..");
    named.then(|| (OsStr::from_bytes(directory), OsStr::from_bytes(name)))
}

/// A file that was opened, under which name.
struct Step {
    name: OsString,
    file: OwnedFd,
    kind: FileType,
}

/// A name that is still to be walked.
struct Ahead {
    name: OsString,
    /// It was chosen by the component, or by whoever may write where something is granted.
    suspect: bool,
}

struct Walk<'a> {
    granted: &'a Places,
    /// From the root, which is always there.
    root: Step,
    steps: Vec<Step>,
    ahead: VecDeque<Ahead>,
    links: usize,
    /// What is to be made in the end.
    creating: Option<OsString>,
}

impl<'a> Walk<'a> {
    fn new(granted: &'a Places) -> Result<Self, Failure> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            granted,
            root: Step {
                name: OsString::new(),
                file: open("/", flags, Mode::empty())?,
                kind: FileType::Directory,
            },
            steps: Vec::new(),
            ahead: VecDeque::new(),
            links: 0,
            creating: None,
        })
    }

    /// Where it is, without symbolic links.
    fn path(&self) -> PathBuf {
        let names = self.steps.iter().map(|step| &step.name);
        Path::new("/")
            .iter()
            .chain(names.map(OsString::as_os_str))
            .collect()
    }

    /// Where it ends.
    fn top(mut self) -> Step {
        self.steps.pop().unwrap_or(self.root)
    }

    fn last(&self) -> &Step {
        self.steps.last().unwrap_or(&self.root)
    }

    fn follow(&mut self, path: &Path) -> Result<(), Failure> {
        self.prepend(path.as_os_str().as_bytes(), true)?;
        while let Some(next) = self.ahead.pop_front() {
            self.step(&next)
                .map_err(|errno| self.explain(errno, &next))?;
        }
        Ok(())
    }

    /// A failure is told where something is granted; elsewhere it would tell what is there.
    fn explain(&self, failure: Failure, next: &Ahead) -> Failure {
        let mut path = self.path();
        if next.name != ".." {
            path.push(&next.name);
            // Where the rest would lead, unless it leads back.
            if !self.ahead.iter().any(|it| it.name == "..") {
                path.extend(self.ahead.iter().map(|it| &it.name));
                path.extend(&self.creating);
            }
        }
        match self.granted.has(&path) {
            true => failure,
            false => Failure::AccessDenied,
        }
    }

    fn step(&mut self, next: &Ahead) -> Result<(), Failure> {
        if self.last().kind != FileType::Directory {
            return Err(Failure::NotADirectory);
        }
        match next.name.as_bytes() {
            b"." => Ok(()),
            b".." => {
                self.steps.pop();
                // Or it could be seen from what follows whether there was something to come back from.
                permitted(!next.suspect || self.granted.has(&self.path()))
            }
            _ => self.enter(next),
        }
    }

    fn enter(&mut self, next: &Ahead) -> Result<(), Failure> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.last().file, &next.name, flags, Mode::empty())?;
        let kind = FileType::from_raw_mode(fstat(&file)?.st_mode);
        if kind != FileType::Symlink {
            if self.steps.len() >= DEPTH {
                return Err(Failure::PathTooLong);
            }
            self.steps.push(Step {
                name: next.name.clone(),
                file,
                kind,
            });
            return Ok(());
        }
        self.links += 1;
        if self.links > LINKS {
            return Err(Failure::TooManySymbolicLinks);
        }
        let target = readlinkat(&file, c"", Vec::new())?.into_bytes();
        // One that stands where nothing is granted is the host's own.
        let suspect = self.granted.has(&self.path());
        if target.first() == Some(&b'/') {
            self.steps.clear();
        }
        self.prepend(&target, suspect)
    }

    /// Walks these names before those that are still to be walked.
    fn prepend(&mut self, path: &[u8], suspect: bool) -> Result<(), Failure> {
        let names = path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty());
        let mut names: Vec<_> = names
            .map(|name| OsString::from_vec(name.to_vec()))
            .collect();
        if path.ends_with(b"/") {
            // It has to be a directory.
            names.push(".".into());
        }
        if self.ahead.len() + names.len() > NAMES {
            return Err(Failure::PathTooLong);
        }
        for name in names.into_iter().rev() {
            self.ahead.push_front(Ahead { name, suspect });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
