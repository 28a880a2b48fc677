//! A client on a TCP connection of its own.

use super::wire::{Broken, Wire};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::tls_engine::Session;
use crate::bindings::wasi::sockets::types::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket,
};
use crate::json::facts;
use serde_json::json;
use std::net::SocketAddr;

pub(super) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["server", "ca", "name", "piece", "count", "line"])?;
    let context = arguments.context()?.ok_or("ca= is missing")?;
    let name = arguments.get("name").unwrap_or("localhost");
    let server = arguments.server("server")?;
    for _ in 0..arguments.parsed("count")?.unwrap_or(1) {
        let session = Session::client(&context, Some(name));
        let session = session.map_err(|failure| format!("{failure:?}"))?;
        let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(|it| format!("{it:?}"))?;
        let connected = socket.connect(wasi(server)?).await;
        connected.map_err(|it| format!("{it:?}"))?;
        let (mut wire, _sent) = Wire::new(session, &socket, arguments.parsed("piece")?);
        let mut read = Vec::new();
        let talked = talk(&mut wire, arguments, &mut read).await;
        let agreed = wire.session.facts();
        println!(
            "{}",
            json!({
                "facts": agreed.as_ref().map(facts::facts),
                "read": String::from_utf8_lossy(&read),
                "failure": talked.err().map(|it| it.json()),
            })
        );
    }
    Ok(())
}

async fn talk(wire: &mut Wire, arguments: &Arguments, read: &mut Vec<u8>) -> Result<(), Broken> {
    wire.handshake().await?;
    let line = arguments.get("line").unwrap_or("ping").to_owned() + "\n";
    wire.write(line.as_bytes()).await?;
    while read.len() < line.len() {
        let bytes = wire.read().await?;
        if bytes.is_empty() {
            break;
        }
        read.extend(bytes);
    }
    wire.close().await?;
    read_to_end(wire, read).await
}

async fn read_to_end(wire: &mut Wire, read: &mut Vec<u8>) -> Result<(), Broken> {
    loop {
        let bytes = wire.read().await?;
        if bytes.is_empty() {
            return Ok(());
        }
        read.extend(bytes);
    }
}

fn wasi(address: SocketAddr) -> Result<IpSocketAddress, String> {
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            Ok(IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port: v4.port(),
                address: (a, b, c, d),
            }))
        }
        SocketAddr::V6(_) => Err(format!("{address} is not IPv4")),
    }
}
