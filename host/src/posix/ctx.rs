//! What a store holds of the capability.

use super::grants::{Grants, Places, SocketOption};
use super::limits::Limits;
use crate::Network;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What a component may do by `switchboard:posix`, and what it holds of it. One for each store.
///
/// The default grants nothing.
#[derive(Default)]
pub struct PosixCtx {
    pub(crate) grants: Arc<Grants>,
    /// Where all datagrams are received, one at a time, before they are as large as they are.
    pub(crate) desk: Arc<Mutex<Vec<u8>>>,
}

impl PosixCtx {
    /// Grants nothing yet.
    pub fn builder() -> PosixCtxBuilder {
        PosixCtxBuilder::default()
    }
}

impl fmt::Debug for PosixCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PosixCtx")
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

/// Says what a [`PosixCtx`] grants: nothing but this.
///
/// ```
/// use switchboard_host::Network;
/// use switchboard_host::posix::{PosixCtx, SocketOption};
///
/// let posix = PosixCtx::builder()
///     // One server, and whatever listens in a directory.
///     .allow_unix("/run/redis/redis.sock")
///     .allow_unix("/run/postgresql")
///     // TCP to one port, without Nagle's delay.
///     .network(Network::none().tcp("192.0.2.7:443".parse()?))
///     .allow_option(SocketOption::NoDelay)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PosixCtxBuilder {
    network: Network,
    connect: (Vec<PathBuf>, Vec<Vec<u8>>),
    bind: (Vec<PathBuf>, Vec<Vec<u8>>),
    options: Vec<SocketOption>,
    sockets: Option<usize>,
}

impl PosixCtxBuilder {
    /// The addresses of TCP and UDP. Give the sockets of WASI the same by [`Network::grant`]: the component has both. A
    /// second call replaces the first.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// To connect and to send to this Unix socket, or to any beneath this directory.
    ///
    /// A relative path starts from this process's current directory. Symbolic links are followed when the context is built, and
    /// again in the paths that the component gives: what counts is the file in the end. It need not be there yet.
    pub fn allow_unix(mut self, path: impl Into<PathBuf>) -> Self {
        self.connect.0.push(path.into());
        self
    }

    /// To connect and to send to the Unix socket with this abstract name, here without the NUL before it. (Linux)
    ///
    /// Who listens there is whoever came first; a file says more by its mode.
    pub fn allow_unix_name(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.connect.1.push(name.into());
        self
    }

    /// To bind Unix sockets to this path, or to any in this very directory: those beneath it need a grant of their own. That is to
    /// make files there, and with `bind-replacing` to remove sockets, also those of others: best a directory for this alone.
    pub fn allow_unix_bind(mut self, path: impl Into<PathBuf>) -> Self {
        self.bind.0.push(path.into());
        self
    }

    /// To bind Unix sockets to this abstract name, here without the NUL before it. (Linux)
    pub fn allow_unix_bind_name(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.bind.1.push(name.into());
        self
    }

    /// To set this option.
    pub fn allow_option(mut self, option: SocketOption) -> Self {
        self.options.push(option);
        self
    }

    /// To have this many sockets of the capability at a time, 4096 unless it is said. Those of WASI do not count.
    pub fn sockets_limit(mut self, sockets: usize) -> Self {
        self.sockets = Some(sockets);
        self
    }

    /// Looks the paths up. Fails if that fails, but not because something is not there.
    pub fn build(&self) -> io::Result<PosixCtx> {
        let grants = Grants {
            network: self.network.clone(),
            connect: Places::new(&self.connect.0, &self.connect.1)?,
            bind: Places::new(&self.bind.0, &self.bind.1)?,
            options: self.options.iter().copied().collect(),
            limits: self.sockets.map(Limits::new).unwrap_or_default(),
        };
        Ok(PosixCtx {
            grants: Arc::new(grants),
            desk: Arc::default(),
        })
    }
}
