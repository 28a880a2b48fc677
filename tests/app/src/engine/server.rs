//! A server on a TCP listener of its own.

use super::file;
use super::wire::{Broken, Wire};
use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::create_connection;
use crate::bindings::switchboard::connect::tls::{ClientVerifyMode, Context, Trust};
use crate::bindings::switchboard::connect::tls_engine::Session;
use crate::bindings::wasi::sockets::types::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket,
};
use crate::json::facts;
use crate::{options, tell};
use serde_json::json;

pub(super) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&[
        "tell", "cert", "key", "ca", "verify", "count", "piece", "lines",
    ])?;
    let context = context(arguments)?;
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(|it| format!("{it:?}"))?;
    let any = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 0,
        address: (127, 0, 0, 1),
    });
    socket.bind(any).map_err(|it| format!("{it:?}"))?;
    let mut clients = socket.listen().map_err(|it| format!("{it:?}"))?;
    let address = socket.get_local_address().map_err(|it| format!("{it:?}"))?;
    tell_port(arguments, tell::address(address).port()).await?;
    for _ in 0..arguments.parsed("count")?.unwrap_or(1) {
        let client = clients.next().await.ok_or("nobody can be accepted")?;
        serve(&context, &client, arguments).await?;
    }
    Ok(())
}

fn context(arguments: &Arguments) -> Result<Context, String> {
    let context = match arguments.context()? {
        Some(context) => context,
        None => Context::new(Trust::None),
    };
    let (certificates, key) = (file(arguments, "cert")?, file(arguments, "key")?);
    let loaded = context.load_cert_chain(&certificates, &key, None);
    loaded.map_err(|failure| format!("{failure:?}"))?;
    context.set_client_verify_mode(match arguments.get("verify") {
        None => ClientVerifyMode::None,
        Some("optional") => ClientVerifyMode::Optional,
        Some("required") => ClientVerifyMode::Required,
        Some(other) => return Err(format!("verify={other} cannot be understood")),
    });
    let alpn = [b"echo".to_vec()];
    let set = context.set_alpn_protocols(&alpn);
    set.map_err(|failure| format!("{failure:?}"))?;
    Ok(context)
}

async fn tell_port(arguments: &Arguments, port: u16) -> Result<(), String> {
    let listener = create_connection(options::to(arguments.server("tell")?)).await;
    let listener = listener.map_err(tell::connect_error)?;
    let told = listener.write(format!("{port}\n").into_bytes()).await;
    told.map_err(tell::stream_failure)?;
    listener.close().await.map_err(tell::stream_failure)
}

async fn serve(context: &Context, client: &TcpSocket, arguments: &Arguments) -> Result<(), String> {
    let session = Session::server(context).map_err(|failure| format!("{failure:?}"))?;
    let (mut wire, sent) = Wire::new(session, client, arguments.parsed("piece")?);
    let mut bytes = 0;
    let lines = arguments.parsed("lines")?;
    let echoed = echo(&mut wire, lines, &mut bytes).await;
    let agreed = wire.session.facts();
    println!(
        "{}",
        json!({
            "facts": agreed.as_ref().map(facts::facts),
            "bytes": bytes,
            "failure": echoed.err().map(|it| it.json()),
        })
    );
    // FIN, and all of it is sent before the socket goes.
    drop(wire);
    let _ = sent.await;
    Ok(())
}

/// Until the client has said goodbye; after so many lines the server says it.
async fn echo(wire: &mut Wire, mut lines: Option<usize>, count: &mut usize) -> Result<(), Broken> {
    wire.handshake().await?;
    loop {
        let bytes = wire.read().await?;
        if bytes.is_empty() {
            return wire.close().await;
        }
        *count += bytes.len();
        wire.write(&bytes).await?;
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        lines = lines.map(|left| left.saturating_sub(ends));
        if lines == Some(0) {
            wire.close().await?;
        }
    }
}
