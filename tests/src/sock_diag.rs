//! What the kernel says about the options of a TCP socket, whoever has it (`sock_diag(7)`).

use anyhow::{Context, Result, ensure};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const IPPROTO_TCP: u8 = 6;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const INET_DIAG_SKMEMINFO: u16 = 7;
const TIMER_KEEP_ALIVE: u8 = 2;

/// The sizes of `nlmsghdr`, `inet_diag_msg` and `rtattr`, and where in the second the timer stands.
const HEADER: usize = 16;
const MESSAGE: usize = 72;
const ATTRIBUTE: usize = 4;
const TIMER: usize = 2;
const EXPIRES: usize = 52;

/// The options of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How long until the next keep-alive probe, if it is to be sent and nothing waits to be acknowledged.
    pub next_probe: Option<Duration>,
    /// `SO_RCVBUF`, which is twice what was set: half of it is for the kernel's own records.
    pub receive_buffer: u32,
    /// `SO_SNDBUF`, likewise.
    pub send_buffer: u32,
}

/// The options of the socket with these ends.
pub fn of(local: SocketAddr, remote: SocketAddr) -> Result<Facts> {
    let mut socket = Socket::new(
        Domain::from(AF_NETLINK),
        Type::DGRAM,
        Some(Protocol::from(NETLINK_SOCK_DIAG)),
    )?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    socket.write_all(&request(local, remote))?;
    let mut answer = vec![0; 8192];
    let count = socket.read(&mut answer)?;
    answer.truncate(count);
    parse(&answer).with_context(|| format!("the socket from {local} to {remote}"))
}

/// An `inet_diag_req_v2` with its header.
fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
    let wanted = 1 << (INET_DIAG_SKMEMINFO - 1);
    let mut body = vec![family, IPPROTO_TCP, wanted, 0];
    body.extend(u32::MAX.to_ne_bytes());
    body.extend(local.port().to_be_bytes());
    body.extend(remote.port().to_be_bytes());
    for address in [local, remote] {
        let mut octets = [0; 16];
        match address.ip() {
            IpAddr::V4(ip) => octets[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => octets = ip.octets(),
        }
        body.extend(octets);
    }
    // Any interface, and a socket whose cookie is not known.
    body.extend(0u32.to_ne_bytes());
    body.extend([u8::MAX; 8]);

    let mut request = Vec::new();
    request.extend(((HEADER + body.len()) as u32).to_ne_bytes());
    request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend(NLM_F_REQUEST.to_ne_bytes());
    // Sequence and port numbers, which nobody looks at.
    request.extend([0; 8]);
    request.extend(body);
    request
}

fn parse(answer: &[u8]) -> Result<Facts> {
    let kind = answer
        .get(4..6)
        .map(|it| u16::from_ne_bytes([it[0], it[1]]));
    ensure!(
        kind == Some(SOCK_DIAG_BY_FAMILY),
        "is not known: {answer:?}"
    );
    let message = answer.get(HEADER..).context("no message")?;
    let timer = *message.get(TIMER).context("no timer")?;
    let expires = number(message, EXPIRES)?;
    let mut attributes = message.get(MESSAGE..).context("no attributes")?;
    while let Some(head) = attributes.get(..ATTRIBUTE) {
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let kind = u16::from_ne_bytes([head[2], head[3]]);
        let value = attributes.get(ATTRIBUTE..length).context("cut off")?;
        if kind == INET_DIAG_SKMEMINFO {
            let next_probe = Duration::from_millis(expires.into());
            return Ok(Facts {
                next_probe: (timer == TIMER_KEEP_ALIVE).then_some(next_probe),
                receive_buffer: number(value, 4)?,
                send_buffer: number(value, 12)?,
            });
        }
        let next = length.next_multiple_of(ATTRIBUTE);
        attributes = attributes.get(next..).unwrap_or_default();
    }
    anyhow::bail!("nothing about its buffers")
}

fn number(bytes: &[u8], at: usize) -> Result<u32> {
    let four = bytes.get(at..at + 4).context("too short")?;
    Ok(u32::from_ne_bytes(four.try_into()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{SockRef, TcpKeepalive};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn tells_what_was_set() {
        for ip in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(ip).unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let ends = (client.local_addr().unwrap(), client.peer_addr().unwrap());
            let before = of(ends.0, ends.1).unwrap();
            assert_eq!(before.next_probe, None);

            let socket = SockRef::from(&client);
            socket.set_recv_buffer_size(20_000).unwrap();
            socket.set_send_buffer_size(30_000).unwrap();
            let idle = TcpKeepalive::new().with_time(Duration::from_secs(100));
            socket.set_tcp_keepalive(&idle).unwrap();
            let after = of(ends.0, ends.1).unwrap();
            assert_eq!((after.receive_buffer, after.send_buffer), (40_000, 60_000));
            let next = after.next_probe.unwrap().as_secs_f64();
            assert!((90.0..=100.0).contains(&next), "{next}");

            drop(listener);
            assert!(of(ends.1, ends.1).is_err());
        }
    }
}
