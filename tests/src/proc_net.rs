//! The kernel's lists of sockets, to show that none was left behind.

use anyhow::{Context, Result, bail};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

/// How often the list is read anew while waiting. The kernel has no event for a change of it.
const EVERY: Duration = Duration::from_millis(5);

/// The state of a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "these are the names the protocol gives them")]
pub enum State {
    Established,
    SynSent,
    SynReceived,
    FinWait1,
    FinWait2,
    TimeWait,
    Closed,
    CloseWait,
    LastAck,
    Listen,
    Closing,
}

/// One TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own address.
    pub local: SocketAddr,
    /// The address it is connected to; unspecified, with port 0, for one that listens.
    pub remote: SocketAddr,
    /// Its state.
    pub state: State,
    /// Bytes written to it that its peer's kernel has not acknowledged. In a listener no bytes.
    pub unacknowledged: u32,
    /// Bytes that have come and are not read yet. In a listener: connections not accepted yet.
    pub unread: u32,
    /// Its inode; 0 when no process has it any more and only the kernel is still at work on it.
    pub inode: u64,
}

impl Socket {
    /// Whether some process has it open.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.inode != 0
    }
}

/// All TCP sockets of this network namespace, both address families. Sockets that are bound but neither listen
/// nor connect are not among them.
///
/// The kernel hands its list out in pieces, and a socket that goes away between two of them can make it pass
/// over another, or show one twice. So the list is read twice: what either reading shows is there, once, and as
/// the later one has it.
pub fn of_machine() -> Result<Vec<Socket>> {
    read_twice(["/proc/net/tcp", "/proc/net/tcp6"])
}

/// As [`of_machine`], all UDP sockets that are bound. Those that are connected are [`State::Established`], others
/// [`State::Closed`].
pub fn udp_of_machine() -> Result<Vec<Socket>> {
    read_twice(["/proc/net/udp", "/proc/net/udp6"])
}

