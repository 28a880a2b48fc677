//! What a component may do.

use crate::Network;
use crate::posix::{PosixCtx, PosixCtxBuilder};
use anyhow::Result;
use std::path::PathBuf;
use wasmtime::error::Context;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What a component may do: nothing, unless it is said here.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    network: Network,
    look_up: bool,
    directories: Vec<(PathBuf, String, FsPerms)>,
    posix: PosixCtxBuilder,
}

impl Permissions {
    /// Nothing but computing, and the streams that the invocation gives.
    pub fn none() -> Self {
        Self::default()
    }

    /// TCP and UDP with any address. (`wasmtime run -S inherit-network`)
    pub fn connect(self) -> Self {
        self.network(Network::any())
    }

    /// TCP and UDP with these addresses, whichever sockets it uses, WASI's or those of [`posix`](crate::posix). A second call
    /// replaces the first.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// What this grants of [`posix`](crate::posix): Unix sockets and options. The addresses are those of
    /// [`Permissions::network`] all the same.
    pub fn posix(mut self, posix: PosixCtxBuilder) -> Self {
        self.posix = posix;
        self
    }

    /// Name lookup by the host's resolver. (`wasmtime run -S allow-ip-name-lookup`)
    pub fn look_up(mut self) -> Self {
        self.look_up = true;
        self
    }

    /// Reading this directory, which the component sees as `name`. (`wasmtime run --dir`)
    pub fn read(mut self, directory: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        let permission = FsPerms::ReadOnly;
        self.directories
            .push((directory.into(), name.into(), permission));
        self
    }

    /// Reading and writing this directory, which the component sees as `name`.
    pub fn write(mut self, directory: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        let permission = FsPerms::ReadWrite;
        self.directories
            .push((directory.into(), name.into(), permission));
        self
    }

    pub(crate) fn grant(&self, wasi: &mut WasiCtxBuilder) -> Result<()> {
        self.network.grant(wasi);
        wasi.allow_ip_name_lookup(self.look_up);
        for (directory, name, permission) in &self.directories {
            wasi.preopened_dir(directory, name, *permission)
                .with_context(|| format!("directory {}", directory.display()))?;
        }
        Ok(())
    }

    pub(crate) fn grant_posix(&self) -> Result<PosixCtx> {
        let posix = self.posix.clone().network(self.network.clone()).build();
        Ok(posix.context("a path of Unix sockets")?)
    }
}
