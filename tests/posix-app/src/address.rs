//! Addresses as words: `127.0.0.1:80`, `[::1]:80`, `unix:/path`, `unix:%00abstract`, and `unix:` for none.

use crate::bindings::switchboard::posix::sockets::{Address, Family};
use crate::bindings::wasi::sockets::types::{
    IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::text;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

pub(crate) fn parse(word: &str) -> Result<Address, String> {
    if let Some(name) = word.strip_prefix("unix:") {
        return Ok(Address::Unix(text::decode(name)?));
    }
    let address = word.parse::<SocketAddr>();
    let address = address.map_err(|_| format!("{word} is no address"))?;
    Ok(Address::Inet(match address {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port: address.port(),
                address: (a, b, c, d),
            })
        }
        SocketAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.ip().segments();
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: address.port(),
                flow_info: address.flowinfo(),
                address: (a, b, c, d, e, f, g, h),
                scope_id: address.scope_id(),
            })
        }
    }))
}

pub(crate) fn write(address: Address) -> String {
    match address {
        Address::Unix(name) => format!("unix:{}", text::encode(&name)),
        Address::Inet(IpSocketAddress::Ipv4(v4)) => {
            let (a, b, c, d) = v4.address;
            SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), v4.port).to_string()
        }
        Address::Inet(IpSocketAddress::Ipv6(v6)) => {
            let (a, b, c, d, e, f, g, h) = v6.address;
            let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
            SocketAddrV6::new(ip, v6.port, v6.flow_info, v6.scope_id).to_string()
        }
    }
}

pub(crate) fn family(word: &str) -> Result<Family, String> {
    match word {
        "inet" => Ok(Family::Inet),
        "inet6" => Ok(Family::Inet6),
        "unix" => Ok(Family::Unix),
        _ => Err(format!("{word} is no family")),
    }
}

pub(crate) fn write_family(family: Family) -> &'static str {
    match family {
        Family::Inet => "inet",
        Family::Inet6 => "inet6",
        Family::Unix => "unix",
    }
}
