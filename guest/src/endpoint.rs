//! The options of `create-datagram-endpoint`, their checks in asyncio's order (ASYNCIO B.2), and which of one's own
//! addresses goes with which of the peer's (B.3).

use crate::address;
use crate::failure::{AttemptFailure, Failure, OsFailure, SocketError};
use crate::lookup::{Family, Flags, Hints};
use crate::options::SocketOptions;
use crate::python;
use crate::service::HostAddress;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

/// How much is kept that nobody has asked for yet, unless told otherwise.
const QUEUE_LIMIT: u64 = 1024 * 1024;

/// How many pairs of addresses are tried: lookups that give thousands of addresses mean no good.
const MOST_PAIRS: usize = 1000;

/// What `create-datagram-endpoint` is given: `endpoint-options` of the WIT, where each is explained.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct EndpointOptions {
    pub local_address: Option<HostAddress>,
    pub remote_address: Option<HostAddress>,
    pub hints: Hints,
    pub reuse_address: bool,
    pub reuse_port: bool,
    pub allow_broadcast: bool,
    /// A socket came with them.
    pub sock: bool,
    pub all_errors: bool,
    pub timeout: Option<Duration>,
    pub refuse_networks: Vec<String>,
    /// Keep-alive is not for datagrams.
    pub socket: SocketOptions,
    pub queue_limit: Option<u64>,
}

impl EndpointOptions {
    /// The checks before anything is done: B-V2 and B-V3, then those of what asyncio does not have.
    pub fn check(&self) -> Result<(), Failure> {
        let modifiers = self.modifiers();
        if self.sock && !modifiers.is_empty() {
            return Err(Failure::invalid(format!(
                "socket modifier keyword arguments can not be used when sock is specified. ({})",
                modifiers.join(", ")
            ))); // B-V2
        }
        if !self.sock && self.has_no_address() && self.hints.family.is_none() {
            return Err(Failure::invalid("unexpected address family")); // B-V3
        }
        if self.queue_limit == Some(0) {
            return Err(Failure::invalid("queue-limit must not be 0"));
        }
        self.socket.check()
    }

    /// Without any address, so that the family alone decides (B-V4).
    pub fn has_no_address(&self) -> bool {
        self.local_address.is_none() && self.remote_address.is_none()
    }

    /// The options that say what socket to open, as Python shows them.
    fn modifiers(&self) -> Vec<String> {
        let Self { hints, .. } = self;
        let address = |it: &Option<HostAddress>| it.as_ref().map(python::host_address);
        let family = hints.family.map(|family| match family {
            Family::Inet => "2".to_owned(),
            Family::Inet6 => "10".to_owned(),
        });
        let number = |number: u32| (number != 0).then(|| number.to_string());
        let flag = |is_set: bool| is_set.then(|| "True".to_owned());
        let all = [
            ("local_addr", address(&self.local_address)),
            ("remote_addr", address(&self.remote_address)),
            ("family", family),
            ("proto", number(hints.protocol.unwrap_or_default())),
            ("flags", number(flags(hints.flags))),
            ("reuse_address", flag(self.reuse_address)),
            ("reuse_port", flag(self.reuse_port)),
            ("allow_broadcast", flag(self.allow_broadcast)),
        ];
        let shown = |(name, value): (&str, Option<String>)| Some(format!("{name}={}", value?));
        all.into_iter().filter_map(shown).collect()
    }

