//! What an application with Switchboard plugged into it measures: the same as `bench_native`, in a sandbox.

use crate::bench_native::{Measured, Workload};
use crate::composed::{Plug, composed};
use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use switchboard_host::posix::PosixCtx;
use switchboard_host::{Component, Host, Invocation, Permissions};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// By which pair of calls the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `receive` and `send`.
    Streams,
    /// `read` and `write`.
    Lists,
}

/// The application, compiled.
pub struct Plugged {
    host: Host,
    component: Component,
    posix: Component,
}

impl Plugged {
    /// Plugs and compiles.
    pub fn new() -> Result<Self> {
        let host = Host::new()?;
        let component = host.load(composed()?)?;
        let posix = host.load(Plug::Posix.composed()?)?;
        Ok(Self {
            host,
            component,
            posix,
        })
    }

    /// Measures `workload` against the echo at this Unix socket, by streams; with `switchboard-posix.wasm` in place of the
    /// other, at most for `limit`.
    pub async fn measure_unix(
        &self,
        path: &Path,
        workload: Workload,
        limit: Duration,
    ) -> Result<Measured> {
        let arguments = vec![
            "app".to_owned(),
            "bench".to_owned(),
            workload.name().to_owned(),
            workload.count().to_string(),
            format!("path={}", path.display()),
        ];
        let grants = PosixCtx::builder().allow_unix(path);
        let permissions = Permissions::none().posix(grants);
        self.run(&self.posix, arguments, permissions, workload, limit)
            .await
    }

    /// Measures `workload` against the echo at `addr`, over TLS if there is a file of an authority to trust, whose
    /// certificate has to be for `localhost`; at most for `limit`.
    pub async fn measure(
        &self,
        addr: SocketAddr,
        ca: Option<&Path>,
        workload: Workload,
        via: Via,
        limit: Duration,
    ) -> Result<Measured> {
        let mut arguments = vec![
            "app".to_owned(),
            "bench".to_owned(),
            workload.name().to_owned(),
            workload.count().to_string(),
            format!("server={addr}"),
        ];
        let mut permissions = Permissions::none().connect();
        if let Some(ca) = ca {
            let folder = ca.parent().context("a file in a folder")?;
            let name = ca.file_name().context("a file")?;
            permissions = permissions.read(folder, ".");
            arguments.push(format!("ca={}", name.display()));
        }
        if via == Via::Lists {
            arguments.push("via=lists".to_owned());
        }
        self.run(&self.component, arguments, permissions, workload, limit)
            .await
    }

    async fn run(
        &self,
        component: &Component,
        arguments: Vec<String>,
        permissions: Permissions,
        workload: Workload,
        limit: Duration,
    ) -> Result<Measured> {
        let (output, errors) = (MemoryOutputPipe::new(4096), MemoryOutputPipe::new(4096));
        let invocation = Invocation::new(arguments)
            .permissions(permissions)
            .stdout(output.clone())
            .stderr(errors.clone());
        let run = self.host.run(component, invocation);
        let exit = tokio::time::timeout(limit, run).await;
        let exit = exit.with_context(|| format!("{workload:?} took longer than {limit:?}"))??;
        let errors = errors.contents();
        ensure!(exit.status == 0, "{}", String::from_utf8_lossy(&errors));
        Ok(serde_json::from_slice(&output.contents())?)
    }
}
