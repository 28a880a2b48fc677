//! How to open an endpoint for datagrams.

use crate::bindings::switchboard::connect::datagrams::{self as wit, EndpointOptions};
use crate::bindings::switchboard::connect::types::HostAddress;
use crate::clock::nanoseconds;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::port::{Port, host_address};
use crate::{Family, LookupFlags, UdpSocket};
use std::time::Duration;

/// How to open an endpoint for datagrams over UDP: asyncio's `loop.create_datagram_endpoint`.
///
/// ```no_run
/// use switchboard_client::Datagram;
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let endpoint = Datagram::to("localhost", 53).open().await?;
/// endpoint.send(b"a question").await?;
/// let (answer, _) = endpoint.recv_from().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Datagram {
    options: EndpointOptions,
}

impl Datagram {
    /// With this peer and nobody else. asyncio: `remote_addr`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53);
    /// ```
    pub fn to(host: impl AsRef<str>, port: impl Into<Port>) -> Self {
        let remote = host_address(Some(host.as_ref()), port.into());
        Self::with(None, Some(remote))
    }

    /// With anybody, receiving at this address of one's own; the port 0 is any that is free. asyncio: `local_addr`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::at("127.0.0.1", 0);
    /// ```
    pub fn at(host: impl AsRef<str>, port: impl Into<Port>) -> Self {
        let local = host_address(Some(host.as_ref()), port.into());
        Self::with(Some(local), None)
    }

    /// With anybody, at all addresses of this family and a free port. asyncio: `family` alone.
    ///
    /// ```
    /// use switchboard_client::{Datagram, Family};
    /// let datagram = Datagram::anywhere(Family::Inet);
    /// ```
    pub fn anywhere(family: Family) -> Self {
        let mut this = Self::with(None, None);
        this.options.family = Some(family.into());
        this
    }

    /// Over a socket of one's own; other options but the queue's contradict it. asyncio: `sock`.
    ///
    /// ```no_run
    /// # fn example(socket: switchboard_client::UdpSocket) {
    /// let datagram = switchboard_client::Datagram::over(socket);
    /// # }
    /// ```
    pub fn over(socket: UdpSocket) -> Self {
        let mut this = Self::with(None, None);
        this.options.sock = Some(socket);
        this
    }

    fn with(local: Option<HostAddress>, remote: Option<HostAddress>) -> Self {
        Self {
            options: EndpointOptions {
                local_address: local,
                remote_address: remote,
                ..nothing()
            },
        }
    }

    /// From this address of one's own, to the peer of [`to`](Self::to). asyncio: `local_addr`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).from("127.0.0.1", 0);
    /// ```
    pub fn from(mut self, host: impl AsRef<str>, port: impl Into<Port>) -> Self {
        self.options.local_address = Some(host_address(Some(host.as_ref()), port.into()));
        self
    }

    /// Only addresses of this family. asyncio: `family`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).family(switchboard_client::Family::Inet);
    /// ```
    pub fn family(mut self, family: Family) -> Self {
        self.options.family = Some(family.into());
        self
    }

    /// A protocol number: 0 or 17, UDP. asyncio: `proto`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).protocol(17);
    /// ```
    pub fn protocol(mut self, protocol: u32) -> Self {
        self.options.protocol = Some(protocol);
        self
    }

    /// How to look up. asyncio: `flags`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).lookup_flags(switchboard_client::LookupFlags::NUMERIC_SERVICE);
    /// ```
    pub fn lookup_flags(mut self, flags: LookupFlags) -> Self {
        self.options.lookup_flags = flags.wit();
        self
    }

    /// Lets others bind to the same address, who can then take its datagrams, where the host can. asyncio: `reuse_address`,
    /// until Python 3.10.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).reuse_address();
    /// ```
    pub fn reuse_address(mut self) -> Self {
        self.options.reuse_address = true;
        self
    }

    /// Shares the address with others who do the same, where the host can. asyncio: `reuse_port`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).reuse_port();
    /// ```
    pub fn reuse_port(mut self) -> Self {
        self.options.reuse_port = true;
        self
    }

