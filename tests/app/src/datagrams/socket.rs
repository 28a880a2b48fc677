//! The application's own sockets, for the option `sock`.

use crate::bindings::wasi::sockets::types::{
    ErrorCode, IpAddressFamily, IpSocketAddress, UdpSocket,
};
use crate::clock::within;
use crate::{options, tell};
use std::net::SocketAddr;
use std::time::Duration;

/// How long an echo may take.
const LIMIT: Duration = Duration::from_secs(10);

const PING: &[u8] = b"ping";

/// A socket that the application gives away.
pub(super) struct Given {
    pub(super) socket: UdpSocket,
    pub(super) ends: Ends,
}

/// Its own address and the peer's, as far as it has them.
pub(super) type Ends = (Option<SocketAddr>, Option<SocketAddr>);

impl Given {
    /// `unbound:inet`, `unbound:inet6`, `bound:ADDRESS`, `connected:ADDRESS`, or `late:ADDRESS`: one that is connected
    /// only after a stranger's datagram has arrived.
    pub(super) async fn make(what: &str) -> Result<Self, String> {
        let (kind, of) = what.split_once(':').unwrap_or((what, ""));
        let socket = match (kind, of) {
            ("unbound", "inet") => create(IpAddressFamily::Ipv4)?,
            ("unbound", "inet6") => create(IpAddressFamily::Ipv6)?,
            ("bound", _) => bound(parse(of)?)?,
            ("connected", _) => {
                let socket = create(options::family(parse(of)?))?;
                fine(what, socket.connect(parse(of)?.into()))?;
                socket
            }
            ("late", _) => late(parse(of)?).await?,
            _ => return Err(format!("{what} is no socket")),
        };
        let ends = ends(&socket);
        Ok(Self { socket, ends })
    }

    /// Whether it is as it was: at the same ends, and able to speak to the echo that it is connected to.
    pub(super) async fn check(self) -> Result<(), String> {
        if ends(&self.socket) != self.ends {
            return Err("the socket that was given back has other ends".to_owned());
        }
        match self.ends {
            (_, Some(_)) => within(LIMIT, echoes(&self.socket)).await,
            (_, None) => Ok(()),
        }
    }
}

fn parse(address: &str) -> Result<SocketAddr, String> {
    address
        .parse()
        .map_err(|_| format!("{address} is no address"))
}

fn fine<T>(what: &str, result: Result<T, ErrorCode>) -> Result<T, String> {
    result.map_err(|code| format!("{what}: {code:?}"))
}

fn create(family: IpAddressFamily) -> Result<UdpSocket, String> {
    fine("creating a socket", UdpSocket::create(family))
}

fn bound(at: SocketAddr) -> Result<UdpSocket, String> {
    let socket = create(options::family(at))?;
    fine("binding", socket.bind(at.into()))?;
    Ok(socket)
}

/// Loopback delivers before `send` returns.
async fn late(peer: SocketAddr) -> Result<UdpSocket, String> {
    let at = SocketAddr::new(peer.ip(), 0);
    let socket = bound(at)?;
    let stranger = bound(at)?;
    let to = fine("its address", socket.get_local_address())?;
    for _ in 0..3 {
        let sent = stranger.send(b"stranger".to_vec(), Some(to)).await;
        fine("a stranger's datagram", sent)?;
    }
    fine("connecting", socket.connect(peer.into()))?;
    Ok(socket)
}

fn ends(socket: &UdpSocket) -> Ends {
    let plain = |address: Result<IpSocketAddress, ErrorCode>| address.ok().map(tell::address);
    (
        plain(socket.get_local_address()),
        plain(socket.get_remote_address()),
    )
}

async fn echoes(socket: &UdpSocket) -> Result<(), String> {
    fine("sending", socket.send(PING.to_vec(), None).await)?;
    let (came, _) = fine("receiving", socket.receive().await)?;
    match came == PING {
        true => Ok(()),
        false => Err(format!("the socket that was given back received {came:?}")),
    }
}