fn read_twice(tables: [&'static str; 2]) -> Result<Vec<Socket>> {
    let earlier = read(tables)?;
    let mut all = read(tables)?;
    all.extend(earlier);
    let mut known = HashSet::new();
    all.retain(|socket| known.insert((socket.local, socket.remote)));
    Ok(all)
}

fn read(tables: [&'static str; 2]) -> Result<Vec<Socket>> {
    let mut all = Vec::new();
    for table in tables {
        match std::fs::read_to_string(table) {
            Ok(text) => {
                for line in text.lines().skip(1) {
                    let socket = parse(line).with_context(|| format!("{table}: {line:?}"))?;
                    all.push(socket);
                }
            }
            // Without IPv6 in the kernel there is no such table, and no such socket.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && table.ends_with('6') => {}
            Err(e) => return Err(e).context(table),
        }
    }
    Ok(all)
}

/// The TCP sockets that the process `pid` has open; `"self"` is this process.
pub fn of_process(pid: &str) -> Result<Vec<Socket>> {
    let folder = format!("/proc/{pid}/fd");
    let mut inodes = HashSet::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.clone())? {
        // A descriptor may be gone again before it is looked at.
        let Ok(target) = std::fs::read_link(entry?.path()) else {
            continue;
        };
        let inode = target
            .to_str()
            .and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        inodes.extend(inode.filter(|inode: &u64| *inode != 0));
    }
    let mut all = of_machine()?;
    all.retain(|socket| inodes.contains(&socket.inode));
    Ok(all)
}

/// How many sockets, of whatever process, are connected or being connected to `port`: the clients' ends, in any
/// state, as long as a process has them. Those already closed (`TIME_WAIT`, mostly) do not count.
///
/// While a child process is being started it shares, for a moment, all that its parent has open, even what the
/// parent closes just then. Where tests run side by side, [`until_none_open_to`] is the one to ask.
pub fn open_to(port: u16) -> Result<usize> {
    let open = |s: &&Socket| s.remote.port() == port && s.is_owned();
    Ok(of_machine()?.iter().filter(open).count())
}

/// How many sockets connected to `port` are in `state`, with or without a process that has them.
pub fn in_state(port: u16, state: State) -> Result<usize> {
    let fits = |s: &&Socket| s.remote.port() == port && s.state == state;
    Ok(of_machine()?.iter().filter(fits).count())
}

/// Waits until `seen` is true of all sockets of the machine, at most for `limit`.
pub async fn until(limit: Duration, seen: impl FnMut(&[Socket]) -> bool) -> Result<()> {
    until_in(of_machine, limit, seen).await
}

/// Waits until `seen` is true of all UDP sockets of the machine, at most for `limit`.
pub async fn until_udp(limit: Duration, seen: impl FnMut(&[Socket]) -> bool) -> Result<()> {
    until_in(udp_of_machine, limit, seen).await
}

async fn until_in(
    list: fn() -> Result<Vec<Socket>>,
    limit: Duration,
    mut seen: impl FnMut(&[Socket]) -> bool,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        if seen(&list()?) {
            return Ok(());
        }
        if begun.elapsed() >= limit {
            bail!("the list of sockets was not as expected within {limit:?}");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until [`open_to`] `port` is 0, at most for `limit`.
pub async fn until_none_open_to(port: u16, limit: Duration) -> Result<()> {
    until(limit, |all| {
        !all.iter().any(|s| s.remote.port() == port && s.is_owned())
    })
    .await
    .with_context(|| format!("sockets to port {port} are still open"))
}

/// Columns: number, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode.
fn parse(line: &str) -> Result<Socket> {
    let mut columns = line.split_ascii_whitespace().skip(1);
    let mut next = || columns.next().context("a column is missing");
    let local = address(next()?)?;
    let remote = address(next()?)?;
    let state = match u8::from_str_radix(next()?, 16)? {
        1 => State::Established,
        2 => State::SynSent,
        // 12 is a connection that is being accepted, before there is a socket for it.
        3 | 12 => State::SynReceived,
        4 => State::FinWait1,
        5 => State::FinWait2,
        6 => State::TimeWait,
        7 => State::Closed,
        8 => State::CloseWait,
        9 => State::LastAck,
        10 => State::Listen,
        11 => State::Closing,
        other => bail!("unknown state {other}"),
    };
    let (transmit, receive) = next()?.split_once(':').context("no second queue")?;
    for _ in 0..4 {
        next()?;
    }
    let inode = next()?.parse()?;
    Ok(Socket {
        local,
        remote,
        state,
        unacknowledged: u32::from_str_radix(transmit, 16)?,
        unread: u32::from_str_radix(receive, 16)?,
        inode,
    })
}

/// `0100007F:1F90`: the address in words of 32 bits, each in the machine's byte order; the port as a number.
fn address(text: &str) -> Result<SocketAddr> {
    let (ip, port) = text.split_once(':').context("no port")?;
    let port = u16::from_str_radix(port, 16)?;
    let mut octets = Vec::with_capacity(16);
    for word in ip.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word)?, 16)?;
        octets.extend(word.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(octets.as_slice()) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        Err(_) => {
            let sixteen = <[u8; 16]>::try_from(octets.as_slice())?;
            IpAddr::V6(Ipv6Addr::from(sixteen))
        }
    };
    Ok(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blackhole::Blackhole;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};

    #[tokio::test]
    async fn sees_sockets_come_and_go() {
        for ip in ["127.0.0.3:0", "[::1]:0"] {
            let listener = TcpListener::bind(ip).unwrap();
            let addr = listener.local_addr().unwrap();
            let client = TcpStream::connect(addr).unwrap();
            let (server, _) = listener.accept().unwrap();
            assert_eq!(open_to(addr.port()).unwrap(), 1);
            assert_eq!(in_state(addr.port(), State::Established).unwrap(), 1);
            let own = of_process("self").unwrap();
            let seen = own.iter().find(|s| s.remote == addr).unwrap();
            assert_eq!(seen.local, client.local_addr().unwrap());
            assert_eq!(seen.state, State::Established);
            assert_eq!((seen.unacknowledged, seen.unread), (0, 0));
            (&server).write_all(b"unread").unwrap();
            let own = of_process("self").unwrap();
            assert!(own.iter().any(|s| s.remote == addr && s.unread == 6));
            let mut unread = [0; 6];
            (&client).read_exact(&mut unread).unwrap();
            assert!(
                own.iter()
                    .any(|s| s.local == addr && s.state == State::Listen)
            );
            // Half closed by its process, it is the kernel's alone; then it is in TIME_WAIT.
            drop(client);
            until_none_open_to(addr.port(), Duration::from_secs(5))
                .await
                .unwrap();
            assert_eq!(in_state(addr.port(), State::FinWait2).unwrap(), 1);
            drop(server);
            until(Duration::from_secs(5), |all| {
                all.iter()
                    .any(|s| s.remote == addr && s.state == State::TimeWait)
            })
            .await
            .unwrap();
            assert_eq!(open_to(addr.port()).unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn sees_an_attempt_that_is_pending() {
        let hole = Blackhole::start("127.0.0.1").unwrap();
        let port = hole.addr().port();
        let attempt = tokio::spawn(tokio::net::TcpStream::connect(hole.addr()));
        until(Duration::from_secs(5), |all| {
            all.iter()
                .any(|s| s.remote == hole.addr() && s.state == State::SynSent)
        })
        .await
        .unwrap();
        assert_eq!(open_to(port).unwrap(), 1);
        attempt.abort();
        until_none_open_to(port, Duration::from_secs(5))
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn sees_udp_sockets_come_and_go() {
        for ip in ["127.0.0.3:0", "[::1]:0"] {
            let server = UdpSocket::bind(ip).unwrap();
            let addr = server.local_addr().unwrap();
            let client = UdpSocket::bind(ip).unwrap();
            client.connect(addr).unwrap();
            client.send(b"unread").unwrap();
            let own = udp_of_machine().unwrap();
            let of = |local| own.iter().find(|s| s.local == local).unwrap();
            assert_eq!(of(addr).state, State::Closed);
            assert!(of(addr).unread > 0);
            let connected = of(client.local_addr().unwrap());
            assert_eq!(
                (connected.remote, connected.state),
                (addr, State::Established)
            );
            drop((client, server));
            let gone = |all: &[Socket]| !all.iter().any(|s| s.local == addr || s.remote == addr);
            until_udp(Duration::from_secs(5), gone).await.unwrap();
        }
    }

    #[test]
    fn rejects_what_it_does_not_know() {
        assert!(parse("0: 0100007F:1F90 00000000:0000 63 0:0 0:0 0 0 0 7").is_err());
        assert!(parse("0: 0100007F:1F90").is_err());
        assert!(address("0100007F").is_err());
    }
}