    /// Sends to broadcast addresses too, where the host can. asyncio: `allow_broadcast`.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).allow_broadcast();
    /// ```
    pub fn allow_broadcast(mut self) -> Self {
        self.options.allow_broadcast = true;
        self
    }

    /// If no pair of addresses can be used, the error is [`Failure::All`](crate::Failure::All).
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).all_errors();
    /// ```
    pub fn all_errors(mut self) -> Self {
        self.options.all_errors = true;
        self
    }

    /// How long the lookups may take together.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).timeout(std::time::Duration::from_secs(5));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(nanoseconds(timeout));
        self
    }

    /// Never sends to an address in one of these networks.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).refuse_networks(["private"]);
    /// ```
    pub fn refuse_networks(
        mut self,
        networks: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let networks = networks.into_iter().map(Into::into);
        self.options.refuse_networks.extend(networks);
        self
    }

    /// How many routers a datagram may pass.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).hop_limit(1);
    /// ```
    pub fn hop_limit(mut self, hops: u8) -> Self {
        self.options.hop_limit = Some(hops);
        self
    }

    /// The size of the system's buffer for what was received.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).receive_buffer_size(1 << 20);
    /// ```
    pub fn receive_buffer_size(mut self, bytes: u64) -> Self {
        self.options.receive_buffer_size = Some(bytes);
        self
    }

    /// The size of the system's buffer for what was sent and is not on its way yet.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).send_buffer_size(1 << 20);
    /// ```
    pub fn send_buffer_size(mut self, bytes: u64) -> Self {
        self.options.send_buffer_size = Some(bytes);
        self
    }

    /// How much is kept that was received and not yet asked for; 1 MiB unless said otherwise.
    ///
    /// ```
    /// let datagram = switchboard_client::Datagram::to("localhost", 53).queue_limit(1 << 16);
    /// ```
    pub fn queue_limit(mut self, bytes: u64) -> Self {
        self.options.queue_limit = Some(bytes);
        self
    }

    /// Opens the endpoint.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let endpoint = switchboard_client::Datagram::at("127.0.0.1", 0).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(self) -> Result<Endpoint, Error> {
        sealed::Bind::open(self).await
    }
}

impl Bind for Datagram {}

impl sealed::Bind for Datagram {
    fn into_options(self) -> EndpointOptions {
        self.options
    }
}

/// How to open an endpoint: a [`Datagram`] or a [`UnixDatagram`](crate::UnixDatagram).
///
/// ```no_run
/// use switchboard_client::protocol::{DatagramProtocol, create_datagram_endpoint};
/// use switchboard_client::{Bind, Error};
///
/// # struct Log;
/// # impl DatagramProtocol for Log {}
/// async fn log(anyhow: impl Bind) -> Result<(), Error> {
///     let (transport, _) = create_datagram_endpoint(|| Log, anyhow).await?;
///     transport.sendto(b"hello", None)
/// }
/// ```
pub trait Bind: sealed::Bind {}

pub(crate) mod sealed {
    use super::{Endpoint, EndpointOptions, Error, wit};
    use std::future::Future;

    pub trait Bind: Sized {
        fn into_options(self) -> EndpointOptions;

        fn open(self) -> impl Future<Output = Result<Endpoint, Error>> + Send {
            let options = self.into_options();
            async move { Ok(Endpoint::new(wit::create_datagram_endpoint(options).await?)) }
        }
    }
}

pub(crate) fn nothing() -> EndpointOptions {
    EndpointOptions {
        local_address: None,
        remote_address: None,
        unix_local: None,
        unix_remote: None,
        family: None,
        protocol: None,
        lookup_flags: LookupFlags::empty().wit(),
        reuse_address: false,
        reuse_port: false,
        allow_broadcast: false,
        sock: None,
        all_errors: false,
        timeout: None,
        refuse_networks: Vec::new(),
        hop_limit: None,
        receive_buffer_size: None,
        send_buffer_size: None,
        queue_limit: None,
    }
}