    /// What is asked for and not in WASI, by its name.
    pub fn beyond_wasi(&self) -> Option<&'static str> {
        let options = [
            (self.reuse_address, "reuse-address"),
            (self.reuse_port, "reuse-port"),
            (self.allow_broadcast, "allow-broadcast"),
        ];
        let asked = options.into_iter().find(|&(asked, _)| asked);
        asked.map(|(_, name)| name)
    }

    /// For how much there is room in the queue.
    pub fn queue_limit(&self) -> u64 {
        self.queue_limit.unwrap_or(QUEUE_LIMIT)
    }

    /// Which addresses to bind and connect a socket to, one pair after the other, by what was looked up.
    pub fn pairs(
        &self,
        local: Option<Vec<SocketAddr>>,
        remote: Option<Vec<SocketAddr>>,
    ) -> Result<Vec<Pair>, Failure> {
        let pairs = match (local, remote) {
            (None, None) => vec![Pair::any(self.hints.family)],
            (Some(local), None) => local.into_iter().map(Pair::local).collect(),
            (None, Some(remote)) => remote.into_iter().map(Pair::remote).collect(),
            (Some(local), Some(remote)) => Pair::by_family(&local, &remote),
        };
        match pairs.is_empty() {
            true => Err(Failure::invalid("can not get address information")), // B-V8
            false => Ok(pairs),
        }
    }
}

/// As the numbers that Linux gives to them.
fn flags(flags: Flags) -> u32 {
    let numbers = [
        (flags.passive, 0x1),
        (flags.canon_name, 0x2),
        (flags.numeric_host, 0x4),
        (flags.v4_mapped, 0x8),
        (flags.all, 0x10),
        (flags.addr_config, 0x20),
        (flags.numeric_service, 0x400),
    ];
    let set = numbers.into_iter().filter(|&(is_set, _)| is_set);
    set.map(|(_, number)| number).sum()
}

/// One's own address and the peer's, both of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Pair {
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
}

impl Pair {
    fn local(address: SocketAddr) -> Self {
        Self {
            local: Some(address::local(address)),
            remote: None,
        }
    }

    fn remote(address: SocketAddr) -> Self {
        Self {
            local: None,
            remote: Some(address::destination(address)),
        }
    }

    /// Any address of one's own, and no peer (B-V4). asyncio leaves the socket unbound until it sends; WASI would not
    /// receive then.
    fn any(family: Option<Family>) -> Self {
        Self::local(match family {
            Some(Family::Inet6) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            _ => (Ipv4Addr::UNSPECIFIED, 0).into(),
        })
    }

    /// All that fit (B.3), the families in the order of one's own addresses. Within a family the peer's are tried in their
    /// order, each from all of one's own: asyncio keeps only the last of either.
    fn by_family(local: &[SocketAddr], remote: &[SocketAddr]) -> Vec<Self> {
        let Some(first) = local.first().map(SocketAddr::is_ipv6) else {
            return Vec::new();
        };
        let of = |addresses: &[SocketAddr], ipv6| -> Vec<SocketAddr> {
            let fitting = addresses.iter().filter(|it| it.is_ipv6() == ipv6);
            fitting.copied().collect()
        };
        let mut pairs = Vec::new();
        for ipv6 in [first, !first] {
            let local = of(local, ipv6);
            for remote in of(remote, ipv6) {
                pairs.extend(local.iter().map(|&local| Self::both(local, remote)));
                if pairs.len() >= MOST_PAIRS {
                    pairs.truncate(MOST_PAIRS);
                    return pairs;
                }
            }
        }
        pairs
    }

    /// Two addresses of the family that they were looked up for. An IPv4 address in IPv6 clothes is one of IPv4 for WASI, and so
    /// is the wildcard address beside it.
    fn both(local: SocketAddr, remote: SocketAddr) -> Self {
        let remote = address::destination(remote);
        let local = match (local.ip(), remote) {
            (IpAddr::V6(Ipv6Addr::UNSPECIFIED), SocketAddr::V4(_)) => {
                (Ipv4Addr::UNSPECIFIED, local.port()).into()
            }
            _ => address::local(local),
        };
        Self {
            local: Some(local),
            remote: Some(remote),
        }
    }

    /// Whether there is no way from one to the other.
    pub fn is_mixed(&self) -> bool {
        let both = self.local.zip(self.remote);
        both.is_some_and(|(local, remote)| local.is_ipv6() != remote.is_ipv6())
    }

