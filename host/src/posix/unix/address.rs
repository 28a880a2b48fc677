//! Addresses, and which of them are none.

use super::super::bindings::switchboard::posix::sockets as wit;
use super::super::bindings::switchboard::posix::sockets::{Failure, Family};
use rustix::net::SocketAddrUnix;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The most bytes that a path can have in the address of a socket, a NUL being after it; an abstract name has one before it.
const LONGEST: usize = 107;

/// The most bytes that a path can have that is looked up here: `PATH_MAX`, without the NUL after it.
const LONGEST_PATH: usize = 4095;

/// Where a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Inet(SocketAddr),
    Unix(Name),
}

/// The address of a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Unnamed,
    Path(PathBuf),
    /// Without the NUL before it.
    Abstract(Vec<u8>),
}

impl Address {
    /// Reads what the component gave, for a socket of this family.
    pub(super) fn parse(address: wit::Address, family: Family) -> Result<Self, Failure> {
        match (address, family) {
            (wit::Address::Unix(bytes), Family::Unix) => Ok(Self::Unix(Name::parse(bytes)?)),
            (wit::Address::Inet(address), Family::Inet | Family::Inet6) => {
                let address = SocketAddr::from(address);
                match is_of_family(address.ip(), family) {
                    true => Ok(Self::Inet(address)),
                    false => Err(Failure::InvalidArgument),
                }
            }
            _ => Err(Failure::InvalidArgument),
        }
    }

    /// As [`Address::parse`], of a peer.
    pub(super) fn parse_peer(address: wit::Address, family: Family) -> Result<Self, Failure> {
        let address = Self::parse(address, family)?;
        let none = match &address {
            Self::Inet(to) => to.ip().is_unspecified() || to.port() == 0,
            Self::Unix(name) => *name == Name::Unnamed,
        };
        match none {
            true => Err(Failure::InvalidArgument),
            false => Ok(address),
        }
    }

    /// Whether it is of one host, as all addresses of connections have to be.
    pub(super) fn is_unicast(&self) -> bool {
        match self {
            Self::Inet(address) => match address.ip() {
                IpAddr::V4(ip) => !ip.is_multicast() && !ip.is_broadcast(),
                IpAddr::V6(ip) => !ip.is_multicast(),
            },
            Self::Unix(_) => true,
        }
    }
}

impl From<Address> for wit::Address {
    fn from(address: Address) -> Self {
        match address {
            Address::Inet(address) => Self::Inet(address.into()),
            Address::Unix(Name::Unnamed) => Self::Unix(Vec::new()),
            Address::Unix(Name::Path(path)) => Self::Unix(path.into_os_string().into_vec()),
            Address::Unix(Name::Abstract(name)) => {
                Self::Unix([0].into_iter().chain(name).collect())
            }
        }
    }
}

impl Name {
    fn parse(bytes: Vec<u8>) -> Result<Self, Failure> {
        match bytes.as_slice() {
            [] => Ok(Self::Unnamed),
            [0, name @ ..] if name.len() > LONGEST => Err(Failure::PathTooLong),
            [0, name @ ..] => Ok(Self::Abstract(name.to_vec())),
            // The system would take what is before it: another path than the one that was decided about.
            path if path.contains(&0) => Err(Failure::InvalidArgument),
            path if path.len() > LONGEST_PATH => Err(Failure::PathTooLong),
            [b'/', ..] => Ok(Self::Path(PathBuf::from(OsString::from_vec(bytes)))),
            _ => Err(Failure::InvalidArgument),
        }
    }
}

/// As the system has it.
impl From<&std::os::unix::net::SocketAddr> for Name {
    fn from(address: &std::os::unix::net::SocketAddr) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(name) = std::os::linux::net::SocketAddrExt::as_abstract_name(address) {
            return Self::Abstract(name.to_vec());
        }
        match address.as_pathname() {
            Some(path) => Self::Path(path.to_owned()),
            None => Self::Unnamed,
        }
    }
}

/// For the system.
#[cfg(target_os = "linux")]
pub(super) fn abstract_name(name: &[u8]) -> Result<SocketAddrUnix, Failure> {
    Ok(SocketAddrUnix::new_abstract_name(name)?)
}

/// For the system, which has none.
#[cfg(not(target_os = "linux"))]
pub(super) fn abstract_name(_name: &[u8]) -> Result<SocketAddrUnix, Failure> {
    Err(Failure::NotSupported)
}

