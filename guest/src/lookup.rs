//! Host, port and addresses, as far as no resolver is needed (ASYNCIO A.3): what has to be looked up, and what is made of
//! the answer.

use crate::failure::{Failure, LookupFailure};
use crate::services;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

impl Family {
    fn has(self, address: &IpAddr) -> bool {
        address.is_ipv6() == (self == Family::Inet6)
    }
}

/// Where on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// By number.
    Port(u16),
    /// By name, or by a number in decimal.
    Name(String),
}

impl Service {
    /// The port. Numbers in decimal may have blanks around them, as with Python's `int()`.
    pub fn port(&self) -> Result<u16, Failure> {
        let name = match self {
            Service::Port(port) => return Ok(*port),
            Service::Name(name) => name.trim(),
        };
        if name.is_empty() {
            return Ok(0);
        }
        let digits = name.strip_prefix(['+', '-']).unwrap_or(name);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number out of range never wraps around, as it does in glibc.
            return name
                .parse()
                .map_err(|_| Failure::invalid("port must be 0-65535."));
        }
        services::tcp_port(name).ok_or(Failure::Lookup(LookupFailure::ServiceNotSupported))
    }
}

/// What there is to do about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// Nothing: these are its addresses.
    Known(Vec<IpAddr>),
    /// Ask the resolver for this name.
    Name(String),
}

/// Tells literals from names. No host is this machine, IPv6 first, as getaddrinfo has it; `''` is not (ASYNCIO A.3).
pub fn parse_host(host: Option<&str>) -> Result<Host, Failure> {
    let Some(host) = host else {
        let loopback = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
        return Ok(Host::Known(loopback.into()));
    };
    if let Ok(literal) = host.parse::<IpAddr>() {
        return Ok(Host::Known(vec![literal]));
    }
    if host.contains('\0') {
        return Err(Failure::invalid("embedded null character"));
    }
    // A name, by the rules of RFC 1035, section 2.3.4, but for a dot at the end. Python's codec for names refuses these
    // before it asks a resolver, and so with an error of its own.
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.is_empty() {
        return Err(Failure::Lookup(LookupFailure::NotFound));
    }
    let label = |label: &str| (1..=63).contains(&label.len());
    if name.is_ascii() && !name.split('.').all(label) {
        return Err(Failure::invalid(format!(
            "encoding with 'idna' codec failed (label empty or too long): '{host}'"
        )));
    }
    Ok(Host::Name(host.to_owned()))
}

/// Makes candidates of addresses. None of the family asked for is a failure of the lookup.
pub fn candidates(
    addresses: Vec<IpAddr>,
    family: Option<Family>,
    port: u16,
) -> Result<Vec<SocketAddr>, Failure> {
    let candidates: Vec<_> = addresses
        .into_iter()
        // WASI refuses IPv4 addresses in IPv6 clothes; the connection is the same without them.
        .map(|address| address.to_canonical())
        .filter(|address| family.is_none_or(|family| family.has(address)))
        .map(|address| SocketAddr::new(address, port))
        .collect();
    match candidates.is_empty() {
        true => Err(Failure::Lookup(LookupFailure::FamilyNotSupported)),
        false => Ok(candidates),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str) -> Result<u16, Failure> {
        Service::Name(name.into()).port()
    }

    #[test]
    fn a3_ports() {
        assert_eq!(Service::Port(80).port(), Ok(80));
        for (name, number) in [
            ("80", 80),
            (" 80 ", 80),
            ("", 0),
            ("http", 80),
            ("65535", 65535),
        ] {
            assert_eq!(port(name), Ok(number), "{name:?}");
        }
    }

    #[test]
    fn a3_ports_out_of_range() {
        for name in ["65536", "-1", "99999999999999999999"] {
            assert_eq!(
                port(name),
                Err(Failure::invalid("port must be 0-65535.")),
                "{name}"
            );
        }
    }

    #[test]
    fn a3_unknown_services() {
        let unknown = Failure::Lookup(LookupFailure::ServiceNotSupported);
        for name in ["nonsense", "80.9", "0x50", "http\0"] {
            assert_eq!(port(name).as_ref(), Err(&unknown), "{name:?}");
        }
        assert_eq!(
            unknown.to_string(),
            "[Errno -8] Servname not supported for ai_socktype"
        );
    }

    #[test]
    fn a3_no_host_is_loopback_and_the_empty_one_is_not() {
        let loopback = ["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        assert_eq!(parse_host(None), Ok(Host::Known(loopback.into())));
        for host in ["", "."] {
            let failure = parse_host(Some(host)).unwrap_err();
            assert_eq!(failure.to_string(), "[Errno -2] Name or service not known");
        }
    }

    #[test]
    fn a3_literals_skip_the_resolver() {
        for literal in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let address = literal.parse().unwrap();
            assert_eq!(parse_host(Some(literal)), Ok(Host::Known(vec![address])));
        }
        for name in [
            "localhost",
            "example.com.",
            "[::1]",
            "bücher.example",
            "::1%lo",
        ] {
            assert_eq!(parse_host(Some(name)), Ok(Host::Name(name.into())));
        }
    }

    #[test]
    fn a3_hosts_that_are_no_names() {
        let long = "x".repeat(64);
        for host in [long.as_str(), "a..b", ".a"] {
            let failure = parse_host(Some(host)).unwrap_err();
            assert!(matches!(failure, Failure::InvalidArgument(_)), "{host}");
        }
        assert_eq!(
            parse_host(Some("a\0b")),
            Err(Failure::invalid("embedded null character"))
        );
    }

    #[test]
    fn a3_family() {
        let both = || vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        let of = |family| candidates(both(), family, 7).unwrap();
        assert_eq!(of(None).len(), 2);
        assert_eq!(of(Some(Family::Inet)), ["127.0.0.1:7".parse().unwrap()]);
        assert_eq!(of(Some(Family::Inet6)), ["[::1]:7".parse().unwrap()]);
        let failure = candidates(vec!["::1".parse().unwrap()], Some(Family::Inet), 7).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "[Errno -9] Address family for hostname not supported"
        );
    }

    #[test]
    fn a3_ipv4_mapped_addresses_connect() {
        let mapped = vec!["::ffff:127.0.0.1".parse().unwrap()];
        assert_eq!(
            candidates(mapped, None, 7),
            Ok(vec!["127.0.0.1:7".parse().unwrap()])
        );
    }
}
