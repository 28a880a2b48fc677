//! Host and port become addresses: what needs no resolver, what has to be asked, and what is made of the answer (ASYNCIO
//! A.3). The checks come in the order of `getaddrinfo`.

use crate::address;
use crate::failure::{Failure, LookupFailure};
use crate::host;
use crate::service::{End, PortError, Service, Transport};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
    /// Unix sockets.
    Unix,
}

impl Family {
    fn has(self, address: &SocketAddr) -> bool {
        self == Family::of(address)
    }

    /// That of an IP address.
    pub fn of(address: &SocketAddr) -> Self {
        match address {
            SocketAddr::V4(_) => Family::Inet,
            SocketAddr::V6(_) => Family::Inet6,
        }
    }

    /// As Linux numbers them.
    pub fn number(self) -> u32 {
        match self {
            Family::Unix => 1,
            Family::Inet => 2,
            Family::Inet6 => 10,
        }
    }
}

/// `getaddrinfo`'s flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Flags {
    pub passive: bool,
    pub canon_name: bool,
    pub numeric_host: bool,
    pub numeric_service: bool,
    pub v4_mapped: bool,
    pub all: bool,
    pub addr_config: bool,
}

/// How to look up: the same for the peer's address and one's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Hints {
    pub transport: Transport,
    pub family: Option<Family>,
    pub protocol: Option<u32>,
    pub flags: Flags,
}

/// What there is to do about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: these are its addresses.
    Known(Vec<SocketAddr>),
    /// Ask the resolver for this name, and make [`Hints::candidates`] with this port of what it says.
    Ask(String, u16),
}

impl Hints {
    /// What there is to do about this host and port.
    pub fn plan(&self, end: End, host: Option<&str>, service: &Service) -> Result<Plan, Failure> {
        let port_error = |error: PortError| error.at(end);
        let literal = match host {
            Some(host) if host.contains('\0') => {
                return Err(Failure::invalid("embedded null character"));
            }
            Some(host) => host::plain_literal(host),
            None => None,
        };
        // asyncio does not bother getaddrinfo with these, nor them with its flags.
        if let (Some(literal), Some(port), true) =
            (literal, service.number(), self.suits_literals())
            && self.family.is_none_or(|family| family.has(&literal))
        {
            let port = port.map_err(port_error)?;
            return self.candidates([literal], port).map(Plan::Known);
        }
        let name = host.map(host::name).transpose()?;
        self.check_flags(host, service)?;
        if !self.protocol_fits() {
            return lookup_failure(LookupFailure::ProtocolNotSupported);
        }
        let port = service.port(self.transport).map_err(port_error)?;
        // As it is encoded: what looks like digits may have become some.
        let Some(name) = name else {
            return self.candidates(self.this_machine(), port).map(Plan::Known);
        };
        if let Some(literal) = host::literal(&name)? {
            return self.candidates([literal], port).map(Plan::Known);
        }
        match host::can_exist(&name) && !self.flags.numeric_host {
            true => Ok(Plan::Ask(name, port)),
            false => lookup_failure(LookupFailure::NotFound),
        }
    }

    /// Candidates of addresses that the caller knows.
    pub fn of_addresses(
        &self,
        addresses: &[IpAddr],
        service: &Service,
    ) -> Result<Vec<SocketAddr>, Failure> {
        if !self.suits_literals() {
            return lookup_failure(LookupFailure::ProtocolNotSupported);
        }
        let port = service
            .port(self.transport)
            .map_err(|error| error.at(End::Remote))?;
        let addresses = addresses.iter().map(|&ip| SocketAddr::new(ip, 0));
        // As with a literal, the flags of a lookup that is not made have no say.
        let flags = Flags::default();
        Self { flags, ..*self }.candidates(addresses, port)
    }

    /// Whether the protocol is the transport's own.
    pub fn protocol_fits(&self) -> bool {
        let number = self.protocol.unwrap_or_default();
        number == 0 || number == self.transport.protocol()
    }

