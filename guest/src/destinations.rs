//! Where an endpoint sends to, and whose datagrams are for it (ASYNCIO B.4, D.5).

use crate::address::{self, Address};
use crate::failure::{OsFailure, SocketError};
use crate::lookup::Family;
use crate::python;
use std::net::{SocketAddr, SocketAddrV6};

/// Why a datagram is not sent, nor anything wrong with the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The caller is mistaken.
    Refused(String),
    /// The system would say so: to be told as an event (D.5).
    Failed(OsFailure),
}

/// Where an endpoint sends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destinations {
    /// That of its socket: of IPv6 it is of IPv6 alone.
    pub family: Family,
    /// To whom it is connected, as the system names it.
    pub peer: Option<Address>,
    /// To whom alone it sends, as the caller has named it; it need not be connected to it.
    pub chosen: Option<Address>,
}

impl Destinations {
    /// Where a datagram of this many bytes goes; to the peer, if it is nowhere (D.5).
    pub fn resolve(
        &self,
        bytes: usize,
        address: Option<Address>,
    ) -> Result<Option<Address>, Unsent> {
        let address = address.map(|it| match it {
            Address::Ip(address) => address::destination(address).into(),
            unix => unix,
        });
        let to = match (address, self.chosen.as_ref().or(self.peer.as_ref())) {
            (None, None) => {
                let text = "Invalid address: there is no remote address, so it must not be None";
                return Err(Unsent::Refused(text.into()));
            }
            (Some(address), Some(only)) if address != *only => {
                return Err(Unsent::Refused(format!(
                    "Invalid address: must be None or {}",
                    python::address(only)
                )));
            }
            (_, Some(_)) if self.peer.is_some() => None,
            (_, Some(only)) => Some(only.clone()),
            (address, None) => address,
        };
        if let Some(to) = &to {
            self.check(to)?;
        }
        match bytes > self.largest() {
            true => Err(Unsent::Failed(OsFailure::new(
                SocketError::DatagramTooLarge,
            ))),
            false => Ok(to),
        }
    }

    /// Whether the socket can send there.
    fn check(&self, to: &Address) -> Result<(), Unsent> {
        match (to, self.family) {
            (Address::Ip(to), family) if Family::of(to) == family => Ok(()),
            (Address::Unix(_), Family::Unix) => Ok(()),
            (Address::Ip(_), Family::Inet | Family::Inet6) => Err(Unsent::Failed(OsFailure {
                code: SocketError::InvalidArgument,
                message: "[Errno -9] Address family for hostname not supported".into(),
            })),
            // To asyncio it would be the end.
            (Address::Ip(_), Family::Unix) => Err(Unsent::Refused(
                "Invalid address: a Unix socket sends to paths".into(),
            )),
            (Address::Unix(_), _) => Err(Unsent::Refused(
                "Invalid address: UDP sends to IP addresses".into(),
            )),
        }
    }

    /// The most bytes of a datagram: 65,535 without the headers of UDP and, over IPv4, of IP (RFC 768, RFC 791, RFC 8200).
    /// WASI allows a host to trap above 64 KiB. Of a Unix socket the system knows.
    fn largest(&self) -> usize {
        match self.family {
            Family::Unix => usize::MAX,
            Family::Inet6 => 65_535 - 8,
            Family::Inet => 65_535 - 8 - 20,
        }
    }

    /// Whether a datagram from there is for the caller. Between binding and connecting anybody's can arrive, and the
    /// system keeps them.
    pub fn is_from_peer(&self, sender: &Address) -> bool {
        match (&self.peer, sender) {
            (None, _) => true,
            // The flow label is the sender's to choose (RFC 6437).
            (Some(Address::Ip(SocketAddr::V6(peer))), Address::Ip(SocketAddr::V6(sender))) => {
                let place = |it: &SocketAddrV6| (*it.ip(), it.port(), it.scope_id());
                place(peer) == place(sender)
            }
            (Some(peer), sender) => peer == sender,
        }
    }
}

