//! Where a socket is.

use crate::bindings::switchboard::connect::types as wit;
use crate::convert::{from_socket_address, to_socket_address};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where a socket is: what asyncio's `get_extra_info('peername')` tells.
///
/// ```
/// use std::net::SocketAddr;
/// use switchboard_client::Address;
///
/// let address = Address::from(SocketAddr::from(([192, 0, 2, 1], 443)));
/// assert_eq!(address.to_string(), "192.0.2.1:443");
/// assert_eq!(address.port(), Some(443));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A Unix socket.
    Unix(UnixAddress),
}

impl Address {
    /// The IP address and the port; `None` of a Unix socket.
    ///
    /// ```no_run
    /// # fn example(connection: &switchboard_client::Connection) {
    /// let peer = connection.peer_addr().and_then(|it| it.socket_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Address::Ip(address) => Some(*address),
            Address::Unix(_) => None,
        }
    }

    /// The IP address.
    ///
    /// ```
    /// use switchboard_client::{Address, UnixAddress};
    /// assert_eq!(Address::from(UnixAddress::from("/run/redis.sock")).ip(), None);
    /// ```
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        Some(self.socket_addr()?.ip())
    }

    /// The port.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("at port {:?}", endpoint.local_addr().and_then(|it| it.port()));
    /// # }
    /// ```
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        Some(self.socket_addr()?.port())
    }

    pub(crate) fn from_wit(address: wit::Address) -> Self {
        match address {
            wit::Address::Ip(address) => Address::Ip(from_socket_address(address)),
            wit::Address::Unix(bytes) => Address::Unix(UnixAddress(bytes)),
        }
    }

    pub(crate) fn to_wit(&self) -> wit::Address {
        match self {
            Address::Ip(address) => wit::Address::Ip(to_socket_address(*address)),
            Address::Unix(UnixAddress(bytes)) => wit::Address::Unix(bytes.clone()),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address::Ip(address)
    }
}

impl From<UnixAddress> for Address {
    fn from(address: UnixAddress) -> Self {
        Address::Unix(address)
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

impl PartialEq<SocketAddr> for Address {
    fn eq(&self, other: &SocketAddr) -> bool {
        self.socket_addr() == Some(*other)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(f),
            Address::Unix(address) => address.fmt(f),
        }
    }
}

/// Where a Unix socket is: at a path, which need not be UTF-8, or at an abstract name (Linux), which is no file; or nowhere.
///
/// A text or a path that begins with a NUL is an abstract name too, as in asyncio.
///
/// ```
/// use switchboard_client::UnixAddress;
///
/// let path = UnixAddress::from("/run/redis.sock");
/// assert_eq!(path.as_bytes(), b"/run/redis.sock");
/// let name = UnixAddress::abstract_name("redis");
/// assert_eq!(name.as_bytes(), b"\0redis");
/// assert_eq!(name.to_string(), "@redis");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UnixAddress(Vec<u8>);

impl UnixAddress {
    /// An abstract name, without the NUL in front of it.
    ///
    /// ```
    /// let name = switchboard_client::UnixAddress::abstract_name("redis");
    /// assert_eq!(name.as_abstract_name(), Some(&b"redis"[..]));
    /// ```
    #[must_use]
    pub fn abstract_name(name: impl AsRef<[u8]>) -> Self {
        Self([&[0], name.as_ref()].concat())
    }

    /// The path, if it is one.
    ///
    /// ```
    /// let address = switchboard_client::UnixAddress::from("/run/redis.sock");
    /// assert_eq!(address.as_path_bytes(), Some(&b"/run/redis.sock"[..]));
    /// ```
    #[must_use]
    pub fn as_path_bytes(&self) -> Option<&[u8]> {
        match self.0.first() {
            None | Some(0) => None,
            Some(_) => Some(&self.0),
        }
    }

    /// The abstract name without the NUL in front of it, if it is one.
    ///
    /// ```
    /// let address = switchboard_client::UnixAddress::from("/run/redis.sock");
    /// assert_eq!(address.as_abstract_name(), None);
    /// ```
    #[must_use]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        self.0.strip_prefix(b"\0")
    }

    /// Whether it is nowhere: a socket that nobody gave a name, so that nobody can answer it.
    ///
    /// ```
    /// assert!(switchboard_client::UnixAddress::default().is_unnamed());
    /// ```
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it: what asyncio has in place of an address.
    ///
    /// ```
    /// assert_eq!(switchboard_client::UnixAddress::from("\0redis").as_bytes(), b"\0redis");
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Of bytes and of what is like a path.
macro_rules! from {
    ($($type:ty: $value:ident => $bytes:expr,)*) => {
        $(impl From<$type> for UnixAddress {
            fn from($value: $type) -> Self {
                Self($bytes)
            }
        })*
    };
}

from! {
    &str: text => text.as_bytes().to_vec(),
    String: text => text.into_bytes(),
    &[u8]: bytes => bytes.to_vec(),
    Vec<u8>: bytes => bytes,
    &OsStr: text => text.as_encoded_bytes().to_vec(),
    OsString: text => text.into_encoded_bytes(),
    &Path: path => path.as_os_str().as_encoded_bytes().to_vec(),
    PathBuf: path => path.into_os_string().into_encoded_bytes(),
}

/// As the shell tools write it: `@` in front of an abstract name.
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_abstract_name() {
            Some(name) => write!(f, "@{}", name.escape_ascii()),
            None => String::from_utf8_lossy(&self.0).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_a_path() {
        let expected = UnixAddress(b"/a".to_vec());
        assert_eq!(UnixAddress::from("/a"), expected);
        assert_eq!(UnixAddress::from(Path::new("/a")), expected);
        assert_eq!(UnixAddress::from(OsString::from("/a")), expected);
        assert_eq!(UnixAddress::from(&b"/a"[..]), expected);
        assert_eq!(expected.as_path_bytes(), Some(&b"/a"[..]));
        assert_eq!(expected.as_abstract_name(), None);
    }

    #[test]
    fn abstract_names_are_not_paths() {
        let name = UnixAddress::from("\0a\0b");
        assert_eq!(name, UnixAddress::abstract_name("a\0b"));
        assert_eq!(name.as_path_bytes(), None);
        assert_eq!(name.to_string(), "@a\\x00b");
        let unnamed = UnixAddress::default();
        assert!(unnamed.is_unnamed() && unnamed.as_path_bytes().is_none());
        assert_eq!(unnamed.as_abstract_name(), None);
    }
}
