//! Which addresses a component may use.

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

/// Addresses and ports: those of a network, or one, with all ports or some.
///
/// ```
/// use switchboard_host::Addresses;
///
/// for text in ["192.0.2.7", "10.0.0.0/8:443", "127.0.0.1:8000-8999", "[2001:db8::]/32:443", "fd00::/8", "*:53"] {
///     let addresses: Addresses = text.parse().unwrap();
/// }
/// let addresses: Addresses = "10.0.0.0/8:443".parse().unwrap();
/// assert!(addresses.contains("10.1.2.3:443".parse().unwrap()));
/// assert!(!addresses.contains("10.1.2.3:80".parse().unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Absent: all.
    network: Option<IpNet>,
    ports: RangeInclusive<u16>,
}

const ALL_PORTS: RangeInclusive<u16> = 0..=u16::MAX;

impl Addresses {
    /// All there are.
    pub fn all() -> Self {
        Self {
            network: None,
            ports: ALL_PORTS,
        }
    }

    /// Whether this is one of them.
    pub fn contains(&self, address: SocketAddr) -> bool {
        let ip = address.ip();
        self.ports.contains(&address.port()) && self.network.is_none_or(|it| it.contains(&ip))
    }
}

/// This address alone.
impl From<SocketAddr> for Addresses {
    fn from(address: SocketAddr) -> Self {
        Self {
            network: Some(address.ip().into()),
            ports: address.port()..=address.port(),
        }
    }
}

/// The text is not one of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAddresses(String);

impl fmt::Display for NoAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not ADDRESS, NETWORK/BITS or *, each with :PORT or :FIRST-LAST or without",
            self.0
        )
    }
}

impl std::error::Error for NoAddresses {}

impl FromStr for Addresses {
    type Err = NoAddresses;

    fn from_str(text: &str) -> Result<Self, NoAddresses> {
        let parsed = match text.strip_prefix('[') {
            Some(rest) => bracketed(rest),
            // All colons of an IPv6 address are its own.
            None => network(text)
                .map(|it| (it, ALL_PORTS))
                .or_else(|| with_ports(text)),
        };
        let (network, ports) = parsed.ok_or_else(|| NoAddresses(text.into()))?;
        Ok(Self { network, ports })
    }
}

type Parsed = (Option<IpNet>, RangeInclusive<u16>);

/// What follows `[`: `ADDRESS]`, and what there is of `/BITS` and `:PORTS`. The bits may stand inside of the brackets too.
fn bracketed(rest: &str) -> Option<Parsed> {
    let (inside, rest) = rest.split_once(']')?;
    let (bits, ports) = match rest.split_once(':') {
        Some((bits, text)) => (bits, ports(text)?),
        None => (rest, ALL_PORTS),
    };
    (bits.is_empty() || bits.starts_with('/')).then_some(())?;
    let network = addressed(&format!("{inside}{bits}"))?;
    Some((Some(network), ports))
}

fn with_ports(text: &str) -> Option<Parsed> {
    let (before, after) = text.rsplit_once(':')?;
    // More colons are those of an IPv6 address without brackets, whose end nobody can tell.
    (!before.contains(':')).then_some(())?;
    Some((network(before)?, ports(after)?))
}

fn network(text: &str) -> Option<Option<IpNet>> {
    match text {
        "*" => Some(None),
        text => addressed(text).map(Some),
    }
}

fn addressed(text: &str) -> Option<IpNet> {
    let one = text.parse::<IpAddr>().map(IpNet::from);
    one.or_else(|_| text.parse()).ok()
}

fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(first..=last)
}