    /// Whether it is of IPv6.
    pub fn is_ipv6(&self) -> bool {
        let either = self.local.or(self.remote);
        either.is_some_and(|it| it.is_ipv6())
    }
}

/// Makes one failure of those of all pairs (B-V11).
pub fn first_or_all(mut failures: Vec<OsFailure>, all_errors: bool) -> Failure {
    match all_errors || failures.is_empty() {
        true => Failure::All(failures.into_iter().map(AttemptFailure::Os).collect()),
        false => Failure::Os(failures.swap_remove(0)),
    }
}

/// Why a datagram is not sent, nor anything wrong with the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The caller is mistaken.
    Refused(String),
    /// The system would say so: to be told as an event (D.5).
    Failed(OsFailure),
}

/// Where an endpoint sends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destinations {
    /// Whether its socket is of IPv6, and of IPv6 alone.
    pub ipv6: bool,
    /// To whom it is connected.
    pub peer: Option<SocketAddr>,
}

impl Destinations {
    /// Where a datagram of this many bytes goes; to the peer, if it is nowhere (D.5).
    pub fn resolve(
        &self,
        bytes: usize,
        address: Option<SocketAddr>,
    ) -> Result<Option<SocketAddr>, Unsent> {
        let to = match (address, self.peer) {
            (None, None) => {
                let text = "Invalid address: there is no remote address, so it must not be None";
                return Err(Unsent::Refused(text.into()));
            }
            (None, Some(_)) => None,
            (Some(address), Some(peer)) if address::destination(address) == peer => None,
            (Some(_), Some(peer)) => {
                return Err(Unsent::Refused(format!(
                    "Invalid address: must be None or {}",
                    python::socket_address(peer)
                )));
            }
            (Some(address), None) => Some(address::destination(address)),
        };
        if to.is_some_and(|to| to.is_ipv6() != self.ipv6) {
            return Err(Unsent::Failed(OsFailure {
                code: SocketError::InvalidArgument,
                message: "[Errno -9] Address family for hostname not supported".into(),
            }));
        }
        match bytes > self.largest() {
            true => Err(Unsent::Failed(OsFailure::new(
                SocketError::DatagramTooLarge,
            ))),
            false => Ok(to),
        }
    }

    /// The most bytes of a datagram: 65,535 without the headers of UDP and, over IPv4, of IP (RFC 768, RFC 791, RFC 8200).
    /// WASI allows a host to trap above 64 KiB.
    fn largest(&self) -> usize {
        match self.ipv6 {
            true => 65_535 - 8,
            false => 65_535 - 8 - 20,
        }
    }

