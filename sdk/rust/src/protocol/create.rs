//! asyncio's calls, with a factory of protocols.

use super::datagram::DatagramTransport;
use super::driver::Driven;
use super::exception::{from_callback, only_tell};
use super::handler::Handler;
use super::transport::Transport;
use super::{BufferedProtocol, DatagramProtocol, Protocol};
use crate::datagram::Bind;
use crate::error::Error;
use crate::opening::{Connect, Opened};
use std::rc::Rc;
use wit_bindgen::rt::async_support::spawn_local;

/// Opens a connection and couples it with a protocol: asyncio's `loop.create_connection`, and with a
/// [`Unix`](crate::Unix) `loop.create_unix_connection`. The factory is called once, when the connection is established (with TLS,
/// the handshake is done); the protocol is told by `connection_made`; then both are given back. If connecting fails, the factory
/// is not called. The connection lives in the export that has called: if that is cancelled, it is aborted, and the protocol is
/// told.
///
/// ```no_run
/// use switchboard_client::protocol::{Protocol, create_connection};
/// use switchboard_client::{Connector, Tls};
///
/// struct Ignore;
/// impl Protocol for Ignore {}
///
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let connector = Connector::new("example.com", 443).tls(Tls::new());
/// let (transport, protocol) = create_connection(|| Ignore, connector).await?;
/// # Ok(())
/// # }
/// ```
pub async fn create_connection<P: Protocol>(
    factory: impl FnOnce() -> P,
    connector: impl Connect,
) -> Result<(Transport, Rc<P>), Error> {
    let opened = connector.open().await?;
    let protocol = Rc::new(factory());
    let transport = couple(opened, Handler::Stream(protocol.clone()))?;
    Ok((transport, protocol))
}

/// The same with a [`BufferedProtocol`].
///
/// ```no_run
/// use switchboard_client::protocol::{BufferedProtocol, create_buffered_connection};
/// use switchboard_client::Connector;
/// # async fn example<P: BufferedProtocol>(new: fn() -> P) -> Result<(), switchboard_client::Error> {
/// let connector = Connector::new("localhost", 7);
/// let (transport, protocol) = create_buffered_connection(new, connector).await?;
/// # Ok(())
/// # }
/// ```
pub async fn create_buffered_connection<P: BufferedProtocol>(
    factory: impl FnOnce() -> P,
    connector: impl Connect,
) -> Result<(Transport, Rc<P>), Error> {
    let opened = connector.open().await?;
    let protocol = Rc::new(factory());
    let transport = couple(opened, Handler::Buffered(protocol.clone()))?;
    Ok((transport, protocol))
}

/// Tells the protocol, and lets the bytes flow.
fn couple(opened: Opened, handler: Handler) -> Result<Transport, Error> {
    let (transport, driven): (Transport, Driven) = Transport::new(opened, handler.clone());
    let made = handler.connection_made(&transport);
    let result = match (made, transport.0.tls.get()) {
        (Ok(()), _) => Ok(()),
        (Err(error), true) => {
            let error = from_callback(error);
            let message = "Fatal error: protocol.buffer_updated() call failed.";
            transport.0.fail(message, error.clone());
            Err(error)
        }
        (made, false) => {
            only_tell("Exception in callback connection_made()", made);
            Ok(())
        }
    };
    spawn_local(driven.run());
    result.map(|()| transport)
}

/// Opens an endpoint for datagrams and couples it with a protocol: asyncio's `loop.create_datagram_endpoint`. The order is that
/// of [`create_connection`]. With a [`UnixDatagram`](crate::UnixDatagram) it is one of a Unix socket.
///
/// ```no_run
/// use switchboard_client::protocol::{DatagramProtocol, create_datagram_endpoint};
/// use switchboard_client::Datagram;
///
/// struct Ignore;
/// impl DatagramProtocol for Ignore {}
///
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let datagram = Datagram::to("localhost", 9);
/// let (transport, protocol) = create_datagram_endpoint(|| Ignore, datagram).await?;
/// transport.sendto(b"hello", None)?;
/// # Ok(())
/// # }
/// ```
pub async fn create_datagram_endpoint<P: DatagramProtocol>(
    factory: impl FnOnce() -> P,
    datagram: impl Bind,
) -> Result<(DatagramTransport, Rc<P>), Error> {
    let endpoint = datagram.open().await?;
    let protocol = Rc::new(factory());
    let (transport, driven) = DatagramTransport::new(endpoint, protocol.clone());
    let made = protocol.connection_made(&transport);
    only_tell("Exception in callback connection_made()", made);
    spawn_local(driven);
    Ok((transport, protocol))
}
