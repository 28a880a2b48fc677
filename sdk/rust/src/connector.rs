//! How to open a connection.

use crate::bindings::switchboard::connect::streams::{self as wit, ConnectionOptions, Milestone};
use crate::bindings::switchboard::connect::types::{HostAddress, Service};
use crate::clock::nanoseconds;
use crate::connection::Connection;
use crate::convert::to_ip;
use crate::error::Error;
use crate::opening::{self, Connect, Opened};
use crate::port::{Port, host_address};
use crate::tls::Tls;
use crate::upgrade::Upgradable;
use crate::{Family, KeepAlive, LookupFlags, TcpSocket};
use std::net::IpAddr;
use std::time::Duration;

/// RFC 8305, section 8.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// How to open a stream connection: asyncio's `loop.create_connection`, all of whose parameters are here, with other
/// defaults where those are better. Addresses are raced (RFC 8305), 250 ms apart and by turns of the families; certificates
/// and names are verified.
///
/// ```no_run
/// use std::time::Duration;
/// use switchboard_client::{Connector, Tls};
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let connection = Connector::new("example.com", 443)
///     .tls(Tls::new())
///     .timeout(Duration::from_secs(10))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// What contradicts itself cannot be written: what is only for TLS is an option of [`Tls`], and a connector
/// [over a socket](Connector::over) has no options of looking up and racing. All else is checked by the component, in
/// asyncio's order.
///
/// Dropping the future of `connect` closes everything.
#[derive(Debug)]
#[must_use]
pub struct Connector<T = Remote> {
    target: T,
    tls: Option<Tls>,
    shutdown_timeout: Option<Duration>,
    timeout: Option<Duration>,
    refuse_networks: Vec<String>,
    keep_alive: Option<KeepAlive>,
    hop_limit: Option<u8>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
    upgradable: bool,
}

/// The target of a [`Connector`] that looks up a name and tries addresses.
///
/// ```
/// use switchboard_client::{Connector, Remote};
/// let connector: Connector<Remote> = Connector::new("example.com", 443);
/// ```
#[derive(Debug, Clone)]
pub struct Remote {
    host: Option<String>,
    service: Option<Service>,
    addresses: Option<Vec<IpAddr>>,
    family: Option<Family>,
    protocol: Option<u32>,
    lookup_flags: LookupFlags,
    local_addresses: Vec<HostAddress>,
    happy_eyeballs_delay: Option<Duration>,
    interleave: Option<u32>,
    all_errors: bool,
    no_delay: Option<bool>,
}

/// The target of a [`Connector`] that has its socket already.
///
/// ```no_run
/// use switchboard_client::{Connector, OverSocket, TcpSocket};
///
/// fn over(socket: TcpSocket) -> Connector<OverSocket> {
///     Connector::over(socket)
/// }
/// ```
#[derive(Debug)]
pub struct OverSocket(TcpSocket);

impl Connector<Remote> {
    /// To a name or an IP address, at a port or a service.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443);
    /// ```
    pub fn new(host: impl Into<String>, port: impl Into<Port>) -> Self {
        Self::to(Some(host.into()), port.into())
    }

    /// To this machine, by its loopback addresses. asyncio: `host=None`.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::here(6379);
    /// ```
    pub fn here(port: impl Into<Port>) -> Self {
        Self::to(None, port.into())
    }

    fn to(host: Option<String>, port: Port) -> Self {
        Self::targeting(Remote {
            host,
            service: Some(port.into()),
            addresses: None,
            family: None,
            protocol: None,
            lookup_flags: LookupFlags::empty(),
            local_addresses: Vec::new(),
            happy_eyeballs_delay: Some(ATTEMPT_DELAY),
            interleave: None,
            all_errors: false,
            no_delay: None,
        })
    }

