//! Where a socket is, and where an address leads.

use crate::failure::Failure;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where a socket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// Of a Unix socket: a path; an abstract name, which begins with a NUL; or nothing, if it has no name.
    Unix(Vec<u8>),
}

impl Address {
    /// The IP address, if it is one.
    pub fn ip(&self) -> Option<SocketAddr> {
        match self {
            Address::Ip(address) => Some(*address),
            Address::Unix(_) => None,
        }
    }

    /// For a program, as a text: of a Unix socket what it is, as far as that is one.
    pub fn text(&self) -> String {
        match self {
            Address::Ip(address) => address.to_string(),
            Address::Unix(name) => String::from_utf8_lossy(name).into_owned(),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address::Ip(address)
    }
}

/// For a person; abstract names as unix(7) and ss(8) show them.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(f),
            Address::Unix(name) => match name.as_slice() {
                [] => f.write_str("a socket without a name"),
                [0, name @ ..] => write!(f, "@{}", visible(name)),
                path => f.write_str(&visible(path)),
            },
        }
    }
}

/// In one line, whatever the name is: what is no text is escaped, as are characters that a terminal would not show.
fn visible(name: &[u8]) -> String {
    let mut shown = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character.is_control() {
                true => shown.extend(character.escape_default()),
                false => shown.push(character),
            }
        }
        for byte in chunk.invalid() {
            shown.extend(char::from(*byte).escape_default());
        }
    }
    shown
}

/// The path or abstract name of a Unix socket, unless there is a NUL in it: POSIX, and so asyncio, would take what comes
/// before, and connect to another file.
pub fn unix(path: &[u8]) -> Result<Address, Failure> {
    let is_abstract = path.first() == Some(&0);
    match !is_abstract && path.contains(&0) {
        true => Err(Failure::invalid("embedded null byte")),
        false => Ok(Address::Unix(path.to_vec())),
    }
}

/// The address to be connected to. WASI refuses IPv4 addresses in IPv6 clothes and the wildcard addresses; for Linux, and
/// so for asyncio, the first are the IPv4 addresses that they are and the second this machine.
pub fn destination(address: SocketAddr) -> SocketAddr {
    let mut destination = local(address);
    match destination.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => destination.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => destination.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    destination
}

/// The address to be bound to, which may be a wildcard.
pub fn local(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::new(v4.into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_names_of_unix_sockets() {
        for (name, shown, text) in [
            (&b"/run/a b"[..], "/run/a b", "/run/a b"),
            (b"\0name", "@name", "\0name"),
            (b"", "a socket without a name", ""),
            (b"/\xff", "/\\u{ff}", "/\u{fffd}"),
            (b"\0a\nb\x1b[m", "@a\\nb\\u{1b}[m", "\0a\nb\x1b[m"),
        ] {
            let address = Address::Unix(name.to_vec());
            assert_eq!(
                (address.to_string().as_str(), address.text().as_str()),
                (shown, text)
            );
            assert_eq!(unix(name), Ok(address));
        }
    }

    #[test]
    fn c_a_nul_in_a_path_is_refused_and_in_an_abstract_name_is_not() {
        assert_eq!(unix(b"/a\0b"), Err(Failure::invalid("embedded null byte")));
        assert!(unix(b"\0a\0b").is_ok());
    }

    #[test]
    fn a3_mapped_addresses_and_wildcards_lead_somewhere() {
        for (address, leads_to) in [
            ("192.0.2.1:7", "192.0.2.1:7"),
            ("[::ffff:192.0.2.1]:7", "192.0.2.1:7"),
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("[::ffff:0.0.0.0]:7", "127.0.0.1:7"),
            ("[fe80::1%3]:7", "[fe80::1%3]:7"),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(destination(address), leads_to.parse().unwrap());
        }
        let wildcard = "[::]:7".parse().unwrap();
        assert_eq!(local(wildcard), wildcard);
    }
}
