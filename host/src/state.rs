//! What the store of a run holds.

use crate::Invocation;
use crate::posix::{PosixCtx, PosixCtxView, PosixView};
use anyhow::Result;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(crate) struct State {
    wasi: WasiCtx,
    posix: PosixCtx,
    table: ResourceTable,
    pub(crate) memory: Memory,
}

impl State {
    pub(crate) fn new(invocation: Invocation) -> Result<Self> {
        let mut wasi = WasiCtx::builder();
        wasi.args(&invocation.arguments);
        invocation.permissions.grant(&mut wasi)?;
        let posix = invocation.permissions.grant_posix()?;
        if let Some(directory) = &invocation.current_directory {
            wasi.initial_cwd(directory);
        }
        if invocation.inherit {
            wasi.inherit_stdio();
        }
        if let Some(stdin) = invocation.stdin {
            wasi.stdin(Boxed(stdin));
        }
        if let Some(stdout) = invocation.stdout {
            wasi.stdout(Boxed(stdout));
        }
        if let Some(stderr) = invocation.stderr {
            wasi.stderr(Boxed(stderr));
        }
        Ok(Self {
            wasi: wasi.build(),
            posix,
            table: ResourceTable::new(),
            memory: Memory {
                bytes: 0,
                limit: invocation.memory_limit,
            },
        })
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl PosixView for State {
    fn posix(&mut self) -> PosixCtxView<'_> {
        PosixCtxView {
            ctx: &mut self.posix,
            table: &mut self.table,
        }
    }
}

/// Counts the linear memory of all instances, and limits it.
#[derive(Debug)]
pub(crate) struct Memory {
    bytes: usize,
    limit: usize,
}

impl Memory {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes + desired.saturating_sub(current);
        let allowed = bytes <= self.limit;
        if allowed {
            self.bytes = bytes;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// A stream behind a pointer.
struct Boxed<T: ?Sized>(Box<T>);

mod boxed {
    use super::Boxed;
    use tokio::io::{AsyncRead, AsyncWrite};
    use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};

    impl<T: IsTerminal + ?Sized> IsTerminal for Boxed<T> {
        fn is_terminal(&self) -> bool {
            self.0.is_terminal()
        }
    }

    impl<T: StdinStream + ?Sized> StdinStream for Boxed<T> {
        fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
            self.0.async_stream()
        }
    }

    impl<T: StdoutStream + ?Sized> StdoutStream for Boxed<T> {
        fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
            self.0.async_stream()
        }
    }
}
