//! What an application with Switchboard plugged into it measures: the same as `bench_native`, in a sandbox.

use crate::bench_native::{Measured, Workload};
use crate::certs::Leaf;
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

/// What is measured without a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// The bare cipher seals records of full size.
    Seal,
    /// It opens them.
    Open,
    /// A client's session of `tls-engine` writes what a server's reads.
    Engine,
}

impl Inside {
    /// Its name in a [`Measured`]: `seal`, `open` or `engine`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Engine => "engine",
        }
    }
}

/// Which way a bulk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneWay {
    /// To a peer that discards it, and finishes when it has all.
    Send,
    /// From a peer that sends just that much and finishes.
    Receive,
}

impl OneWay {
    /// Its name in a [`Measured`]: `send` or `receive`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }
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
            workload.name().to_owned(),
            workload.count().to_string(),
            format!("path={}", path.display()),
        ];
        let grants = PosixCtx::builder().allow_unix(path);
        let permissions = Permissions::none().posix(grants);
        let run = self.run(&self.posix, arguments, permissions);
        let measured = tokio::time::timeout(limit, run).await;
        measured.with_context(|| format!("{workload:?} took longer than {limit:?}"))?
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
        let mut arguments = vec![workload.name().to_owned(), workload.count().to_string()];
        if via == Via::Lists {
            arguments.push("via=lists".to_owned());
        }
        let run = self.run_at(addr, ca, arguments);
        let measured = tokio::time::timeout(limit, run).await;
        measured.with_context(|| format!("{workload:?} took longer than {limit:?}"))?
    }

    /// Measures a bulk of that many MiB, by streams, with the peer at `addr`; over TLS as [`Self::measure`].
    pub async fn measure_one_way(
        &self,
        way: OneWay,
        addr: SocketAddr,
        ca: Option<&Path>,
        mebibytes: u64,
        limit: Duration,
    ) -> Result<Measured> {
        let arguments = vec![way.name().to_owned(), mebibytes.to_string()];
        let run = self.run_at(addr, ca, arguments);
        let measured = tokio::time::timeout(limit, run).await;
        measured.with_context(|| format!("{way:?} took longer than {limit:?}"))?
    }

    /// Measures `work` on that many MiB with the suite of this IANA name, inside the sandbox and without a network. The server of
    /// a session has the certificate of `leaf`, which the authority in the file `ca` beside it has signed.
    pub async fn measure_inside(
        &self,
        work: Inside,
        suite: &str,
        mebibytes: u64,
        (ca, leaf): (&Path, &Leaf),
        limit: Duration,
    ) -> Result<Measured> {
        let folder = ca.parent().context("a file in a folder")?;
        let arguments = vec![
            work.name().to_owned(),
            mebibytes.to_string(),
            format!("suite={suite}"),
            format!("ca={}", name(ca)?),
            format!("cert={}", name(&leaf.chain_path)?),
            format!("key={}", name(&leaf.key_path)?),
        ];
        let permissions = Permissions::none().read(folder, ".");
        let run = self.run(&self.component, arguments, permissions);
        let measured = tokio::time::timeout(limit, run).await;
        measured.with_context(|| format!("{work:?} took longer than {limit:?}"))?
    }

    async fn run_at(
        &self,
        addr: SocketAddr,
        ca: Option<&Path>,
        mut arguments: Vec<String>,
    ) -> Result<Measured> {
        arguments.push(format!("server={addr}"));
        let mut permissions = Permissions::none().connect();
        if let Some(ca) = ca {
            permissions = permissions.read(ca.parent().context("a file in a folder")?, ".");
            arguments.push(format!("ca={}", name(ca)?));
        }
        self.run(&self.component, arguments, permissions).await
    }

    async fn run(
        &self,
        component: &Component,
        arguments: Vec<String>,
        permissions: Permissions,
    ) -> Result<Measured> {
        let words = ["app", "bench"].map(str::to_owned).into_iter();
        let (output, errors) = (MemoryOutputPipe::new(4096), MemoryOutputPipe::new(4096));
        let invocation = Invocation::new(words.chain(arguments))
            .permissions(permissions)
            .stdout(output.clone())
            .stderr(errors.clone());
        let exit = self.host.run(component, invocation).await?;
        let errors = errors.contents();
        ensure!(exit.status == 0, "{}", String::from_utf8_lossy(&errors));
        Ok(serde_json::from_slice(&output.contents())?)
    }
}

/// A file of the folder that the application sees.
fn name(path: &Path) -> Result<&str> {
    let name = path.file_name().and_then(|it| it.to_str());
    name.with_context(|| path.display().to_string())
}
