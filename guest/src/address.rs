//! Where an address leads.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
