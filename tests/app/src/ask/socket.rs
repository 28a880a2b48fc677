//! The application's own sockets, for the option `sock`.

use crate::bindings::wasi::sockets::types::{ErrorCode, IpAddressFamily, TcpSocket};
use crate::clock::within;
use crate::ends::{Sink, Source};
use crate::{options, tell};
use std::net::SocketAddr;
use std::time::Duration;

/// How long an echo may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A socket that the application gives away.
pub(super) struct Given {
    pub(super) socket: TcpSocket,
    pub(super) ends: Ends,
}

/// The addresses of both ends; absent while it is not connected.
pub(super) type Ends = Option<(SocketAddr, SocketAddr)>;

impl Given {
    /// A socket that is connected to this address, or `unconnected:inet`, `unconnected:inet6`.
    pub(super) async fn make(what: &str) -> Result<Self, String> {
        let unconnected = match what {
            "unconnected:inet" => Some(IpAddressFamily::Ipv4),
            "unconnected:inet6" => Some(IpAddressFamily::Ipv6),
            _ => None,
        };
        if let Some(family) = unconnected {
            let socket = create(family)?;
            return Ok(Self { socket, ends: None });
        }
        let to: SocketAddr = what.parse().map_err(|_| format!("{what} is no address"))?;
        let socket = create(options::family(to))?;
        let connected = socket.connect(to.into()).await;
        connected.map_err(|code| format!("{what}: {code:?}"))?;
        let ends = ends(&socket);
        Ok(Self { socket, ends })
    }

    /// Whether it is as it was: at the same ends, and able to speak to the echo that it is connected to.
    pub(super) async fn check(self) -> Result<(), String> {
        if ends(&self.socket) != self.ends {
            return Err("the socket that was given back has other ends".to_owned());
        }
        match self.ends {
            Some(_) => within(LIMIT, echoes(&self.socket)).await,
            None => Ok(()),
        }
    }
}

fn create(family: IpAddressFamily) -> Result<TcpSocket, String> {
    TcpSocket::create(family).map_err(|code| format!("creating a socket: {code:?}"))
}

fn ends(socket: &TcpSocket) -> Ends {
    let local = socket.get_local_address().ok()?;
    let remote = socket.get_remote_address().ok()?;
    Some((tell::address(local), tell::address(remote)))
}

async fn echoes(socket: &TcpSocket) -> Result<(), String> {
    let failed = |code: ErrorCode| format!("the socket that was given back: {code:?}");
    let (mut sink, outgoing) = Sink::new();
    let sent = socket.send(outgoing);
    let (incoming, received) = socket.receive();
    let mut source = Source::new(incoming);
    sink.write(&mut super::PING.to_vec()).await;
    drop(sink);
    let came = source.read_to_end().await;
    sent.await.map_err(failed)?;
    received.await.map_err(failed)?;
    match came == super::PING {
        true => Ok(()),
        false => Err(format!("the socket that was given back read {came:?}")),
    }
}
