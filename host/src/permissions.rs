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
    read: Vec<(PathBuf, String)>,
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
        self.read.push((directory.into(), name.into()));
        self
    }

    pub(crate) fn grant(&self, wasi: &mut WasiCtxBuilder) -> Result<()> {
        wasi.allow_tcp(self.connect).allow_udp(self.connect);
        if self.connect {
            wasi.inherit_network();
        }
        wasi.allow_ip_name_lookup(self.look_up);
        for (directory, name) in &self.read {
            wasi.preopened_dir(directory, name, FsPerms::ReadOnly)
                .with_context(|| format!("directory {}", directory.display()))?;
        }
        Ok(())
    }
}
