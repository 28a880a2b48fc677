//! The options of `create-datagram-endpoint`, their checks in asyncio's order (ASYNCIO B.2), and which of one's own
//! addresses goes with which of the peer's (B.3).

use crate::address;
use crate::failure::{AttemptFailure, Failure, OsFailure};
use crate::lookup::{Family, Flags, Hints};
use crate::options::SocketOptions;
use crate::python;
use crate::service::HostAddress;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    pub unix_local: Option<Vec<u8>>,
    pub unix_remote: Option<Vec<u8>>,
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
    /// The checks before anything is done: B-V2, B-V3, B-V5 and of one's own address B-V6, then those of what asyncio does not
    /// have.
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
        let hosts = self.local_address.is_some() || self.remote_address.is_some();
        if self.is_unix() && hosts {
            return Err(Failure::invalid("string is expected")); // B-V5
        }
        if !self.sock && !self.has_no_address() {
            self.check_kind(&self.unix_local)?;
        }
        if self.queue_limit == Some(0) {
            return Err(Failure::invalid("queue-limit must not be 0"));
        }
        self.socket.check()
    }

    /// Without any address, so that the family alone decides (B-V4).
    pub fn has_no_address(&self) -> bool {
        let hosts = [&self.local_address, &self.remote_address];
        hosts.iter().all(|it| it.is_none()) && self.unix_pair() == (None, None)
    }

    /// Whether it is for Unix sockets.
    pub fn is_unix(&self) -> bool {
        self.hints.family == Some(Family::Unix)
    }

    /// One's own path and the peer's. The empty one is none, as for Python.
    pub fn unix_pair(&self) -> (Option<&[u8]>, Option<&[u8]>) {
        fn named(path: &Option<Vec<u8>>) -> Option<&[u8]> {
            path.as_deref().filter(|it| !it.is_empty())
        }
        (named(&self.unix_local), named(&self.unix_remote))
    }

    /// B-V6, of the peer's address: it is its turn once one's own is looked up.
    pub fn check_remote(&self) -> Result<(), Failure> {
        self.check_kind(&self.unix_remote)
    }

    /// Only Unix sockets have paths (B-V6).
    fn check_kind(&self, path: &Option<Vec<u8>>) -> Result<(), Failure> {
        match self.is_unix() || path.is_none() {
            true => Ok(()),
            false => Err(Failure::invalid("2-tuple is expected")),
        }
    }

    /// The options that say what socket to open, as Python shows them.
    fn modifiers(&self) -> Vec<String> {
        let Self { hints, .. } = self;
        let address = |host: &Option<HostAddress>, path: Option<&[u8]>| match host {
            Some(host) => Some(python::host_address(host)),
            None => path.map(|it| String::from_utf8_lossy(it).into_owned()),
        };
        let (unix_local, unix_remote) = self.unix_pair();
        let family = hints.family.map(|family| family.number().to_string());
        let number = |number: u32| (number != 0).then(|| number.to_string());
        let flag = |is_set: bool| is_set.then(|| "True".to_owned());
        let all = [
            ("local_addr", address(&self.local_address, unix_local)),
            ("remote_addr", address(&self.remote_address, unix_remote)),
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

    /// What Unix sockets do not have (B-V10).
    pub fn check_unix(&self) -> Result<(), Failure> {
        let text = match (self.reuse_address, self.reuse_port) {
            (_, true) => {
                "reuse_port not supported by socket module, SO_REUSEPORT defined but not implemented."
            }
            (true, _) => "reuse-address: Unix sockets have no such option",
            (false, false) => return Ok(()),
        };
        Err(Failure::NotSupported(text.into()))
    }

    /// Whether the protocol is one of the family's: without a lookup it is the system that refuses others (B.4).
    pub fn protocol_fits(&self) -> bool {
        match self.is_unix() {
            // `PF_UNIX` is its own.
            true => matches!(self.hints.protocol, None | Some(0 | 1)),
            false => !self.has_no_address() || self.hints.protocol_fits(),
        }
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
        let pairs = pairs
            .into_iter()
            .map(|it| it.without_peer(self.allow_broadcast));
        match pairs.len() {
            0 => Err(Failure::invalid("can not get address information")), // B-V8
            _ => Ok(pairs.collect()),
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

    /// Where to broadcast no peer is chosen, by which it would be bound (B.4). It is now: it has to be before it can
    /// receive.
    fn without_peer(self, broadcast: bool) -> Self {
        match (broadcast, self.local) {
            (true, None) => Self {
                local: Self::any(self.remote.as_ref().map(Family::of)).local,
                ..self
            },
            _ => self,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::SocketError;
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

    fn of_unix(local: Option<&str>, remote: Option<&str>) -> EndpointOptions {
        let path = |it: Option<&str>| it.map(|it| it.as_bytes().to_vec());
        EndpointOptions {
            unix_local: path(local),
            unix_remote: path(remote),
            hints: Hints {
                family: Some(Family::Unix),
                ..Hints::default()
            },
            ..EndpointOptions::default()
        }
    }

    #[test]
    fn b_v2_paths_beside_sock() {
        let options = EndpointOptions {
            sock: true,
            ..of_unix(Some(""), Some("/b"))
        };
        assert!(refused(&options).ends_with("(remote_addr=/b, family=1)"));
    }

    #[test]
    fn b_v3_and_b_v4_an_empty_path_is_none() {
        let nothing = of_unix(Some(""), None);
        assert_eq!(nothing.check(), Ok(()));
        assert!(nothing.has_no_address());
        let without_family = EndpointOptions {
            hints: Hints::default(),
            ..nothing
        };
        assert_eq!(refused(&without_family), "unexpected address family");
    }

    #[test]
    fn b_v5_hosts_of_unix_sockets() {
        for options in [
            EndpointOptions {
                local_address: at("::1"),
                ..of_unix(None, None)
            },
            EndpointOptions {
                remote_address: at("::1"),
                ..of_unix(Some("/a"), None)
            },
        ] {
            assert_eq!(refused(&options), "string is expected");
        }
        assert_eq!(of_unix(Some("/a"), Some("/b")).check(), Ok(()));
    }

    #[test]
    fn b_v6_paths_of_other_families() {
        for family in [None, Some(Family::Inet)] {
            let of = |options| EndpointOptions {
                hints: Hints {
                    family,
                    ..Hints::default()
                },
                ..options
            };
            let tuple = "2-tuple is expected";
            assert_eq!(refused(&of(of_unix(Some("/a"), None))), tuple);
            // When one's own address has been looked up.
            let remote = of(of_unix(None, Some("/a")));
            assert_eq!(remote.check(), Ok(()));
            assert_eq!(remote.check_remote().unwrap_err().to_string(), tuple);
            let empty = EndpointOptions {
                remote_address: at("::1"),
                ..of(of_unix(Some(""), None))
            };
            assert_eq!(refused(&empty), tuple);
        }
    }

    #[test]
    fn b_v10_what_unix_sockets_do_not_have() {
        let options = EndpointOptions {
            reuse_address: true,
            reuse_port: true,
            allow_broadcast: true,
            ..of_unix(None, Some("/a"))
        };
        let failure = options.check_unix().unwrap_err().to_string();
        assert!(failure.ends_with("SO_REUSEPORT defined but not implemented."));
        let broadcast = EndpointOptions {
            reuse_address: false,
            reuse_port: false,
            ..options
        };
        assert_eq!(broadcast.check_unix(), Ok(()));
    }

    #[test]
    fn b4_protocols_of_unix_sockets() {
        for (protocol, fits) in [
            (None, true),
            (Some(0), true),
            (Some(1), true),
            (Some(17), false),
        ] {
            let mut options = of_unix(None, Some("/a"));
            options.hints.protocol = protocol;
            assert_eq!(options.protocol_fits(), fits, "{protocol:?}");
        }
    }

    #[test]
    fn b4_who_broadcasts_has_no_peer_but_a_port() {
        let options = EndpointOptions {
            remote_address: at("there"),
            allow_broadcast: true,
            ..EndpointOptions::default()
        };
        let pairs = options.pairs(None, addresses("[ff02::1]:1 192.0.2.255:1"));
        let local: Vec<_> = pairs.unwrap().iter().map(|it| it.local).collect();
        let expected = ["[::]:0", "0.0.0.0:0"].map(|it| it.parse().ok());
        assert_eq!(local, expected);
    }
}
