//! An address that never answers a SYN, made without privileges.
//!
//! Linux drops a SYN to a listener whose queue of connections not yet accepted is full. This one has the
//! shortest queue there is, filled by connections of our own, and never accepts.

use crate::behaviour::Behaviour;
use crate::echo::{BACKLOG, TcpServer};
use crate::place::{IntoPlace, Place};
use crate::proc_net;
use anyhow::{Context, Result, bail, ensure};
use socket2::SockRef;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long an attempt stays without an answer before the hole counts as made. Loopback answers within
/// `connect` itself, so this is far more than a full queue needs to show.
const UNANSWERED: Duration = Duration::from_millis(100);

/// How long what was needed to fill the queue may linger.
const FORGOTTEN: Duration = Duration::from_secs(5);

/// Connection attempts to its address stay pending (`SYN_SENT`) until it is dropped.
#[derive(Debug)]
pub struct Blackhole {
    listener: TcpListener,
    addr: SocketAddr,
    fillers: usize,
}

impl Blackhole {
    /// Opens a hole at `at` (any of 127.0.0.0/8, or `::1`). Blocks for about 100 ms: it is tried before it is
    /// handed out. No socket connected to it is left then.
    pub fn start(at: impl IntoPlace) -> Result<Self> {
        let place: Place = at.into_place()?;
        let addr = place.addr();
        let listener = place.listen(0)?;
        for fillers in 0..16 {
            match TcpStream::connect_timeout(&addr, UNANSWERED) {
                // Reset rather than kept: the dead connection still fills its slot in the queue, while no
                // socket connected to this port is left in this process, so those who count find only theirs.
                Ok(filler) => SockRef::from(&filler).set_linger(Some(Duration::ZERO))?,
                Err(e) if e.kind() == ErrorKind::TimedOut => {
                    forget_own(addr)?;
                    return Ok(Self {
                        listener,
                        addr,
                        fillers,
                    });
                }
                Err(e) => return Err(e).with_context(|| format!("filling the queue of {addr}")),
            }
        }
        bail!("{addr} still answers with its queue full")
    }

    /// Becomes a server: whoever still tries is answered when the kernel sends its SYN again, 1 second after the first
    /// one, then 2, 4 and so on after the one before.
    pub fn open(self, behaviour: Behaviour) -> Result<TcpServer> {
        for _ in 0..self.fillers {
            drop(self.listener.accept()?);
        }
        SockRef::from(&self.listener).listen(BACKLOG)?;
        TcpServer::on(self.listener, behaviour)
    }

    /// The address that never answers.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// Waits until no socket of ours that was connected, or being connected, to `addr` is left. A child process that
/// was being started while they were closed has them a moment longer.
fn forget_own(addr: SocketAddr) -> Result<()> {
    let begun = Instant::now();
    while proc_net::of_machine()?
        .iter()
        .any(|s| s.remote == addr && s.is_owned())
    {
        ensure!(begun.elapsed() < FORGOTTEN, "{addr} is still connected to");
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn leaves_every_attempt_pending() {
        // All at once, so that the test takes 1.5 s and not four times that.
        let mut tries = tokio::task::JoinSet::new();
        for ip in ["127.0.0.1", "127.9.8.7", "::1", "127.0.0.1"] {
            let hole = Blackhole::start(ip).unwrap();
            assert_eq!(proc_net::open_to(hole.addr().port()).unwrap(), 0);
            tries.spawn_blocking(move || {
                let begun = Instant::now();
                let limit = Duration::from_millis(1500);
                let error = TcpStream::connect_timeout(&hole.addr(), limit).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                assert!(begun.elapsed() >= limit);
            });
        }
        while let Some(one) = tries.join_next().await {
            one.unwrap();
        }
    }
    #[tokio::test]
    async fn answers_who_waits_when_it_is_opened() {
        let hole = Blackhole::start("127.0.0.1").unwrap();
        let addr = hole.addr();
        let attempt = tokio::spawn(tokio::net::TcpStream::connect(addr));
        let limit = Duration::from_secs(5);
        let waits = |all: &[proc_net::Socket]| {
            all.iter()
                .any(|s| s.remote == addr && s.state == proc_net::State::SynSent)
        };
        proc_net::until(limit, waits).await.unwrap();
        let server = hole.open(Behaviour::Echo).unwrap();
        let connected = tokio::time::timeout(limit, attempt).await.unwrap();
        let client = connected.unwrap().unwrap();
        let log = server.until(limit, |log| log.accepted() == 1).await;
        let peer = log.unwrap().connections[0].peer;
        assert_eq!(peer, client.local_addr().unwrap());
    }
}
