//! Networks that the caller does not want to be connected to: its own, say, when it follows addresses that others chose
//! (server-side request forgery).

use crate::failure::Failure;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// What is not public of IPv4: IANA's special-purpose registry (RFC 6890) where it does not say "globally reachable",
/// multicast (RFC 5771), and what was once set apart (RFC 7526).
const PRIVATE_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// What the registry calls globally reachable inside of those.
const PUBLIC_V4: [Ipv4Net; 2] = [v4([192, 0, 0, 9], 32), v4([192, 0, 0, 10], 32)];

/// All that is allocated to be public of IPv6 (RFC 4291, section 2.4): loopback, link-local, unique local and multicast
/// addresses are outside.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What is not public inside of that, by the registry.
const PRIVATE_V6: [Ipv6Net; 3] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// What the registry calls globally reachable inside of those.
const PUBLIC_V6: [Ipv6Net; 7] = [
    v6([0x2001, 1, 0, 0, 0, 0, 0, 1], 128),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 2], 128),
    v6([0x2001, 1, 0, 0, 0, 0, 0, 3], 128),
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28),
    v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28),
];

/// IPv4-mapped addresses (RFC 4291, section 2.5.5.2), and NAT64's well-known prefix (RFC 6052, section 2.1): as public as
/// the IPv4 addresses that they carry.
const MAPPED: Ipv6Net = v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            let in_one = |nets: &[Ipv4Net]| nets.iter().any(|net| net.contains(&ip));
            in_one(&PRIVATE_V4) && !in_one(&PUBLIC_V4)
        }
        IpAddr::V6(ip) if MAPPED.contains(&ip) || NAT64.contains(&ip) => false,
        IpAddr::V6(ip) => {
            let in_one = |nets: &[Ipv6Net]| nets.iter().any(|net| net.contains(&ip));
            !GLOBAL_V6.contains(&ip) || in_one(&PRIVATE_V6) && !in_one(&PUBLIC_V6)
        }
    }
}

/// One of the networks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Network {
    Private,
    Net(IpNet),
}

impl FromStr for Network {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        if text == "private" {
            return Ok(Network::Private);
        }
        let net = text.parse().or_else(|_| text.parse().map(IpAddr::into));
        let net = net.map_err(|_| {
            Failure::invalid(format!(
                "refuse-networks: '{text}' is neither a network such as 10.0.0.0/8, nor an address, nor 'private'"
            ))
        })?;
        Ok(Network::Net(unmapped(net)))
    }
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        match self {
            Network::Net(net) => net.contains(&address),
            Network::Private => is_private(address),
        }
    }
}

/// A network of IPv4 addresses in IPv6 clothes is one of IPv4 addresses.
fn unmapped(net: IpNet) -> IpNet {
    let IpNet::V6(v6) = net else { return net };
    let (Some(v4), Some(length)) = (
        v6.network().to_ipv4_mapped(),
        v6.prefix_len().checked_sub(96),
    ) else {
        return net;
    };
    Ipv4Net::new(v4, length).map_or(net, IpNet::V4)
}

/// The caller's list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<(String, Network)>);