/// What to tell of a datagram that the system refused, and refused or took when it was given it again: by such a
/// refusal it may tell of an earlier one (RFC 1122, section 4.1.3.3).
pub fn refusals<E: PartialEq>(first: E, second: Result<(), E>) -> Vec<E> {
    match second {
        Err(second) if second != first => vec![first, second],
        // Its own, or the earlier one's.
        Err(_) | Ok(()) => vec![first],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d5_what_a_refusal_tells() {
        assert_eq!(refusals('a', Ok(())), ['a']);
        assert_eq!(refusals('a', Err('a')), ['a']);
        assert_eq!(refusals('a', Err('b')), ['a', 'b']);
    }

    fn ip(text: &str) -> Option<Address> {
        text.parse().ok().map(Address::Ip)
    }

    fn unix(path: &str) -> Option<Address> {
        Some(Address::Unix(path.as_bytes().to_vec()))
    }

    fn connected(family: Family, peer: Option<Address>) -> Destinations {
        Destinations {
            family,
            peer,
            chosen: None,
        }
    }

    fn only(peer: &str) -> Result<Option<Address>, Unsent> {
        let text = format!("Invalid address: must be None or {peer}");
        Err(Unsent::Refused(text))
    }

    #[test]
    fn d5_where_a_datagram_goes() {
        let there = connected(Family::Inet6, ip("[::1]:7"));
        assert_eq!(there.resolve(0, None), Ok(None));
        assert_eq!(there.resolve(0, ip("[::1]:7")), Ok(None));
        assert_eq!(there.resolve(0, ip("[::]:7")), Ok(None));
        for other in [
            ip("[::1]:8"),
            ip("[::1%1]:7"),
            ip("127.0.0.1:7"),
            unix("/a"),
        ] {
            assert_eq!(there.resolve(0, other), only("('::1', 7, 0, 0)"));
        }
        let open = connected(Family::Inet, None);
        assert!(matches!(open.resolve(0, None), Err(Unsent::Refused(_))));
        assert_eq!(
            open.resolve(0, ip("[::ffff:192.0.2.1]:7")),
            Ok(ip("192.0.2.1:7"))
        );
        assert!(matches!(
            open.resolve(0, ip("[::1]:7")),
            Err(Unsent::Failed(_))
        ));
        assert!(matches!(
            open.resolve(0, unix("/a")),
            Err(Unsent::Refused(_))
        ));
    }

    #[test]
    fn d5_where_a_datagram_goes_without_a_peer() {
        let broadcasting = Destinations {
            chosen: ip("192.0.2.255:7"),
            ..connected(Family::Inet, None)
        };
        for address in [None, ip("192.0.2.255:7")] {
            assert_eq!(broadcasting.resolve(0, address), Ok(ip("192.0.2.255:7")));
        }
        assert_eq!(
            broadcasting.resolve(0, ip("192.0.2.1:7")),
            only("('192.0.2.255', 7)")
        );
        assert!(broadcasting.is_from_peer(&ip("192.0.2.1:7").unwrap()));
    }

    #[test]
    fn d5_paths() {
        let open = connected(Family::Unix, None);
        assert_eq!(open.resolve(1_000_000, unix("/a")), Ok(unix("/a")));
        assert!(matches!(
            open.resolve(0, ip("127.0.0.1:7")),
            Err(Unsent::Refused(_))
        ));
        // By a symbolic link.
        let there = Destinations {
            chosen: unix("/link"),
            ..connected(Family::Unix, unix("/a"))
        };
        assert_eq!(there.resolve(0, unix("/link")), Ok(None));
        assert_eq!(there.resolve(0, unix("/b")), only("/link"));
        assert!(there.is_from_peer(&unix("/a").unwrap()));
        assert!(!there.is_from_peer(&Address::Unix(Vec::new())));
    }

    #[test]
    fn d5_sizes() {
        for (family, largest, to) in [
            (Family::Inet, 65_507, "127.0.0.1:7"),
            (Family::Inet6, 65_527, "[::1]:7"),
        ] {
            for peer in [None, ip(to)] {
                let destinations = connected(family, peer);
                assert!(destinations.resolve(largest, ip(to)).is_ok());
                let too_large = destinations.resolve(largest + 1, ip(to));
                assert_eq!(
                    too_large,
                    Err(Unsent::Failed(OsFailure {
                        code: SocketError::DatagramTooLarge,
                        message: "[Errno 90] Message too long".into()
                    }))
                );
            }
        }
    }

    #[test]
    fn b4_only_the_peers_datagrams_arrive() {
        let destinations = connected(Family::Inet6, ip("[fe80::1%2]:7"));
        for (sender, is_peer) in [
            ("[fe80::1%2]:7", true),
            ("[fe80::1%2]:8", false),
            ("[fe80::1%3]:7", false),
            ("[fe80::2%2]:7", false),
        ] {
            assert_eq!(destinations.is_from_peer(&ip(sender).unwrap()), is_peer);
        }
        let open = connected(Family::Inet6, None);
        assert!(open.is_from_peer(&ip("[::1]:1").unwrap()));
    }
}