    /// A.3: with a literal, UDP is silently TCP, and TCP is UDP.
    fn suits_literals(&self) -> bool {
        let numbers = [Transport::Tcp, Transport::Udp].map(Transport::protocol);
        let number = self.protocol.unwrap_or_default();
        number == 0 || numbers.contains(&number)
    }

    fn check_flags(&self, host: Option<&str>, service: &Service) -> Result<(), Failure> {
        if self.flags.canon_name && host.is_none() {
            return lookup_failure(LookupFailure::BadFlags);
        }
        if self.family == Some(Family::Unix) {
            return lookup_failure(LookupFailure::FamilyUnknown);
        }
        if self.flags.addr_config {
            return Err(Failure::NotSupported(
                "lookup-flags addr-config: WASI does not tell which addresses this machine has"
                    .into(),
            ));
        }
        if self.flags.numeric_service && service.number().is_none() {
            return lookup_failure(LookupFailure::NotFound);
        }
        Ok(())
    }

    /// The addresses of no host.
    fn this_machine(&self) -> [SocketAddr; 2] {
        let addresses: [IpAddr; 2] = match self.flags.passive {
            true => [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            false => [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
        };
        addresses.map(|ip| SocketAddr::new(ip, 0))
    }

    /// Gives addresses the port, in their order. None of the family asked for is a failure of the lookup.
    pub fn candidates(
        &self,
        addresses: impl IntoIterator<Item = SocketAddr>,
        port: u16,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let with_port = |mut address: SocketAddr| {
            address.set_port(port);
            address
        };
        let all: Vec<_> = addresses.into_iter().map(with_port).collect();
        let Some(family) = self.family else {
            return Ok(all);
        };
        // glibc undresses mapped addresses where only IPv4 is wanted.
        let wanted = |address: SocketAddr| match family {
            Family::Inet => address::local(address),
            Family::Inet6 | Family::Unix => address,
        };
        let (mut fitting, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .map(wanted)
            .partition(|address| family.has(address));
        if self.flags.v4_mapped && family == Family::Inet6 && (fitting.is_empty() || self.flags.all)
        {
            fitting.extend(others.into_iter().map(mapped));
        }
        match fitting.is_empty() {
            true if family == Family::Unix => lookup_failure(LookupFailure::FamilyUnknown),
            true => lookup_failure(LookupFailure::FamilyNotSupported),
            false => Ok(fitting),
        }
    }
}

fn lookup_failure<T>(failure: LookupFailure) -> Result<T, Failure> {
    Err(Failure::Lookup(failure))
}

/// An IPv4 address in IPv6 clothes (RFC 4291, section 2.5.5.2).
fn mapped(mut address: SocketAddr) -> SocketAddr {
    if let IpAddr::V4(v4) = address.ip() {
        address.set_ip(v4.to_ipv6_mapped().into());
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Service {
        Service::Name(name.into())
    }

    fn addresses(words: &str) -> Vec<SocketAddr> {
        words
            .split_whitespace()
            .map(|it| it.parse().unwrap())
            .collect()
    }

    fn known(words: &str) -> Result<Plan, Failure> {
        Ok(Plan::Known(addresses(words)))
    }

    fn flags(set: impl Fn(&mut Flags)) -> Hints {
        let mut hints = Hints::default();
        set(&mut hints.flags);
        hints
    }

    fn told(plan: Result<Plan, Failure>) -> String {
        plan.unwrap_err().to_string()
    }

    const NOT_FOUND: &str = "[Errno -2] Name or service not known";

    #[test]
    fn a3_what_is_no_port_in_the_words_of_asyncio() {
        for (end, name, words) in [
            (End::Remote, "65536", "connect(): port must be 0-65535."),
            (End::Local, "65536", "bind(): port must be 0-65535."),
            (
                End::Local,
                "nonsense",
                "[Errno -8] Servname not supported for ai_socktype",
            ),
        ] {
            for host in ["127.0.0.1", "localhost"] {
                let plan = Hints::default().plan(end, Some(host), &service(name));
                assert_eq!(told(plan), words);
            }
        }
    }

    #[test]
    fn a3_no_host_is_loopback_and_the_empty_one_is_not() {
        let hints = Hints::default();
        let port = Service::Port(7);
        assert_eq!(
            hints.plan(End::Remote, None, &port),
            known("[::1]:7 127.0.0.1:7")
        );
        for host in ["", "*", "[::1]", " localhost"] {
            assert_eq!(
                told(hints.plan(End::Remote, Some(host), &port)),
                NOT_FOUND,
                "{host}"
            );
        }
        let passive = flags(|it| it.passive = true);
        assert_eq!(
            passive.plan(End::Remote, None, &port),
            known("0.0.0.0:7 [::]:7")
        );
    }

    #[test]
    fn a3_literals_need_neither_resolver_nor_flags() {
        let hints = Hints {
            protocol: Some(Transport::Udp.protocol()),
            ..flags(|it| it.addr_config = true)
        };
        for (literal, address) in [
            ("127.0.0.1", "127.0.0.1:7"),
            ("::1", "[::1]:7"),
            ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]:7"),
        ] {
            assert_eq!(
                hints.plan(End::Remote, Some(literal), &service(" 7 ")),
                known(address)
            );
        }
        // Any of these does.
        let failure = hints
            .plan(End::Remote, Some("127.0.0.1"), &service("http"))
            .unwrap_err();
        assert!(matches!(failure, Failure::NotSupported(_)));
        let hints = Hints {
            protocol: Some(Transport::Udp.protocol()),
            ..Hints::default()
        };
        for host in ["127.1", "localhost", "::1%1"] {
            assert_eq!(
                told(hints.plan(End::Remote, Some(host), &Service::Port(7))),
                "[Errno -7] ai_socktype not supported"
            );
        }
    }

    #[test]
    fn a3_what_a_resolver_is_asked_for() {
        for (host, name) in [
            ("localhost", "localhost"),
            ("example.com.", "example.com."),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(
                Hints::default().plan(End::Remote, Some(host), &service("https")),
                Ok(Plan::Ask(name.into(), 443))
            );
        }
    }

    #[test]
    fn a3_nul_comes_before_all() {
        let plan = Hints::default().plan(End::Remote, Some("a\0b"), &service("nonsense"));
        assert_eq!(plan, Err(Failure::invalid("embedded null character")));
    }

    #[test]
    fn b3_datagrams_have_ports_and_a_protocol_of_their_own() {
        let hints = Hints {
            transport: Transport::Udp,
            protocol: Some(Transport::Udp.protocol()),
            ..Hints::default()
        };
        let asked = hints.plan(End::Remote, Some("a.example"), &service("tftp"));
        assert_eq!(asked, Ok(Plan::Ask("a.example".into(), 69)));
        let hints = Hints {
            protocol: Some(Transport::Tcp.protocol()),
            ..hints
        };
        assert_eq!(
            hints.plan(End::Remote, Some("::1"), &Service::Port(7)),
            known("[::1]:7")
        );
        assert_eq!(
            told(hints.plan(End::Remote, Some("a.example"), &Service::Port(7))),
            "[Errno -7] ai_socktype not supported"
        );
    }

    #[test]
    fn a3_protocols() {
        for (protocol, fits) in [(0, true), (6, true), (17, false), (99, false), (262, false)] {
            let hints = Hints {
                protocol: Some(protocol),
                ..Hints::default()
            };
            let plan = hints.plan(End::Remote, Some("a.example"), &Service::Port(1));
            assert_eq!(plan.is_ok(), fits, "{protocol}");
            let with_literal = hints.plan(End::Remote, Some("::1"), &Service::Port(1));
            assert_eq!(with_literal.is_ok(), protocol < 99, "{protocol}");
            let known = hints.of_addresses(&["::1".parse().unwrap()], &Service::Port(1));
            assert_eq!(known.is_ok(), protocol < 99, "{protocol}");
        }
    }

    #[test]
    fn a3_flags() {
        let port = Service::Port(7);
        let numeric = flags(|it| it.numeric_host = true);
        assert_eq!(
            told(numeric.plan(End::Remote, Some("localhost"), &port)),
            NOT_FOUND
        );
        assert_eq!(
            numeric.plan(End::Remote, Some("127.1"), &port),
            known("127.0.0.1:7")
        );
        let numeric = flags(|it| it.numeric_service = true);
        assert_eq!(
            told(numeric.plan(End::Remote, Some("a.example"), &service("http"))),
            NOT_FOUND
        );
        assert!(
            numeric
                .plan(End::Remote, Some("a.example"), &service("80"))
                .is_ok()
        );
        let canonical = flags(|it| it.canon_name = true);
        assert_eq!(
            told(canonical.plan(End::Remote, None, &port)),
            "[Errno -1] Bad value for ai_flags"
        );
        assert!(
            canonical
                .plan(End::Remote, Some("a.example"), &port)
                .is_ok()
        );
        let failure = flags(|it| it.addr_config = true).plan(End::Remote, Some("a.example"), &port);
        let named = |text: &str| text.starts_with("lookup-flags addr-config: ");
        assert!(matches!(failure, Err(Failure::NotSupported(text)) if named(&text)));
    }

    #[test]
    fn a3_family() {
        let of = |family, answers: &str| {
            let hints = Hints {
                family,
                ..Hints::default()
            };
            hints.candidates(addresses(answers), 7)
        };
        let both = "[::1]:0 127.0.0.1:0";
        assert_eq!(of(None, both), Ok(addresses("[::1]:7 127.0.0.1:7")));
        assert_eq!(of(Some(Family::Inet), both), Ok(addresses("127.0.0.1:7")));
        assert_eq!(of(Some(Family::Inet6), both), Ok(addresses("[::1]:7")));
        assert_eq!(
            of(Some(Family::Inet), "[::ffff:127.0.0.1]:0"),
            Ok(addresses("127.0.0.1:7"))
        );
        let failure = of(Some(Family::Inet), "[::1]:0").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "[Errno -9] Address family for hostname not supported"
        );
    }

    #[test]
    fn a3_no_host_is_in_the_file_system() {
        let unix = |set: fn(&mut Flags)| Hints {
            family: Some(Family::Unix),
            ..flags(set)
        };
        let usual = unix(|_| {});
        for (host, name) in [
            (Some("127.0.0.1"), "7"),
            (Some("127.1"), "7"),
            (None, "7"),
            (Some("a.example"), "nonsense"),
        ] {
            assert_eq!(
                told(usual.plan(End::Remote, host, &service(name))),
                "[Errno -6] ai_family not supported"
            );
        }
        let known = usual.of_addresses(&["::1".parse().unwrap()], &Service::Port(7));
        assert_eq!(known, Err(Failure::Lookup(LookupFailure::FamilyUnknown)));
        let numeric = unix(|it| it.numeric_service = true);
        let numeric = numeric.plan(End::Remote, Some("a.example"), &service("http"));
        assert!(told(numeric).contains("ai_family"));
        let canonical = unix(|it| it.canon_name = true);
        let canonical = canonical.plan(End::Remote, None, &Service::Port(7));
        assert!(told(canonical).contains("ai_flags"));
    }

    #[test]
    fn a3_mapped_addresses_when_asked_for() {
        let of = |all, answers| {
            let hints = Hints {
                family: Some(Family::Inet6),
                ..flags(|it| (it.v4_mapped, it.all) = (true, all))
            };
            hints.candidates(addresses(answers), 7).unwrap()
        };
        let mapped = "[::ffff:127.0.0.1]:7";
        assert_eq!(of(false, "127.0.0.1:0"), addresses(mapped));
        assert_eq!(of(false, "127.0.0.1:0 [::1]:0"), addresses("[::1]:7"));
        assert_eq!(
            of(true, "127.0.0.1:0 [::1]:0"),
            addresses(&format!("[::1]:7 {mapped}"))
        );
    }
}