/// For the system, as it is.
pub(super) fn path(path: &std::path::Path) -> Result<SocketAddrUnix, Failure> {
    match path.as_os_str().as_bytes() {
        bytes if bytes.len() > LONGEST => Err(Failure::PathTooLong),
        bytes => Ok(SocketAddrUnix::new(bytes)?),
    }
}

/// Any address and any port, that is: what the system chooses.
pub(super) fn unspecified(family: Family) -> SocketAddr {
    match family {
        Family::Inet6 => (Ipv6Addr::UNSPECIFIED, 0).into(),
        Family::Inet | Family::Unix => (Ipv4Addr::UNSPECIFIED, 0).into(),
    }
}

/// As `wasi:sockets` has it: no address of IPv4 in one of IPv6, neither mapped nor in the compatible form, which is obsolete.
fn is_of_family(ip: IpAddr, family: Family) -> bool {
    match (family, ip) {
        (Family::Inet, IpAddr::V4(_)) => true,
        (Family::Inet6, IpAddr::V6(ip)) => {
            let [a, b, c, d, e, f, _, _] = ip.segments();
            let compatible = [a, b, c, d, e, f] == [0; 6];
            !compatible && ip.to_ipv4_mapped().is_none() || ip.is_unspecified() || ip.is_loopback()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names() {
        let name = |bytes: &[u8]| Name::parse(bytes.to_vec());
        assert_eq!(name(b"").unwrap(), Name::Unnamed);
        assert_eq!(name(b"/a").unwrap(), Name::Path("/a".into()));
        assert_eq!(name(b"\0a\0b").unwrap(), Name::Abstract(b"a\0b".to_vec()));
        let long = |first: u8, count: usize| [vec![first], vec![b'x'; count - 1]].concat();
        assert!(name(&long(b'/', 4095)).is_ok());
        assert!(name(&long(0, 108)).is_ok());
        for long in [long(b'/', 4096), long(0, 109), long(b'x', 4096)] {
            assert!(matches!(name(&long), Err(Failure::PathTooLong)));
        }
        for wrong in [&b"a"[..], b"a/b", b"/a\0", b"/a\0b", b"./a"] {
            assert!(matches!(name(wrong), Err(Failure::InvalidArgument)));
        }
        let there: wit::Address = Address::Unix(Name::Abstract(b"a".to_vec())).into();
        assert!(matches!(there, wit::Address::Unix(bytes) if bytes == b"\0a"));
    }

    #[test]
    fn addresses_are_of_their_family() {
        let given = |text: &str| wit::Address::Inet(text.parse::<SocketAddr>().unwrap().into());
        for (family, text, parses, reaches) in [
            (Family::Inet, "127.0.0.1:80", true, true),
            (Family::Inet, "127.0.0.1:0", true, false),
            (Family::Inet, "0.0.0.0:80", true, false),
            (Family::Inet, "255.255.255.255:80", true, true),
            (Family::Inet, "[::1]:80", false, false),
            (Family::Inet6, "[::1]:80", true, true),
            (Family::Inet6, "[::]:80", true, false),
            (Family::Inet6, "[::ffff:127.0.0.1]:80", false, false),
            (Family::Inet6, "[::7f00:1]:80", false, false),
            (Family::Inet6, "127.0.0.1:80", false, false),
            (Family::Unix, "127.0.0.1:80", false, false),
        ] {
            let parsed = Address::parse(given(text), family);
            assert_eq!(parsed.is_ok(), parses, "{text}");
            let peer = Address::parse_peer(given(text), family);
            assert_eq!(peer.is_ok(), reaches, "{text}");
        }
        let unix = wit::Address::Unix(b"/a".to_vec());
        assert!(Address::parse(unix.clone(), Family::Inet).is_err());
        assert!(Address::parse(unix, Family::Unix).is_ok());
        let unnamed = wit::Address::Unix(Vec::new());
        assert!(Address::parse_peer(unnamed, Family::Unix).is_err());
        for (text, unicast) in [
            ("224.0.0.1:1", false),
            ("255.255.255.255:1", false),
            ("1.2.3.4:1", true),
        ] {
            let address = Address::parse(given(text), Family::Inet).unwrap();
            assert_eq!(address.is_unicast(), unicast);
        }
    }
}
