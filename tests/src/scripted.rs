//! A peer that plays a script: everything a server should not do, and a handshake's other ends.

use crate::behaviour::Transport;
use crate::echo::serve;
use crate::log::{End, Entry, Log, Recorder};
use crate::place::IntoPlace;
use crate::worker::Worker;
use anyhow::Result;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One step of a script. Where the peer finishes or resets before a step is done, the script ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads until at least this many bytes have come, counted from the last step that read.
    Read(usize),
    /// Reads until these bytes have come, counted from the last step that read.
    ReadUntil(Vec<u8>),
    /// Reads so many bytes, and leaves what comes after them.
    ReadExactly(usize),
    /// Reads until the peer has finished.
    ReadToEnd,
    /// Sends these bytes.
    Write(Vec<u8>),
    /// Sends these bytes again and again, and reads what comes meanwhile, until the peer is gone.
    WriteForever(Vec<u8>),
    /// Does nothing for this long.
    Pause(Duration),
    /// Sends FIN; reading goes on to be possible.
    Fin,
    /// Resets the connection. The script ends here.
    Reset,
    /// Keeps the connection open, reading nothing, until the server is dropped. The script ends here.
    Stall,
}

/// A scripted server; stops, with all its connections, when dropped. Each connection plays the script from its
/// start. After the last step the connection is closed: with FIN, or with RST where something was left unread,
/// which is why scripts that want a FIN to arrive end in [`Step::ReadToEnd`].
#[derive(Debug)]
pub struct Scripted {
    addr: SocketAddr,
    log: Recorder,
    _worker: Worker,
}

impl Scripted {
    /// Plays `script` at `at`. Whatever is read is kept in the log.
    pub fn start(at: impl IntoPlace, script: impl Into<Vec<Step>>) -> Result<Self> {
        let script: Arc<[Step]> = script.into().into();
        let (addr, log, worker) = serve("scripted server", at, move |stream, entry| {
            let script = script.clone();
            async move {
                let end = play(stream, &script, &entry).await;
                entry.end(end.unwrap_or_else(|e| End::of(&e)));
            }
        })?;
        Ok(Self {
            addr,
            log,
            _worker: worker,
        })
    }

    /// Reads all and says nothing, until the peer gives up.
    pub fn silent(at: impl IntoPlace) -> Result<Self> {
        Self::start(at, [Step::ReadToEnd])
    }

    /// No TLS: speaks first, as an SSH server does.
    pub fn ssh(at: impl IntoPlace) -> Result<Self> {
        let banner = b"SSH-2.0-OpenSSH_9.6\r\n".to_vec();
        Self::start(at, [Step::Write(banner), Step::ReadToEnd])
    }

    /// No TLS: answers the first bytes as an HTTP server does that got a `ClientHello`, and finishes.
    pub fn http(at: impl IntoPlace) -> Result<Self> {
        let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        Self::start(
            at,
            [
                Step::Read(1),
                Step::Write(answer.to_vec()),
                Step::Fin,
                Step::ReadToEnd,
            ],
        )
    }

    /// Resets once the first bytes have come.
    pub fn reset_in_handshake(at: impl IntoPlace) -> Result<Self> {
        Self::start(at, [Step::Read(1), Step::Reset])
    }

    /// Finishes, saying nothing, once the first bytes have come.
    pub fn fin_in_handshake(at: impl IntoPlace) -> Result<Self> {
        Self::start(at, [Step::Read(1), Step::Fin, Step::ReadToEnd])
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it saw so far, with the bytes received.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log.get()
    }

    /// Waits until `seen` is true of what it saw, at most for `limit`.
    pub async fn until(&self, limit: Duration, seen: impl FnMut(&Log) -> bool) -> Result<Log> {
        self.log.until(limit, seen).await
    }
}

/// Plays `script`; the stream is closed on return.
async fn play(mut stream: TcpStream, script: &[Step], entry: &Entry) -> io::Result<End> {
    play_on(&mut stream, script, entry).await
}

