//! Servers at Unix sockets, in a folder of their own.

use crate::worker::Worker;
use anyhow::{Context, Result};
use std::future::Future;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchboard_host::posix::{PosixCtx, PosixCtxBuilder};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixDatagram, UnixListener, UnixStream};

/// How much an echo reads at a time.
const PIECE: usize = 64 * 1024;

/// A folder for sockets, with a path so short that they have room in an address.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// A new one, gone when dropped.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("unix-").tempdir();
        Ok(Self(folder?))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of this file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The same as a text.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// Grants connecting, sending and binding to what is in it.
    pub fn grants(&self) -> PosixCtxBuilder {
        let grants = PosixCtx::builder().allow_unix(self.path());
        grants.allow_unix_bind(self.path())
    }
}

/// A server at a Unix socket; stops, with all its connections, when dropped. The file stays.
#[derive(Debug)]
pub struct UnixServer {
    _worker: Worker,
}

impl UnixServer {
    /// An echo at this path.
    pub fn echo(path: &Path) -> Result<Self> {
        Self::start(&at(path)?, echo)
    }

    /// An echo at the abstract name that is this path.
    pub fn echo_named(path: &Path) -> Result<Self> {
        Self::start(&named(path)?, echo)
    }

    /// Passes everything on to a TCP server: so all of those can be had at a Unix socket.
    pub fn relay(path: &Path, to: std::net::SocketAddr) -> Result<Self> {
        Self::start(&at(path)?, move |mut stream| async move {
            let mut server = TcpStream::connect(to).await?;
            server.set_nodelay(true)?;
            copy_bidirectional(&mut stream, &mut server).await?;
            Ok(())
        })
    }

    /// Accepts and never says anything.
    pub fn silent(path: &Path) -> Result<Self> {
        Self::start(&at(path)?, |mut stream| async move {
            while stream.read(&mut [0; 1024]).await? > 0 {}
            Ok(())
        })
    }

    fn start<F, Fut>(at: &SocketAddr, each: F) -> Result<Self>
    where
        F: Fn(UnixStream) -> Fut + Send + 'static,
        Fut: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = std::os::unix::net::UnixListener::bind_addr(at);
        let listener = listener.with_context(|| format!("{at:?}"))?;
        listener.set_nonblocking(true)?;
        let worker = Worker::start("unix server", move || async move {
            let listener = UnixListener::from_std(listener).expect("a runtime is running here");
            loop {
                match listener.accept().await {
                    // How it ends is the other side's to tell.
                    Ok((stream, _)) => drop(tokio::spawn(each(stream))),
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        })?;
        Ok(Self { _worker: worker })
    }
}

fn at(path: &Path) -> Result<SocketAddr> {
    Ok(SocketAddr::from_pathname(path)?)
}

fn named(path: &Path) -> Result<SocketAddr> {
    Ok(SocketAddr::from_abstract_name(path.as_os_str().as_bytes())?)
}

async fn echo(mut stream: UnixStream) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match stream.read(&mut piece).await? {
            0 => return stream.shutdown().await,
            count => stream.write_all(&piece[..count]).await?,
        }
    }
}

/// An echo of datagrams at a Unix socket, for senders that have a path.
#[derive(Debug)]
pub struct UnixReflector {
    _worker: Worker,
}

impl UnixReflector {
    /// At this path.
    pub fn start(path: &Path) -> Result<Self> {
        Self::at(&at(path)?)
    }

    /// At the abstract name that is this path.
    pub fn start_named(path: &Path) -> Result<Self> {
        Self::at(&named(path)?)
    }

    fn at(at: &SocketAddr) -> Result<Self> {
        let socket = std::os::unix::net::UnixDatagram::bind_addr(at);
        let socket = socket.with_context(|| format!("{at:?}"))?;
        socket.set_nonblocking(true)?;
        let worker = Worker::start("unix reflector", move || async move {
            let socket = UnixDatagram::from_std(socket).expect("a runtime is running here");
            let mut datagram = vec![0; 256 * 1024];
            loop {
                let Ok((size, sender)) = socket.recv_from(&mut datagram).await else {
                    continue;
                };
                // Not everybody can be answered.
                if let Some(path) = sender.as_pathname() {
                    let _ = socket.send_to(&datagram[..size], path).await;
                }
            }
        })?;
        Ok(Self { _worker: worker })
    }
}
