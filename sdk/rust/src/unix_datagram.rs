//! How to open an endpoint for datagrams at a Unix socket.

use crate::Family;
use crate::address::UnixAddress;
use crate::bindings::switchboard::connect::datagrams::EndpointOptions;
use crate::datagram::{Bind, nothing, sealed};
use crate::endpoint::Endpoint;
use crate::error::Error;

/// How to open an endpoint for datagrams at a Unix socket: asyncio's `loop.create_datagram_endpoint` with `family=AF_UNIX`. WASI
/// has none: it takes `switchboard-posix.wasm` and a host that provides `switchboard:posix`, else it fails with
/// [`Failure::NotSupported`](crate::Failure::NotSupported).
///
/// ```no_run
/// use switchboard_client::UnixDatagram;
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let log = UnixDatagram::to("/dev/log").open().await?;
/// log.send(b"<14>hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct UnixDatagram {
    options: EndpointOptions,
}

impl UnixDatagram {
    /// With this peer and nobody else; without [`from`](Self::from) it cannot answer. asyncio: `remote_addr`.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::to("/dev/log");
    /// ```
    pub fn to(path: impl Into<UnixAddress>) -> Self {
        let mut this = Self::anonymous();
        this.options.unix_remote = Some(path.into().into_bytes());
        this
    }

    /// With anybody, receiving at this path or abstract name. A socket that is at the path is replaced, any other file is not.
    /// The file remains when the endpoint is closed. asyncio: `local_addr`.
    ///
    /// ```
    /// use switchboard_client::{UnixAddress, UnixDatagram};
    /// let datagram = UnixDatagram::at(UnixAddress::abstract_name("events"));
    /// ```
    pub fn at(path: impl Into<UnixAddress>) -> Self {
        Self::anonymous().from(path)
    }

    /// With anybody, at no path: it can send and cannot be answered. asyncio: `family` alone.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::anonymous();
    /// ```
    pub fn anonymous() -> Self {
        Self {
            options: EndpointOptions {
                family: Some(Family::Unix.into()),
                ..nothing()
            },
        }
    }

    /// From this path or abstract name of one's own, to the peer of [`to`](Self::to). asyncio: `local_addr`.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::to("/run/them.sock").from("/run/me.sock");
    /// ```
    pub fn from(mut self, path: impl Into<UnixAddress>) -> Self {
        self.options.unix_local = Some(path.into().into_bytes());
        self
    }

    /// Receives from anybody, and sends to the peer of [`to`](Self::to). asyncio: `allow_broadcast`, which of Unix sockets does
    /// nothing else.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::to("/run/them.sock").from("/run/me.sock").from_anybody();
    /// ```
    pub fn from_anybody(mut self) -> Self {
        self.options.allow_broadcast = true;
        self
    }

    /// The size of the system's buffer for what was received.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::at("/run/me.sock").receive_buffer_size(1 << 20);
    /// ```
    pub fn receive_buffer_size(mut self, bytes: u64) -> Self {
        self.options.receive_buffer_size = Some(bytes);
        self
    }

    /// The size of the system's buffer for what was sent, and so of the largest datagram.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::to("/run/them.sock").send_buffer_size(1 << 20);
    /// ```
    pub fn send_buffer_size(mut self, bytes: u64) -> Self {
        self.options.send_buffer_size = Some(bytes);
        self
    }

    /// How much is kept that was received and not yet asked for; 1 MiB unless said otherwise.
    ///
    /// ```
    /// let datagram = switchboard_client::UnixDatagram::at("/run/me.sock").queue_limit(1 << 16);
    /// ```
    pub fn queue_limit(mut self, bytes: u64) -> Self {
        self.options.queue_limit = Some(bytes);
        self
    }

    /// Opens the endpoint.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let endpoint = switchboard_client::UnixDatagram::at("/run/me.sock").open().await?;
    /// let (data, from) = endpoint.recv_from().await?;
    /// endpoint.send_to(&data, from).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(self) -> Result<Endpoint, Error> {
        sealed::Bind::open(self).await
    }
}

impl Bind for UnixDatagram {}

impl sealed::Bind for UnixDatagram {
    fn into_options(self) -> EndpointOptions {
        self.options
    }
}
