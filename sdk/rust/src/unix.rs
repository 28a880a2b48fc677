//! How to open a connection to a Unix socket.

use crate::address::UnixAddress;
use crate::bindings::switchboard::connect::streams::{self as wit, UnixOptions};
use crate::clock::nanoseconds;
use crate::connection::Connection;
use crate::connector::{Connect, Opened, sealed};
use crate::error::Error;
use crate::tls::Tls;
use crate::upgrade::Upgradable;
use std::time::Duration;

/// How to open a connection to a Unix socket: asyncio's `loop.create_unix_connection`. WASI has none: it takes
/// `switchboard-posix.wasm` and a host that provides `switchboard:posix`, else it fails with
/// [`Failure::NotSupported`](crate::Failure::NotSupported).
///
/// ```no_run
/// use switchboard_client::Unix;
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let connection = Unix::new("/run/redis/redis.sock").connect().await?;
/// println!("served by the user {:?}", connection.peer_credentials().map(|it| it.uid));
/// # Ok(())
/// # }
/// ```
///
/// Dropping the future of `connect` closes everything.
#[derive(Debug)]
#[must_use]
pub struct Unix {
    path: UnixAddress,
    tls: Option<(String, Tls)>,
    shutdown_timeout: Option<Duration>,
    timeout: Option<Duration>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
    upgradable: bool,
}

impl Unix {
    /// To this path, or this abstract name.
    ///
    /// ```
    /// use std::path::Path;
    /// use switchboard_client::{Unix, UnixAddress};
    ///
    /// let by_path = Unix::new(Path::new("/run/redis/redis.sock"));
    /// let by_name = Unix::new(UnixAddress::abstract_name("redis"));
    /// ```
    pub fn new(path: impl Into<UnixAddress>) -> Self {
        Self {
            path: path.into(),
            tls: None,
            shutdown_timeout: None,
            timeout: None,
            receive_buffer_size: None,
            send_buffer_size: None,
            upgradable: false,
        }
    }

    /// Speaks TLS. A path is no name that a certificate could have, so that one has to be given; it replaces that of
    /// [`Tls::server_name`]. asyncio: `ssl` and `server_hostname`.
    ///
    /// ```
    /// use switchboard_client::{Tls, Unix};
    /// let unix = Unix::new("/run/service.sock").tls("service.example", Tls::new());
    /// ```
    pub fn tls(mut self, server_name: impl Into<String>, tls: Tls) -> Self {
        self.tls = Some((server_name.into(), tls));
        self
    }

    /// As [`Connector::shutdown_timeout`](crate::Connector::shutdown_timeout).
    ///
    /// ```
    /// use std::time::Duration;
    /// let unix = switchboard_client::Unix::new("/run/service.sock").shutdown_timeout(Duration::from_secs(1));
    /// ```
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = Some(timeout);
        self
    }

    /// How long connecting and handshake may take together; as long as they take, unless said otherwise: a server whose queue
    /// is full is waited for.
    ///
    /// ```
    /// use std::time::Duration;
    /// let unix = switchboard_client::Unix::new("/run/service.sock").timeout(Duration::from_secs(10));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The size of the system's buffer for what was received and not yet read.
    ///
    /// ```
    /// let unix = switchboard_client::Unix::new("/run/service.sock").receive_buffer_size(1 << 20);
    /// ```
    pub fn receive_buffer_size(mut self, bytes: u64) -> Self {
        self.receive_buffer_size = Some(bytes);
        self
    }

    /// The size of the system's buffer for what was written and not yet read by the peer.
    ///
    /// ```
    /// let unix = switchboard_client::Unix::new("/run/service.sock").send_buffer_size(1 << 20);
    /// ```
    pub fn send_buffer_size(mut self, bytes: u64) -> Self {
        self.send_buffer_size = Some(bytes);
        self
    }

    /// As [`Connector::upgradable`](crate::Connector::upgradable).
    ///
    /// ```
    /// let unix = switchboard_client::Unix::new("/run/postgresql/.s.PGSQL.5432").upgradable();
    /// ```
    pub fn upgradable(mut self) -> Self {
        self.upgradable = true;
        self
    }

    /// Opens the connection.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let connection = switchboard_client::Unix::new("/run/redis/redis.sock").connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(self) -> Result<Connection, Error> {
        Ok(sealed::Connect::open(self).await?.into())
    }

    /// Opens the connection so that TLS can be started on it later.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), switchboard_client::Error> {
    /// let plain = switchboard_client::Unix::new("/run/postgresql/.s.PGSQL.5432").connect_upgradable().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_upgradable(self) -> Result<Upgradable, Error> {
        Ok(sealed::Connect::open(self.upgradable()).await?.into())
    }
}

impl Connect for Unix {}

impl sealed::Connect for Unix {
    async fn open(self) -> Result<Opened, Error> {
        let tls = self.tls.as_ref().map(|(_, tls)| tls);
        let name = self.tls.as_ref().map(|(name, _)| name.clone());
        let options = UnixOptions {
            path: Some(self.path.into_bytes()),
            sock: None,
            tls: tls.map(Tls::option),
            server_name: name,
            handshake_timeout: tls.and_then(|it| it.handshake_timeout).map(nanoseconds),
            shutdown_timeout: self.shutdown_timeout.map(nanoseconds),
            timeout: self.timeout.map(nanoseconds),
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
        };
        let raw = wit::create_unix_connection(options).await?;
        Ok(Opened::new(raw, self.shutdown_timeout, self.upgradable))
    }
}
