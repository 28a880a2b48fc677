//! `switchboard:posix`: a component that imports nothing else, in the host that provides it, against real peers.

mod broadcast;
mod contract;
mod datagrams;
mod escapes;
mod limits;
mod measure;
mod options;
mod peers;
mod reuse;
mod states;
mod streams;
mod udp;

use std::path::{Path, PathBuf};
use std::time::Duration;
use switchboard_host::posix::{PosixCtx, PosixCtxBuilder};
use tempfile::TempDir;

/// How long a peer may take to see what the component did.
const SEEN: Duration = Duration::from_secs(10);

/// A directory of a test's own, by its real name. What is in it is granted, to connect and to bind.
struct Home {
    _folder: TempDir,
    path: PathBuf,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().canonicalize().unwrap(),
            _folder: folder,
        }
    }

    fn grant(&self) -> PosixCtxBuilder {
        let posix = PosixCtx::builder().allow_unix(&self.path);
        posix.allow_unix_bind(&self.path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The address of a file here, as a word of a step.
    fn at(&self, name: &str) -> String {
        word(&self.join(name))
    }
}

/// The address of a file, as a word of a step.
fn word(path: &Path) -> String {
    format!("unix:{}", path.display())
}

/// An abstract name that no other run of a test has.
fn abstract_name(name: &str) -> String {
    format!("switchboard-{name}-{}", std::process::id())
}

/// Steps with what is expected of them, of literals and of texts alike.
macro_rules! steps {
    ($($step:expr => $line:expr),* $(,)?) => {
        [$((String::from($step), String::from($line))),*]
    };
}
pub(crate) use steps;