    /// Whether a datagram from there is for the caller. Between binding and connecting anybody's can arrive, and the
    /// system keeps them.
    pub fn is_from_peer(&self, sender: SocketAddr) -> bool {
        match (self.peer, sender) {
            (None, _) => true,
            // The flow label is the sender's to choose (RFC 6437).
            (Some(SocketAddr::V6(peer)), SocketAddr::V6(sender)) => {
                let place = |it: SocketAddrV6| (*it.ip(), it.port(), it.scope_id());
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
    use crate::service::Service;

    fn at(host: &str) -> Option<HostAddress> {
        Some(HostAddress {
            host: Some(host.into()),
            service: Service::Port(7),
        })
    }

    fn refused(options: &EndpointOptions) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn b_v2_modifiers_beside_sock_in_the_order_of_asyncio() {
        let flags = Flags {
            passive: true,
            numeric_service: true,
            ..Flags::default()
        };
        let options = EndpointOptions {
            local_address: at("127.0.0.1"),
            remote_address: at("it's"),
            hints: Hints {
                family: Some(Family::Inet6),
                protocol: Some(17),
                flags,
                ..Hints::default()
            },
            reuse_address: true,
            reuse_port: true,
            allow_broadcast: true,
            sock: true,
            ..EndpointOptions::default()
        };
        assert_eq!(
            refused(&options),
            "socket modifier keyword arguments can not be used when sock is specified. \
             (local_addr=('127.0.0.1', 7), remote_addr=(\"it's\", 7), family=10, proto=17, flags=1025, \
             reuse_address=True, reuse_port=True, allow_broadcast=True)"
        );
        let alone = EndpointOptions {
            hints: Hints {
                protocol: Some(0),
                ..Hints::default()
            },
            sock: true,
            queue_limit: Some(1),
            ..EndpointOptions::default()
        };
        assert_eq!(alone.check(), Ok(()));
    }

    #[test]
    fn b_v3_and_b_v4_nothing_is_enough_with_a_family() {
        let nothing = EndpointOptions {
            queue_limit: Some(0),
            ..EndpointOptions::default()
        };
        assert_eq!(refused(&nothing), "unexpected address family");
        let family = EndpointOptions {
            hints: Hints {
                family: Some(Family::Inet6),
                ..Hints::default()
            },
            ..EndpointOptions::default()
        };
        assert_eq!(family.check(), Ok(()));
        let pairs = family.pairs(None, None).unwrap();
        let any = "[::]:0".parse().ok();
        assert_eq!((pairs[0].local, pairs[0].remote), (any, None));
    }

    #[test]
    fn zeros_are_named() {
        let options = EndpointOptions {
            remote_address: at("::1"),
            queue_limit: Some(0),
            ..EndpointOptions::default()
        };
        assert_eq!(refused(&options), "queue-limit must not be 0");
        let options = EndpointOptions {
            queue_limit: None,
            socket: SocketOptions {
                hop_limit: Some(0),
                ..SocketOptions::default()
            },
            ..options
        };
        assert_eq!(refused(&options), "hop-limit must not be 0");
    }

    fn addresses(words: &str) -> Option<Vec<SocketAddr>> {
        let words = words.split_whitespace();
        Some(words.map(|it| it.parse().unwrap()).collect())
    }

    fn paired(local: Option<Vec<SocketAddr>>, remote: Option<Vec<SocketAddr>>) -> Vec<String> {
        let options = EndpointOptions {
            local_address: at("here"),
            ..EndpointOptions::default()
        };
        let pairs = options.pairs(local, remote).unwrap_or_default();
        let shown = |it: Option<SocketAddr>| it.map_or("any".to_owned(), |it| it.to_string());
        let pair = |it: Pair| format!("{} {}", shown(it.local), shown(it.remote));
        pairs.into_iter().map(pair).collect()
    }

    #[test]
    fn b3_each_of_the_peers_from_each_of_ones_own_of_its_family() {
        assert_eq!(
            paired(
                addresses("127.0.0.1:1 [::1]:1 127.0.0.2:1"),
                addresses("[::1]:2 127.0.0.3:2 127.0.0.4:2")
            ),
            [
                "127.0.0.1:1 127.0.0.3:2",
                "127.0.0.2:1 127.0.0.3:2",
                "127.0.0.1:1 127.0.0.4:2",
                "127.0.0.2:1 127.0.0.4:2",
                "[::1]:1 [::1]:2",
            ]
        );
    }

    #[test]
    fn b3_one_side_alone_keeps_the_order_of_the_lookup() {
        assert_eq!(
            paired(None, addresses("[::1]:2 127.0.0.3:2 0.0.0.0:2")),
            ["any [::1]:2", "any 127.0.0.3:2", "any 127.0.0.1:2"]
        );
        assert_eq!(
            paired(addresses("[::ffff:127.0.0.1]:1 [::]:1"), None),
            ["127.0.0.1:1 any", "[::]:1 any"]
        );
    }

    #[test]
    fn b3_mapped_addresses_are_of_ipv6_until_they_are_paired() {
        assert_eq!(
            paired(addresses("[::]:1"), addresses("[::ffff:127.0.0.1]:2")),
            ["0.0.0.0:1 127.0.0.1:2"]
        );
        assert_eq!(
            paired(addresses("[::ffff:127.0.0.1]:1"), addresses("127.0.0.1:2")),
            Vec::<String>::new()
        );
        let mixed = Pair::by_family(
            &addresses("[::1]:1").unwrap(),
            &addresses("[::ffff:127.0.0.1]:2").unwrap(),
        );
        assert!(mixed[0].is_mixed());
    }

    #[test]
    fn b3_there_is_an_end_of_pairs() {
        let many = vec!["127.0.0.1:1".parse().unwrap(); 2000];
        assert_eq!(paired(Some(many.clone()), Some(many)).len(), MOST_PAIRS);
    }

    #[test]
    fn d5_what_a_refusal_tells() {
        assert_eq!(refusals('a', Ok(())), ['a']);
        assert_eq!(refusals('a', Err('a')), ['a']);
        assert_eq!(refusals('a', Err('b')), ['a', 'b']);
    }

    #[test]
    fn b_v8_nothing_fits() {
        let options = EndpointOptions::default();
        let pairs = options.pairs(addresses("[::]:0"), addresses("127.0.0.1:9"));
        assert_eq!(
            pairs,
            Err(Failure::invalid("can not get address information"))
        );
    }

    #[test]
    fn b_v11_the_first_failure_or_all() {
        let first = OsFailure::new(SocketError::AddressInUse);
        let second = OsFailure::new(SocketError::AccessDenied);
        let failures = vec![first.clone(), second.clone()];
        assert_eq!(
            first_or_all(failures.clone(), false),
            Failure::Os(first.clone())
        );
        assert_eq!(
            first_or_all(failures, true),
            Failure::All(vec![first.into(), second.into()])
        );
    }

    #[test]
    fn d5_where_a_datagram_goes() {
        let address = |text: &str| text.parse::<SocketAddr>().ok();
        let connected = Destinations {
            ipv6: true,
            peer: address("[::1]:7"),
        };
        assert_eq!(connected.resolve(0, None), Ok(None));
        assert_eq!(connected.resolve(0, address("[::1]:7")), Ok(None));
        assert_eq!(connected.resolve(0, address("[::]:7")), Ok(None));
        for other in ["[::1]:8", "[::1%1]:7", "127.0.0.1:7"] {
            assert_eq!(
                connected.resolve(0, address(other)),
                Err(Unsent::Refused(
                    "Invalid address: must be None or ('::1', 7, 0, 0)".into()
                ))
            );
        }
        let open = Destinations {
            ipv6: false,
            peer: None,
        };
        assert!(matches!(open.resolve(0, None), Err(Unsent::Refused(_))));
        assert_eq!(
            open.resolve(0, address("[::ffff:192.0.2.1]:7")),
            Ok(address("192.0.2.1:7"))
        );
        assert!(matches!(
            open.resolve(0, address("[::1]:7")),
            Err(Unsent::Failed(_))
        ));
    }

    #[test]
    fn d5_sizes() {
        for (ipv6, largest, to) in [(false, 65_507, "127.0.0.1:7"), (true, 65_527, "[::1]:7")] {
            let peer = to.parse().ok();
            for peer in [None, peer] {
                let destinations = Destinations { ipv6, peer };
                assert!(destinations.resolve(largest, to.parse().ok()).is_ok());
                let too_large = destinations.resolve(largest + 1, to.parse().ok());
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
        let peer = "[fe80::1%2]:7".parse().ok();
        let destinations = Destinations { ipv6: true, peer };
        for (sender, is_peer) in [
            ("[fe80::1%2]:7", true),
            ("[fe80::1%2]:8", false),
            ("[fe80::1%3]:7", false),
            ("[fe80::2%2]:7", false),
        ] {
            assert_eq!(destinations.is_from_peer(sender.parse().unwrap()), is_peer);
        }
        let open = Destinations {
            ipv6: true,
            peer: None,
        };
        assert!(open.is_from_peer("[::1]:1".parse().unwrap()));
    }
}