impl Networks {
    /// Reads the list; a wrong entry is `invalid-argument`.
    pub fn parse(entries: &[String]) -> Result<Self, Failure> {
        let network = |text: &String| Ok((text.clone(), text.parse()?));
        entries
            .iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The entry that has this address, or an IPv4 address that it carries.
    pub fn refuse(&self, address: IpAddr) -> Option<&str> {
        let carried = carried(address).map(IpAddr::V4);
        let mut found = self.0.iter().filter(|(_, network)| {
            network.has(address) || carried.is_some_and(|carried| network.has(carried))
        });
        found.next().map(|(entry, _)| entry.as_str())
    }

    /// Parts addresses into those that may be connected to, and the failures of the others.
    pub fn part(
        &self,
        addresses: Vec<SocketAddr>,
    ) -> (Vec<SocketAddr>, Vec<(SocketAddr, Failure)>) {
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for address in addresses {
            match self.check(address) {
                Ok(()) => allowed.push(address),
                Err(failure) => refused.push((address, failure)),
            }
        }
        (allowed, refused)
    }

    /// Refuses this address, or not.
    pub fn check(&self, address: SocketAddr) -> Result<(), Failure> {
        // Both what was asked for and where that leads.
        let ips = [address.ip(), crate::address::destination(address).ip()];
        match ips.iter().find_map(|&ip| self.refuse(ip)) {
            None => Ok(()),
            Some(entry) => Err(Failure::RefusedNetwork(format!(
                "{} is in the refused network '{entry}'",
                address.ip()
            ))),
        }
    }
}

/// The IPv4 address that an IPv6 address is a way to: mapped, compatible (RFC 4291, section 2.5.5), translated (RFC 2765,
/// section 2.1), by NAT64 (RFC 6052, section 2.1; RFC 8215), by 6to4 (RFC 3056, section 2), by Teredo (RFC 4380, section 4)
/// or by ISATAP (RFC 5214, section 6.1).
fn carried(address: IpAddr) -> Option<Ipv4Addr> {
    const TRANSLATED: Ipv6Net = v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96);
    const LOCAL_NAT64: Ipv6Net = v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);
    const COMPATIBLE: Ipv6Net = v6([0; 8], 96);
    let IpAddr::V6(address) = address else {
        return None;
    };
    let bits = address.to_bits();
    let last = Ipv4Addr::from_bits(bits as u32);
    if [MAPPED, NAT64, TRANSLATED, LOCAL_NAT64]
        .iter()
        .any(|net| net.contains(&address))
    {
        return Some(last);
    }
    match address.segments() {
        // `::` and `::1` carry nothing.
        _ if COMPATIBLE.contains(&address) => (last.to_bits() > 1).then_some(last),
        [0x2001, 0, ..] => Some(Ipv4Addr::from_bits(!last.to_bits())),
        [0x2002, ..] => Some(Ipv4Addr::from_bits((bits >> 80) as u32)),
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => Some(last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_by(entries: &[&str], address: &str) -> Option<String> {
        let entries: Vec<_> = entries.iter().map(|&it| it.to_owned()).collect();
        let networks = Networks::parse(&entries).unwrap();
        networks.refuse(address.parse().unwrap()).map(str::to_owned)
    }

    /// The first and the last address of each row, and what lies beside the whole.
    #[test]
    fn every_row_counts() {
        let networks = Networks::parse(&["private".into()]).unwrap();
        let refused = |ip: IpAddr| networks.refuse(ip).is_some();
        for net in PRIVATE_V4 {
            assert!(
                refused(net.network().into()) && refused(net.broadcast().into()),
                "{net}"
            );
        }
        for net in PRIVATE_V6 {
            assert!(
                refused(net.network().into()) && refused(net.broadcast().into()),
                "{net}"
            );
        }
        for net in PUBLIC_V4 {
            assert!(!refused(net.network().into()), "{net}");
        }
        for net in PUBLIC_V6 {
            assert!(!refused(net.network().into()), "{net}");
        }
        // Each row is one of the registries: whoever takes one away should say why.
        let rows = (
            PRIVATE_V4.len(),
            PUBLIC_V4.len(),
            PRIVATE_V6.len(),
            PUBLIC_V6.len(),
        );
        assert_eq!(rows, (15, 2, 3, 7));
    }

    #[test]
    fn private_is_what_is_not_globally_reachable() {
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.255.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "64:ff9b:1::1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::1",
            "4000::1",
            "::ffff:0:1.1.1.1",
            "::1.1.1.1",
            "::ffff:0:10.0.0.1",
            "2606:4700::5efe:10.0.0.1",
            "2606:4700::200:5efe:10.0.0.1",
            "::ffff:0.0.0.0",
        ] {
            assert_eq!(
                refused_by(&["private"], address).as_deref(),
                Some("private"),
                "{address}"
            );
        }
        for address in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.0.9",
            "192.0.1.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2001:200::1",
            "2001:20::1",
            "64:ff9b::1.1.1.1",
            "::ffff:1.1.1.1",
            "2002:101:101::1",
            "2606:4700::5efe:1.1.1.1",
        ] {
            assert_eq!(refused_by(&["private"], address), None, "{address}");
        }
    }

    #[test]
    fn networks_and_addresses() {
        let list = [
            "192.0.2.0/25",
            "2001:db8::1",
            "::ffff:10.0.0.0/104",
            "203.0.113.77/24",
        ];
        for (address, entry) in [
            ("192.0.2.127", Some(list[0])),
            ("192.0.2.128", None),
            ("::ffff:192.0.2.1", Some(list[0])),
            ("2001:db8::1", Some(list[1])),
            ("2001:db8::2", None),
            ("10.200.0.1", Some(list[2])),
            ("203.0.113.1", Some(list[3])),
        ] {
            assert_eq!(refused_by(&list, address).as_deref(), entry, "{address}");
        }
        assert_eq!(refused_by(&[], "127.0.0.1"), None);
    }

    #[test]
    fn ipv4_inside_of_ipv6() {
        for address in [
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::127.0.0.1",
            "2002:7f00:1::",
            "2001::80ff:fffe",
            "2606:4700::5efe:127.0.0.1",
        ] {
            assert!(refused_by(&["127.0.0.0/8"], address).is_some(), "{address}");
        }
        for address in ["::1", "::", "2606:4700::1"] {
            assert_eq!(refused_by(&["0.0.0.0/0"], address), None, "{address}");
        }
    }

    #[test]
    fn the_wildcard_leads_to_this_machine() {
        let networks = Networks::parse(&["127.0.0.0/8".into(), "::1".into()]).unwrap();
        for address in ["0.0.0.0:1", "[::]:1", "[::ffff:0.0.0.0]:1", "127.9.9.9:1"] {
            let failure = networks.check(address.parse().unwrap());
            assert!(
                matches!(failure, Err(Failure::RefusedNetwork(_))),
                "{address}"
            );
        }
    }

    #[test]
    fn wrong_entries_are_named() {
        for entry in [
            "",
            "10.0.0.0/33",
            "localhost",
            "Private",
            "10.0.0",
            "fe80::1%1",
        ] {
            let failure = Networks::parse(&["private".into(), entry.into()]).unwrap_err();
            let told = format!("refuse-networks: '{entry}' is neither ");
            assert!(failure.to_string().starts_with(&told), "{failure}");
        }
    }

    #[test]
    fn parts_duplicates_too() {
        let networks = Networks::parse(&["private".into()]).unwrap();
        let addresses = ["127.0.0.1:1", "1.1.1.1:1", "127.0.0.1:1", "1.1.1.1:1"];
        let (allowed, refused) = networks.part(addresses.map(|it| it.parse().unwrap()).into());
        assert_eq!(
            allowed,
            ["1.1.1.1:1", "1.1.1.1:1"].map(|it| it.parse().unwrap())
        );
        assert_eq!(refused.len(), 2);
    }
}
