//! Datagrams over UDP.

use crate::bindings::switchboard::connect::datagrams as wit;
use crate::bindings::switchboard::connect::types::HostAddress;
use crate::clock::nanoseconds;
use crate::connector::{Port, host_address};
use crate::convert::{from_socket_address, to_socket_address};
use crate::error::{Error, Failure};
use crate::timeline::{self, Step};
use crate::{Family, LookupFlags, UdpSocket};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::{fmt, mem};

/// How many events are taken over at a time.
const BATCH: u32 = 64;

/// How to open an endpoint for datagrams: asyncio's `loop.create_datagram_endpoint`.
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
    options: wit::EndpointOptions,
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
        this.options.family = Some(family);
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
            options: wit::EndpointOptions {
                local_address: local,
                remote_address: remote,
                family: None,
                protocol: None,
                lookup_flags: LookupFlags::empty(),
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
        self.options.family = Some(family);
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
        self.options.lookup_flags = flags;
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

    /// If no pair of addresses can be used, the error is [`Failure::All`].
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
        let raw = Arc::new(wit::create_datagram_endpoint(self.options).await?);
        Ok(Endpoint {
            receiving: Mutex::default(),
            raw,
        })
    }
}

/// An open endpoint for datagrams. Dropping it is [`abort`](Self::abort).
///
/// ```no_run
/// use switchboard_client::Datagram;
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let endpoint = Datagram::at("127.0.0.1", 0).open().await?;
/// loop {
///     let (data, from) = endpoint.recv_from().await?;
///     endpoint.send_to(&data, from).await?;
/// }
/// # }
/// ```
pub struct Endpoint {
    receiving: Mutex<Receiving>,
    pub(crate) raw: Arc<wit::Endpoint>,
}

type Asking = Pin<Box<dyn Future<Output = Vec<wit::Event>> + Send>>;

/// What was received and not asked for yet. A call that was dropped leaves what it had begun to the next one.
#[derive(Default)]
struct Receiving {
    asking: Option<Asking>,
    events: VecDeque<wit::Event>,
}

/// What happened at an endpoint: the callbacks of asyncio's `DatagramProtocol`.
///
/// ```
/// # fn example(event: switchboard_client::Event) {
/// use switchboard_client::Event;
///
/// match event {
///     Event::Received(data, from) => println!("{} bytes from {from}", data.len()),
///     Event::Failed(error) => println!("not delivered, perhaps: {error}"),
///     Event::Closed => println!("over"),
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub enum Event {
    /// A datagram has arrived, from this address.
    Received(Vec<u8>, SocketAddr),
    /// The network or the system could not deliver a datagram, perhaps an earlier one, or could not receive. The endpoint
    /// stays open.
    Failed(Error),
    /// The endpoint is closed, and so it stays.
    Closed,
}

impl Endpoint {
    /// Sends a datagram to the peer of [`Datagram::to`]. What the network says against it is told as an [`Event`].
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// endpoint.send(b"hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, data: &[u8]) -> Result<(), Error> {
        self.give(data, None).await
    }

    /// Sends a datagram to this address; if there is a peer, it has to be the peer's.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// endpoint.send_to(b"hello", "192.0.2.1:9".parse().unwrap()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_to(&self, data: &[u8], address: SocketAddr) -> Result<(), Error> {
        self.give(data, Some(address)).await
    }

    async fn give(&self, data: &[u8], address: Option<SocketAddr>) -> Result<(), Error> {
        let address = address.map(to_socket_address);
        let sent = self.raw.send_to(data.to_vec(), address).await;
        sent.map_err(failed_to_send)
    }

    /// Waits for a datagram. An error that the network told is an error here too; the next call goes on. Dropping the call
    /// loses nothing.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// let (data, from) = endpoint.recv_from().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_from(&self) -> Result<(Vec<u8>, SocketAddr), Error> {
        match self.next().await {
            Event::Received(data, from) => Ok((data, from)),
            Event::Failed(error) => Err(error),
            Event::Closed => Err(Error::new(Failure::Aborted)),
        }
    }

    /// Waits for what happens next. Dropping the call loses nothing. One task at a time should wait.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) {
    /// use switchboard_client::Event;
    ///
    /// while let Event::Received(data, from) = endpoint.next().await {
    ///     println!("{} bytes from {from}", data.len());
    /// }
    /// # }
    /// ```
    pub async fn next(&self) -> Event {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn receiving(&self) -> MutexGuard<'_, Receiving> {
        self.receiving
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Event> {
        let mut receiving = self.receiving();
        loop {
            if let Some(event) = receiving.events.pop_front() {
                return Poll::Ready(event.into());
            }
            let asking = receiving.asking.get_or_insert_with(|| {
                let raw = self.raw.clone();
                Box::pin(async move { raw.next_batch(BATCH, None).await })
            });
            let events = ready!(asking.as_mut().poll(context));
            receiving.asking = None;
            receiving.events.extend(events);
        }
    }

    /// How many events were lost because nobody asked for them in time.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("{} lost", endpoint.dropped());
    /// # }
    /// ```
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.raw.dropped()
    }

    /// The address of this side.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("at {:?}", endpoint.local_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.raw.local_address().map(from_socket_address)
    }

    /// The peer, if there is one.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("with {:?}", endpoint.peer_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.raw.remote_address().map(from_socket_address)
    }

    /// What was done to create it.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// for step in endpoint.timeline() {
    ///     println!("{step}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn timeline(&self) -> Vec<Step> {
        timeline::steps(self.raw.timeline())
    }

    /// Waits for what is being sent, and closes; the port is free when it returns.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) {
    /// endpoint.close().await;
    /// # }
    /// ```
    pub async fn close(self) {
        drop(mem::take(&mut *self.receiving()));
        self.raw.close().await;
    }

    /// Closes at once: what is being sent may be lost.
    ///
    /// ```no_run
    /// # fn example(endpoint: switchboard_client::Endpoint) {
    /// endpoint.abort();
    /// # }
    /// ```
    pub fn abort(self) {
        self.raw.abort();
    }
}

pub(crate) fn failed_to_send(failure: wit::SendFailure) -> Error {
    Error::new(match failure {
        wit::SendFailure::InvalidArgument(text) => Failure::InvalidArgument(text),
        wit::SendFailure::RefusedNetwork(text) => Failure::RefusedNetwork(text),
        wit::SendFailure::Closed => Failure::Aborted,
    })
}

impl From<wit::Event> for Event {
    fn from(event: wit::Event) -> Self {
        match event {
            wit::Event::Received(datagram) => {
                Event::Received(datagram.data, from_socket_address(datagram.address))
            }
            wit::Event::Failed(failure) => Event::Failed(Error::os(failure.code)),
            wit::Event::Closed => Event::Closed,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.raw).finish()
    }
}