fn port(text: &str) -> Option<u16> {
    // `parse` takes a sign too.
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The addresses that a component may use, with the sockets of WASI 0.2 and 0.3 and with those of
/// [`posix`](crate::posix) alike: none, unless it is said here.
///
/// ```
/// use switchboard_host::Network;
///
/// // One database, and any name server.
/// let network = Network::none()
///     .tcp("192.0.2.7:5432".parse()?)
///     .udp("*:53".parse()?);
/// # Ok::<(), switchboard_host::NoAddresses>(())
/// ```
#[derive(Clone, Default)]
pub struct Network {
    everything: bool,
    tcp: Vec<Addresses>,
    tcp_bind: Vec<Addresses>,
    udp: Vec<Addresses>,
    udp_bind: Vec<Addresses>,
    decide: Option<Arc<Decide>>,
}

type Decide = dyn Fn(SocketAddr, SocketAddrUse) -> bool + Send + Sync;

impl Network {
    /// No address.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every address, for everything. (`wasmtime run -S inherit-network`)
    pub fn any() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Those of which this says so: of a peer, or of one's own for [`SocketAddrUse::TcpBind`], `TcpListen` and `UdpBind`. To bind
    /// to the wildcard address and port 0 is asked too for a socket that the system binds by itself.
    pub fn decided_by(
        decide: impl Fn(SocketAddr, SocketAddrUse) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            decide: Some(Arc::new(decide)),
            ..Self::default()
        }
    }

    /// To connect to these by TCP, from any free port.
    pub fn tcp(mut self, addresses: Addresses) -> Self {
        self.tcp.push(addresses);
        self
    }

    /// To bind TCP sockets to these addresses of this machine, and to listen there by `wasi:sockets`.
    pub fn tcp_bind(mut self, addresses: Addresses) -> Self {
        self.tcp_bind.push(addresses);
        self
    }

    /// To exchange datagrams by UDP with these, from any free port.
    pub fn udp(mut self, addresses: Addresses) -> Self {
        self.udp.push(addresses);
        self
    }

    /// To bind UDP sockets to these addresses of this machine.
    pub fn udp_bind(mut self, addresses: Addresses) -> Self {
        self.udp_bind.push(addresses);
        self
    }

    /// Whether this is permitted.
    pub fn permits(&self, address: SocketAddr, purpose: SocketAddrUse) -> bool {
        let among = |list: &[Addresses]| list.iter().any(|it| it.contains(address));
        let free = address.ip().is_unspecified() && address.port() == 0;
        let listed = match purpose {
            SocketAddrUse::TcpConnect => among(&self.tcp),
            SocketAddrUse::TcpBind => among(&self.tcp_bind) || (free && !self.tcp.is_empty()),
            SocketAddrUse::TcpListen => among(&self.tcp_bind),
            // Whoever may listen hears everybody.
            SocketAddrUse::TcpAccept => !self.tcp_bind.is_empty(),
            SocketAddrUse::UdpBind => among(&self.udp_bind) || (free && !self.udp.is_empty()),
            SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => among(&self.udp),
        };
        let decided = || self.decide.as_ref().is_some_and(|it| it(address, purpose));
        self.everything || listed || decided()
    }

    /// Whether there may be TCP sockets at all.
    pub(crate) fn has_tcp(&self) -> bool {
        let listed = !self.tcp.is_empty() || !self.tcp_bind.is_empty();
        self.everything || self.decide.is_some() || listed
    }

    /// Whether there may be UDP sockets at all.
    pub(crate) fn has_udp(&self) -> bool {
        let listed = !self.udp.is_empty() || !self.udp_bind.is_empty();
        self.everything || self.decide.is_some() || listed
    }

    /// Permits the same to the sockets of WASI, so that neither they nor those of [`posix`](crate::posix) are a way around the
    /// other. Name lookup is not part of it.
    pub fn grant(&self, wasi: &mut WasiCtxBuilder) {
        wasi.allow_tcp(self.has_tcp()).allow_udp(self.has_udp());
        let network = self.clone();
        wasi.socket_addr_check(move |address, purpose| {
            let permitted = network.permits(address, purpose);
            Box::pin(async move { permitted })
        });
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("everything", &self.everything)
            .field("tcp", &self.tcp)
            .field("tcp_bind", &self.tcp_bind)
            .field("udp", &self.udp)
            .field("udp_bind", &self.udp_bind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Addresses {
        text.parse().unwrap()
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn reads_addresses() {
        for (text, inside, outside) in [
            ("192.0.2.7", "192.0.2.7:1", "192.0.2.8:1"),
            ("192.0.2.7:443", "192.0.2.7:443", "192.0.2.7:444"),
            ("10.0.0.0/8:1-1023", "10.9.8.7:1023", "10.9.8.7:1024"),
            ("2001:db8::1", "[2001:db8::1]:80", "[2001:db8::2]:80"),
            ("[2001:db8::1]:443", "[2001:db8::1]:443", "[2001:db8::1]:44"),
            ("[fd00::]/8:443", "[fd12::1]:443", "[fe80::1]:443"),
            ("[fd00::/8]:443", "[fd12::1]:443", "[fd12::1]:80"),
            ("fd00::/8", "[fd12::1]:443", "10.0.0.1:443"),
            ("[::1]", "[::1]:9", "127.0.0.1:9"),
            ("*:53", "[::1]:53", "[::1]:54"),
        ] {
            assert!(addresses(text).contains(at(inside)), "{text}: {inside}");
            assert!(!addresses(text).contains(at(outside)), "{text}: {outside}");
        }
        assert_eq!(addresses("*"), Addresses::all());
        for text in [
            "",
            ":",
            "*:",
            "localhost",
            "localhost:80",
            "10.0.0.0/33",
            "10.0.0.1:",
            "10.0.0.1:65536",
            "10.0.0.1:+80",
            "10.0.0.1:9-8",
            "[::1",
            "[::1]80",
            "::1:99999",
            "[*]:80",
            "1.2.3.4:80:90",
            "10.0.0.1:-",
        ] {
            let refused = text.parse::<Addresses>();
            // These are all written like an address, and so one may be meant.
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }

    #[test]
    fn permits_what_is_listed() {
        use SocketAddrUse::*;
        let network = Network::none()
            .tcp(addresses("10.0.0.0/8:443"))
            .udp(addresses("[::1]:53"))
            .udp_bind(addresses("127.0.0.1:5000"));
        for (purpose, address, permitted) in [
            (TcpConnect, "10.1.1.1:443", true),
            (TcpConnect, "10.1.1.1:80", false),
            (TcpConnect, "[::1]:53", false),
            (TcpBind, "0.0.0.0:0", true),
            (TcpBind, "0.0.0.0:80", false),
            (TcpBind, "127.0.0.1:0", false),
            (TcpListen, "10.1.1.1:443", false),
            (TcpAccept, "10.1.1.1:443", false),
            (UdpSend, "[::1]:53", true),
            (UdpReceive, "[::1]:53", true),
            (UdpSend, "10.1.1.1:443", false),
            (UdpBind, "127.0.0.1:5000", true),
            (UdpBind, "127.0.0.1:5001", false),
            (UdpBind, "[::]:0", true),
        ] {
            let is = network.permits(at(address), purpose);
            assert_eq!(is, permitted, "{purpose:?} {address}");
            assert!(Network::any().permits(at(address), purpose));
            assert!(!Network::none().permits(at(address), purpose));
            let even = Network::decided_by(|address, _| address.port().is_multiple_of(2));
            let port = at(address).port();
            assert_eq!(even.permits(at(address), purpose), port.is_multiple_of(2));
        }
        assert!(network.has_tcp() && network.has_udp());
        assert!(!Network::none().has_tcp() && !Network::none().has_udp());
        assert!(!Network::none().tcp(Addresses::all()).has_udp());
    }
}