    /// Over a socket that is connected already, and that belongs to the connector from now on. asyncio: `sock`.
    ///
    /// ```no_run
    /// use switchboard_client::{Connector, TcpSocket};
    /// # async fn example(socket: TcpSocket) -> Result<(), switchboard_client::Error> {
    /// let connection = Connector::over(socket).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn over(socket: TcpSocket) -> Connector<OverSocket> {
        Connector::targeting(OverSocket(socket))
    }

    /// Connects to these addresses instead of looking the host up, which still names the server for TLS.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    /// let connector = switchboard_client::Connector::new("example.com", 443)
    ///     .addresses([Ipv4Addr::new(192, 0, 2, 1)]);
    /// ```
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = impl Into<IpAddr>>) -> Self {
        self.target.addresses = Some(addresses.into_iter().map(Into::into).collect());
        self
    }

    /// Only addresses of this family. asyncio: `family`.
    ///
    /// ```
    /// use switchboard_client::{Connector, Family};
    /// let connector = Connector::new("example.com", 443).family(Family::Inet6);
    /// ```
    pub fn family(mut self, family: Family) -> Self {
        self.target.family = Some(family);
        self
    }

    /// A protocol number: 0 or 6, TCP. asyncio: `proto`.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443).protocol(6);
    /// ```
    pub fn protocol(mut self, protocol: u32) -> Self {
        self.target.protocol = Some(protocol);
        self
    }

    /// How to look up. asyncio: `flags`.
    ///
    /// ```
    /// use switchboard_client::{Connector, LookupFlags};
    /// let connector = Connector::new("127.0.0.1", 80).lookup_flags(LookupFlags::NUMERIC_HOST);
    /// ```
    pub fn lookup_flags(mut self, flags: LookupFlags) -> Self {
        self.target.lookup_flags = flags;
        self
    }

    /// One's own address to connect from; again, for another one, such as of the other family. The port 0 is any that is
    /// free. asyncio: `local_addr`.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("localhost", 80)
    ///     .local_address("127.0.0.1", 0)
    ///     .local_address("::1", 0);
    /// ```
    pub fn local_address(mut self, host: impl AsRef<str>, port: impl Into<Port>) -> Self {
        let address = host_address(Some(host.as_ref()), port.into());
        self.target.local_addresses.push(address);
        self
    }

    /// How long an attempt has before the next one starts beside it; 250 ms unless said otherwise. `None`: until it has
    /// failed, as in asyncio. asyncio: `happy_eyeballs_delay`.
    ///
    /// ```
    /// let one_by_one = switchboard_client::Connector::new("example.com", 443).happy_eyeballs_delay(None);
    /// ```
    pub fn happy_eyeballs_delay(mut self, delay: impl Into<Option<Duration>>) -> Self {
        self.target.happy_eyeballs_delay = delay.into();
        self
    }

    /// After how many addresses of the first family the families take turns; 0 keeps the order of the lookup. asyncio:
    /// `interleave`.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443).interleave(2);
    /// ```
    pub fn interleave(mut self, first_family_count: u32) -> Self {
        self.target.interleave = Some(first_family_count);
        self
    }

    /// If no address can be reached, the error is [`Failure::All`](crate::Failure::All). asyncio: `all_errors`.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443).all_errors();
    /// ```
    pub fn all_errors(mut self) -> Self {
        self.target.all_errors = true;
        self
    }

    /// Whether what is written is sent at once, even if the peer has not confirmed what was sent before (`TCP_NODELAY`). Unless
    /// said otherwise it is, as in asyncio, wherever it can be: with `switchboard-posix.wasm` and a host that grants the option.
    /// `true`: it is, or connecting fails. `false`: it is not.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443).no_delay(true);
    /// ```
    pub fn no_delay(mut self, at_once: bool) -> Self {
        self.target.no_delay = Some(at_once);
        self
    }
}

impl<T: Target> Connector<T> {
    fn targeting(target: T) -> Self {
        Self {
            target,
            tls: None,
            shutdown_timeout: None,
            timeout: None,
            refuse_networks: Vec::new(),
            keep_alive: None,
            hop_limit: None,
            receive_buffer_size: None,
            send_buffer_size: None,
            upgradable: false,
        }
    }

    /// Speaks TLS. asyncio: `ssl`, and what goes with it.
    ///
    /// ```no_run
    /// use switchboard_client::{Connector, Tls};
    /// let connector = Connector::new("example.com", 443).tls(Tls::new());
    /// ```
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// How long `close` may take to hand over what is still unsent, and that of a transport with TLS to hear the peer's
    /// goodbye; 30 seconds unless said otherwise. asyncio:
    /// `ssl_shutdown_timeout`, here without TLS too.
    ///
    /// ```
    /// use std::time::Duration;
    /// let connector = switchboard_client::Connector::new("example.com", 443)
    ///     .shutdown_timeout(Duration::from_secs(1));
    /// ```
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = Some(timeout);
        self
    }

    /// How long lookup, connecting and handshake may take together; as long as they take, unless said otherwise.
    ///
    /// ```
    /// use std::time::Duration;
    /// let connector = switchboard_client::Connector::new("example.com", 443)
    ///     .timeout(Duration::from_secs(10));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Never connects to an address in one of these: networks, addresses, and `private`, for all that is not globally
    /// reachable.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("example.com", 443)
    ///     .refuse_networks(["private", "192.0.2.0/24"]);
    /// ```
    pub fn refuse_networks(
        mut self,
        networks: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.refuse_networks
            .extend(networks.into_iter().map(Into::into));
        self
    }

    /// Lets the system probe the connection when it is idle.
    ///
    /// ```
    /// use std::time::Duration;
    /// use switchboard_client::{Connector, KeepAlive};
    /// let keep_alive = KeepAlive::new().idle(Duration::from_secs(60));
    /// let connector = Connector::new("example.com", 443).keep_alive(keep_alive);
    /// ```
    pub fn keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = Some(keep_alive);
        self
    }

    /// How many routers a packet may pass.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("localhost", 80).hop_limit(1);
    /// ```
    pub fn hop_limit(mut self, hops: u8) -> Self {
        self.hop_limit = Some(hops);
        self
    }

    /// The size of the system's buffer for what was received and not yet read.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("localhost", 80).receive_buffer_size(1 << 20);
    /// ```
    pub fn receive_buffer_size(mut self, bytes: u64) -> Self {
        self.receive_buffer_size = Some(bytes);
        self
    }

    /// The size of the system's buffer for what was written and not yet acknowledged.
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("localhost", 80).send_buffer_size(1 << 20);
    /// ```
    pub fn send_buffer_size(mut self, bytes: u64) -> Self {
        self.send_buffer_size = Some(bytes);
        self
    }

    /// So that TLS can be started later, also by
    /// [`protocol::Transport::start_tls`](crate::protocol::Transport::start_tls). Such a connection is somewhat slower until then,
    /// and has no [streams](Connection::into_streams).
    ///
    /// ```
    /// let connector = switchboard_client::Connector::new("mail.example.com", 25).upgradable();
    /// ```
    pub fn upgradable(mut self) -> Self {
        self.upgradable = true;
        self
    }

    /// Opens the connection.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let connection = switchboard_client::Connector::new("localhost", 6379).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self) -> Result<Connection, Error> {
        Ok(opening::sealed::Connect::open(self).await?.into())
    }

    /// Opens the connection so that TLS can be started on it later.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let plain = switchboard_client::Connector::new("mail.example.com", 25).connect_upgradable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_upgradable(self) -> Result<Upgradable, Error> {
        Ok(opening::sealed::Connect::open(self.upgradable())
            .await?
            .into())
    }
}

