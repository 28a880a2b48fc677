//! What a server saw, connection by connection, and waiting for it to see something.

use anyhow::{Result, bail};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How a connection ended, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer finished properly: FIN, and in TLS a `close_notify` before it.
    Clean,
    /// TLS only: the peer's FIN came without `close_notify`.
    Truncated,
    /// The peer reset the connection, or closed it with the server still writing.
    Reset,
    /// The server ended it first, as it was told to, without waiting for the peer.
    Ours,
    /// TLS only: the handshake failed; what the server has to say about it.
    Handshake(String),
    /// Anything else.
    Failed(String),
}

impl End {
    /// What `error`, from reading or writing, says about how the connection ended.
    #[must_use]
    pub fn of(error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match error.kind() {
            UnexpectedEof => Self::Truncated,
            ConnectionReset | ConnectionAborted | BrokenPipe => Self::Reset,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// What was agreed on in a TLS handshake, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `TLSv1_2` or `TLSv1_3`.
    pub version: String,
    /// The cipher suite as rustls names it, such as `TLS13_AES_256_GCM_SHA384`.
    pub suite: String,
    /// The key exchange group as rustls names it, such as `X25519MLKEM768` or `secp256r1`. None in a resumed
    /// session of TLS 1.2.
    pub group: Option<String>,
    /// The name the client asked for, if it sent one. Clients send none for an IP address.
    pub sni: Option<String>,
    /// The application protocol agreed on.
    pub alpn: Option<Vec<u8>>,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// How many certificates the client presented; 0 unless the server asked for one.
    pub client_certificates: usize,
}

/// One connection that was accepted.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The client's end.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub accepted_at: Instant,
    /// Bytes read from the client; application data, where there is TLS.
    pub read: u64,
    /// Bytes written to the client; application data, where there is TLS.
    pub written: u64,
    /// What was read, in full. Only scripted peers keep this.
    pub received: Vec<u8>,
    /// The session, once the handshake is complete. Only TLS servers have one.
    pub session: Option<Session>,
    /// How it ended. None while it is open.
    pub end: Option<End>,
}

/// All connections a server accepted, in that order.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// One entry for each connection.
    pub connections: Vec<Connection>,
}

impl Log {
    /// How many connections were accepted.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.connections.len()
    }

    /// How many connections are open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.connections.iter().filter(|c| c.end.is_none()).count()
    }

    /// Bytes read on all connections.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.connections.iter().map(|c| c.read).sum()
    }

    /// Bytes written on all connections.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.connections.iter().map(|c| c.written).sum()
    }

    /// Whether at least `count` connections were accepted and all are over.
    #[must_use]
    pub fn all_ended(&self, count: usize) -> bool {
        self.accepted() >= count && self.open() == 0
    }
}

/// A server's side of the log.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(Arc<watch::Sender<Log>>);

/// The part of the log that is about one connection. Dropped without [`Entry::end`], the connection counts as
/// ended by the server.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Arc<watch::Sender<Log>>,
    at: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Log::default())))
    }

    pub(crate) fn accepted(&self, peer: SocketAddr) -> Entry {
        let mut at = 0;
        self.0.send_modify(|log| {
            at = log.connections.len();
            log.connections.push(Connection {
                peer,
                accepted_at: Instant::now(),
                read: 0,
                written: 0,
                received: Vec::new(),
                session: None,
                end: None,
            });
        });
        Entry {
            log: self.0.clone(),
            at,
        }
    }

    pub(crate) fn get(&self) -> Log {
        self.0.borrow().clone()
    }

    pub(crate) async fn until(
        &self,
        limit: Duration,
        mut seen: impl FnMut(&Log) -> bool,
    ) -> Result<Log> {
        let mut changes = self.0.subscribe();
        let waited = tokio::time::timeout(limit, changes.wait_for(|log| seen(log))).await;
        match waited {
            Ok(Ok(log)) => Ok(log.clone()),
            _ => bail!("not seen within {limit:?}; the server saw {:?}", self.get()),
        }
    }
}

impl Entry {
    pub(crate) fn change(&self, how: impl FnOnce(&mut Connection)) {
        self.log
            .send_modify(|log| how(&mut log.connections[self.at]));
    }

    pub(crate) fn end(&self, end: End) {
        self.change(|c| {
            c.end.get_or_insert(end);
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end(End::Ours);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_and_waits() {
        let log = Recorder::new();
        let first = log.accepted("127.0.0.1:1".parse().unwrap());
        let second = log.accepted("127.0.0.1:2".parse().unwrap());
        first.change(|c| c.read += 3);
        second.change(|c| c.written += 4);
        first.end(End::Clean);
        let now = log.get();
        assert_eq!((now.accepted(), now.open()), (2, 1));
        assert_eq!((now.read(), now.written()), (3, 4));
        assert!(!now.all_ended(2));

        let waiting = log.clone();
        let all_ended = tokio::spawn(async move {
            waiting
                .until(Duration::from_secs(5), |log| log.all_ended(2))
                .await
        });
        drop(second);
        drop(first);
        let ends: Vec<_> = all_ended.await.unwrap().unwrap().connections;
        assert_eq!(ends[0].end, Some(End::Clean));
        assert_eq!(ends[1].end, Some(End::Ours));
        let never = log.until(Duration::from_millis(10), |_| false).await;
        assert!(never.is_err());
    }
}
