//! What the options of connecting are made of.

use crate::bindings::switchboard::connect::{streams, tls, types as wit};
use crate::clock::nanoseconds;
use std::ops::{BitOr, BitOrAssign};
use std::time::Duration;

/// An address family. asyncio: `family`.
///
/// ```
/// use switchboard_client::{Connector, Family};
/// let connector = Connector::new("example.com", 443).family(Family::Inet);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// IPv4, `AF_INET`.
    Inet,
    /// IPv6, `AF_INET6`.
    Inet6,
    /// Unix sockets, `AF_UNIX`: no host has addresses of it, so that a lookup fails, as in asyncio.
    Unix,
}

impl From<Family> for wit::Family {
    fn from(family: Family) -> Self {
        match family {
            Family::Inet => Self::Inet,
            Family::Inet6 => Self::Inet6,
            Family::Unix => Self::Unix,
        }
    }
}

/// Where the trust of a [`TlsContext`](crate::TlsContext) begins.
///
/// ```no_run
/// use switchboard_client::{TlsContext, Trust};
/// let own_roots_alone = TlsContext::trusting(Trust::None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Mozilla's root certificates, which are built in. Python: `ssl.create_default_context()`.
    Mozilla,
    /// Nothing but what [`add_roots`](crate::TlsContext::add_roots) is given.
    None,
}

impl From<Trust> for tls::Trust {
    fn from(trust: Trust) -> Self {
        match trust {
            Trust::Mozilla => Self::Mozilla,
            Trust::None => Self::None,
        }
    }
}

/// When the system probes a connection that is idle; what is left out is as the system has it.
///
/// ```
/// use std::time::Duration;
/// use switchboard_client::KeepAlive;
///
/// let minute = Duration::from_secs(60);
/// let every_minute = KeepAlive::new().idle(minute).interval(minute);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct KeepAlive {
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
}

impl KeepAlive {
    /// As the system has it (`SO_KEEPALIVE`).
    ///
    /// ```
    /// let keep_alive = switchboard_client::KeepAlive::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How long it is idle before the first probe (`TCP_KEEPIDLE`).
    ///
    /// ```
    /// use std::time::Duration;
    /// let keep_alive = switchboard_client::KeepAlive::new().idle(Duration::from_secs(60));
    /// ```
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// The time between probes (`TCP_KEEPINTVL`).
    ///
    /// ```
    /// use std::time::Duration;
    /// let keep_alive = switchboard_client::KeepAlive::new().interval(Duration::from_secs(10));
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// How many probes go unanswered before the connection is given up (`TCP_KEEPCNT`).
    ///
    /// ```
    /// let keep_alive = switchboard_client::KeepAlive::new().count(3);
    /// ```
    pub fn count(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }
}

impl From<KeepAlive> for streams::KeepAlive {
    fn from(keep_alive: KeepAlive) -> Self {
        Self {
            idle: keep_alive.idle.map(nanoseconds),
            interval: keep_alive.interval.map(nanoseconds),
            count: keep_alive.count,
        }
    }
}

/// The flags of `getaddrinfo` (RFC 3493, section 6.1), to be joined by `|`. asyncio: `flags`.
///
/// ```
/// use switchboard_client::{Connector, LookupFlags};
/// let literal = LookupFlags::NUMERIC_HOST | LookupFlags::NUMERIC_SERVICE;
/// let connector = Connector::new("127.0.0.1", 80).lookup_flags(literal);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupFlags(wit::LookupFlags);

impl LookupFlags {
    /// No host is the wildcard addresses; to connect to those is to connect to this machine. `AI_PASSIVE`.
    pub const PASSIVE: Self = Self(wit::LookupFlags::PASSIVE);
    /// The canonical name is asked for, which nothing here makes known. `AI_CANONNAME`.
    pub const CANON_NAME: Self = Self(wit::LookupFlags::CANON_NAME);
    /// The host has to be an IP address. `AI_NUMERICHOST`.
    pub const NUMERIC_HOST: Self = Self(wit::LookupFlags::NUMERIC_HOST);
    /// The service has to be a number. `AI_NUMERICSERV`.
    pub const NUMERIC_SERVICE: Self = Self(wit::LookupFlags::NUMERIC_SERVICE);
    /// With [`Family::Inet6`]: IPv4 addresses if there are no others, mapped. `AI_V4MAPPED`.
    pub const V4_MAPPED: Self = Self(wit::LookupFlags::V4_MAPPED);
    /// With `V4_MAPPED`: those too if there are others. `AI_ALL`.
    pub const ALL: Self = Self(wit::LookupFlags::ALL);
    /// Only families that this machine has addresses of, which WASI does not tell: connecting fails. `AI_ADDRCONFIG`.
    pub const ADDR_CONFIG: Self = Self(wit::LookupFlags::ADDR_CONFIG);

    /// None of them.
    ///
    /// ```
    /// use switchboard_client::LookupFlags;
    /// assert!(!LookupFlags::empty().contains(LookupFlags::PASSIVE));
    /// ```
    #[must_use]
    pub fn empty() -> Self {
        Self(wit::LookupFlags::empty())
    }

    /// Whether all of the others are among these.
    ///
    /// ```
    /// use switchboard_client::LookupFlags;
    /// let flags = LookupFlags::PASSIVE | LookupFlags::NUMERIC_HOST;
    /// assert!(flags.contains(LookupFlags::PASSIVE));
    /// ```
    #[must_use]
    pub fn contains(self, others: Self) -> bool {
        self.0.contains(others.0)
    }

    pub(crate) fn wit(self) -> wit::LookupFlags {
        self.0
    }
}

impl Default for LookupFlags {
    fn default() -> Self {
        Self::empty()
    }
}

impl BitOr for LookupFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for LookupFlags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}
