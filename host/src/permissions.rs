//! What a component may do.

use anyhow::Result;
use std::path::PathBuf;
use wasmtime::error::Context;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What a component may do: nothing, unless it is said here.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    connect: bool,
    look_up: bool,
    directories: Vec<(PathBuf, String, FsPerms)>,
}

impl Permissions {
    /// Nothing but computing, and the streams that the invocation gives.
    pub fn none() -> Self {
        Self::default()
    }

    /// TCP and UDP with any address. (`wasmtime run -S inherit-network`)
    pub fn connect(mut self) -> Self {
        self.connect = true;
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
        wasi.allow_tcp(self.connect).allow_udp(self.connect);
        if self.connect {
            wasi.inherit_network();
        }
        wasi.allow_ip_name_lookup(self.look_up);
        for (directory, name, permission) in &self.directories {
            wasi.preopened_dir(directory, name, *permission)
                .with_context(|| format!("directory {}", directory.display()))?;
        }
        Ok(())
    }
}
