//! Unix peers: an echo of streams, and one in CPython's asyncio.

use crate::child::Serving;
use crate::worker::Worker;
use anyhow::{Context, Result};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ASYNCIO_UNIX: &str = include_str!("peers/asyncio_unix.py");

/// How long an interpreter may take to get ready.
const READY: Duration = Duration::from_secs(20);

/// The size of the pieces that are read and written, in bytes.
const PIECE: usize = 64 * 1024;

/// An echo of streams; it is gone when dropped. Its file is not.
#[derive(Debug)]
pub struct UnixEcho {
    _worker: Worker,
}

impl UnixEcho {
    /// At this path.
    pub fn at(path: &Path) -> Result<Self> {
        let listener = UnixListener::bind(path);
        Self::on(listener.with_context(|| path.display().to_string())?)
    }

    /// For whoever comes to this listener.
    pub fn on(listener: UnixListener) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let worker = Worker::start("unix echo", move || async move {
            let listener = tokio::net::UnixListener::from_std(listener);
            let listener = listener.expect("a runtime is running here");
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut piece = vec![0; PIECE];
                    while let Ok(count @ 1..) = stream.read(&mut piece).await {
                        if stream.write_all(&piece[..count]).await.is_err() {
                            return;
                        }
                    }
                    let _ = stream.shutdown().await;
                });
            }
        })?;
        Ok(Self { _worker: worker })
    }
}

/// An echo in CPython, of streams or of datagrams; killed when dropped.
#[derive(Debug)]
pub struct PythonUnix {
    process: Serving,
}

impl PythonUnix {
    /// An asyncio server at this path. Blocks until it listens.
    pub fn streams(path: &Path) -> Result<Self> {
        Self::start(path, "--streams")
    }

    /// An asyncio datagram endpoint at this path. Blocks until it is bound.
    pub fn datagrams(path: &Path) -> Result<Self> {
        Self::start(path, "--datagrams")
    }

    fn start(path: &Path, what: &str) -> Result<Self> {
        let mut command = Command::new("python3");
        command.args(["-I", "-u", "-c", ASYNCIO_UNIX]);
        command.arg(what).arg(path);
        let ready = |text: &str| text.contains("ready\n").then_some(());
        let (process, ()) = Serving::start(command, READY, ready)?;
        Ok(Self { process })
    }

    /// Waits, at most for `limit`, until there were so many connections or datagrams. Gives the sender of each, as Python tells
    /// it.
    pub async fn senders(&self, count: usize, limit: Duration) -> Result<Vec<String>> {
        let complete = |text: &str| text.matches('\n').count() > count;
        let output = self.process.until(limit, complete).await?;
        Ok(output.lines().skip(1).map(str::to_owned).collect())
    }
}