impl<T: Target> Connect for Connector<T> {}

impl<T: Target> opening::sealed::Connect for Connector<T> {
    async fn open(self) -> Result<Opened, Error> {
        let options = self.target.into_options();
        let tls = self.tls.as_ref();
        let options = ConnectionOptions {
            tls: tls.map(Tls::option),
            server_name: tls.and_then(|it| it.server_name.clone()),
            handshake_timeout: tls.and_then(|it| it.handshake_timeout).map(nanoseconds),
            race_until: tls.and_then(|it| it.through_handshake.then_some(Milestone::Tls)),
            shutdown_timeout: self.shutdown_timeout.map(nanoseconds),
            timeout: self.timeout.map(nanoseconds),
            refuse_networks: self.refuse_networks,
            keep_alive: self.keep_alive.map(Into::into),
            hop_limit: self.hop_limit,
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
            ..options
        };
        let raw = wit::create_connection(options).await?;
        Ok(Opened::new(raw, self.shutdown_timeout, self.upgradable))
    }
}

/// Where a [`Connector`] goes.
///
/// ```no_run
/// use switchboard_client::{Connection, Connector, Error, Target};
///
/// async fn secure<T: Target>(connector: Connector<T>) -> Result<Connection, Error> {
///     connector.tls(switchboard_client::Tls::new()).connect().await
/// }
/// ```
pub trait Target: sealed::Target {}

impl<T: sealed::Target> Target for T {}

mod sealed {
    pub trait Target: Send {
        fn into_options(self) -> super::ConnectionOptions<'static>;
    }
}

fn nothing() -> ConnectionOptions<'static> {
    ConnectionOptions {
        host: None,
        service: None,
        addresses: None,
        family: None,
        protocol: None,
        lookup_flags: LookupFlags::empty().wit(),
        sock: None,
        local_addresses: Vec::new(),
        tls: None,
        server_name: None,
        handshake_timeout: None,
        shutdown_timeout: None,
        happy_eyeballs_delay: None,
        interleave: None,
        race_until: None,
        all_errors: false,
        timeout: None,
        refuse_networks: Vec::new(),
        keep_alive: None,
        hop_limit: None,
        receive_buffer_size: None,
        send_buffer_size: None,
        no_delay: None,
    }
}

impl sealed::Target for Remote {
    fn into_options(self) -> ConnectionOptions<'static> {
        let addresses = self.addresses;
        ConnectionOptions {
            host: self.host,
            service: self.service,
            addresses: addresses.map(|them| them.into_iter().map(to_ip).collect()),
            family: self.family.map(Into::into),
            protocol: self.protocol,
            lookup_flags: self.lookup_flags.wit(),
            local_addresses: self.local_addresses,
            happy_eyeballs_delay: self.happy_eyeballs_delay.map(nanoseconds),
            interleave: self.interleave,
            all_errors: self.all_errors,
            no_delay: self.no_delay,
            ..nothing()
        }
    }
}

impl sealed::Target for OverSocket {
    fn into_options(self) -> ConnectionOptions<'static> {
        ConnectionOptions {
            sock: Some(self.0),
            ..nothing()
        }
    }
}