/// Plays `script` and leaves the stream open.
pub(crate) async fn play_on(
    stream: &mut TcpStream,
    script: &[Step],
    entry: &Entry,
) -> io::Result<End> {
    let mut end = End::Ours;
    for step in script {
        let done = match step {
            Step::Read(count) => {
                let enough = |got: &[u8]| got.len() >= *count;
                read(stream, entry, usize::MAX, enough).await?
            }
            Step::ReadExactly(count) => {
                let enough = |got: &[u8]| got.len() == *count;
                read(stream, entry, *count, enough).await?
            }
            Step::ReadUntil(wanted) => {
                let enough = |got: &[u8]| {
                    wanted.is_empty() || got.windows(wanted.len()).any(|w| w == wanted)
                };
                read(stream, entry, usize::MAX, enough).await?
            }
            Step::ReadToEnd => {
                read(stream, entry, usize::MAX, |_| false).await?;
                end = End::Clean;
                true
            }
            Step::Write(bytes) => {
                stream.write_all(bytes).await?;
                entry.change(|c| c.written += bytes.len() as u64);
                true
            }
            Step::WriteForever(bytes) => {
                let (mut reading, mut writing) = stream.split();
                let mut piece = vec![0; 16 * 1024];
                let read = async {
                    while reading.read(&mut piece).await? > 0 {}
                    io::Result::Ok(())
                };
                let write = async {
                    loop {
                        if let Err(error) = writing.write_all(bytes).await {
                            break Err(error);
                        }
                        entry.change(|c| c.written += bytes.len() as u64);
                    }
                };
                tokio::select! {
                    done = read => done?,
                    done = write => done?,
                }
                end = End::Clean;
                true
            }
            Step::Pause(time) => {
                tokio::time::sleep(*time).await;
                true
            }
            Step::Fin => {
                stream.send_fin()?;
                true
            }
            Step::Reset => {
                stream.reset_on_close()?;
                return Ok(End::Ours);
            }
            Step::Stall => return std::future::pending().await,
        };
        if !done {
            return Ok(End::Clean);
        }
    }
    Ok(end)
}

/// Reads until `enough` is true of what this call got; false if the peer finished before that.
async fn read(
    stream: &mut TcpStream,
    entry: &Entry,
    most: usize,
    enough: impl Fn(&[u8]) -> bool,
) -> io::Result<bool> {
    let mut piece = vec![0; 16 * 1024];
    let mut got = Vec::new();
    while !enough(&got) {
        let room = piece.len().min(most - got.len());
        let count = stream.read(&mut piece[..room]).await?;
        if count == 0 {
            return Ok(false);
        }
        got.extend_from_slice(&piece[..count]);
        entry.change(|c| {
            c.read += count as u64;
            c.received.extend_from_slice(&piece[..count]);
        });
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    const LIMIT: Duration = Duration::from_secs(5);

    async fn read_all(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        tokio::time::timeout(LIMIT, stream.read_to_end(&mut all))
            .await
            .unwrap()?;
        Ok(all)
    }

    #[tokio::test]
    async fn plays_step_by_step() {
        let script = [
            Step::ReadUntil(b"\r\n".to_vec()),
            Step::Write(b"one".to_vec()),
            Step::Read(3),
            Step::Pause(Duration::from_millis(1)),
            Step::Write(b"two".to_vec()),
            Step::Fin,
            Step::ReadToEnd,
        ];
        let server = Scripted::start("127.0.0.4", script).unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(b"hello\r").await.unwrap();
        server.until(LIMIT, |log| log.read() == 6).await.unwrap();
        assert_eq!(server.log().written(), 0);
        stream.write_all(b"\n").await.unwrap();
        let mut one = [0; 3];
        stream.read_exact(&mut one).await.unwrap();
        assert_eq!(&one, b"one");
        stream.write_all(b"abc").await.unwrap();
        assert_eq!(read_all(&mut stream).await.unwrap(), b"two");
        stream.write_all(b"rest").await.unwrap();
        drop(stream);
        let log = server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
        assert_eq!(log.connections[0].received, b"hello\r\nabcrest");
        assert_eq!(log.connections[0].end, Some(End::Clean));
    }

    #[tokio::test]
    async fn ready_made_ones_do_what_they_say() {
        let hello = b"\x16\x03\x01\x00\x05hello";
        let server = Scripted::ssh("127.0.0.1").unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(hello).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(read_all(&mut stream).await.unwrap().starts_with(b"SSH-2.0"));

        let server = Scripted::http("::1").unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(hello).await.unwrap();
        let answer = read_all(&mut stream).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 400 "));

        let server = Scripted::reset_in_handshake("127.0.0.1").unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(hello).await.unwrap();
        let error = read_all(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);

        let server = Scripted::fin_in_handshake("127.0.0.1").unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(hello).await.unwrap();
        assert_eq!(read_all(&mut stream).await.unwrap(), b"");

        let server = Scripted::silent("127.0.0.1").unwrap();
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(hello).await.unwrap();
        let log = server.until(LIMIT, |log| log.read() == 10).await.unwrap();
        assert_eq!(log.connections[0].received, hello);
        let mut byte = [0];
        let quiet = Duration::from_millis(50);
        assert!(
            tokio::time::timeout(quiet, stream.read(&mut byte))
                .await
                .is_err()
        );
        drop(stream);
        server.until(LIMIT, |log| log.all_ended(1)).await.unwrap();
    }
}
