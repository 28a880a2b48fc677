//! Addresses of the standard library and of WASI.

use super::bindings::exports::switchboard::connect::types;
use super::bindings::wasi::sockets::types::{
    IpAddress, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::address::Address;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

impl From<IpAddress> for IpAddr {
    fn from(address: IpAddress) -> Self {
        match address {
            IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
            IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => {
                Ipv6Addr::new(a, b, c, d, e, f, g, h).into()
            }
        }
    }
}

impl From<IpSocketAddress> for SocketAddr {
    fn from(address: IpSocketAddress) -> Self {
        match address {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }) => {
                SocketAddr::new(IpAddress::Ipv4(address).into(), port)
            }
            IpSocketAddress::Ipv6(v6) => {
                let (a, b, c, d, e, f, g, h) = v6.address;
                let address = Ipv6Addr::new(a, b, c, d, e, f, g, h);
                SocketAddrV6::new(address, v6.port, v6.flow_info, v6.scope_id).into()
            }
        }
    }
}

impl From<types::Address> for Address {
    fn from(address: types::Address) -> Self {
        match address {
            types::Address::Ip(address) => Address::Ip(address.into()),
            types::Address::Unix(name) => Address::Unix(name),
        }
    }
}

impl From<Address> for types::Address {
    fn from(address: Address) -> Self {
        match address {
            Address::Ip(address) => types::Address::Ip(address.into()),
            Address::Unix(name) => types::Address::Unix(name),
        }
    }
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => from_v4(v4),
            SocketAddr::V6(v6) => from_v6(v6),
        }
    }
}

fn from_v4(address: SocketAddrV4) -> IpSocketAddress {
    let [a, b, c, d] = address.ip().octets();
    IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: address.port(),
        address: (a, b, c, d),
    })
}

fn from_v6(address: SocketAddrV6) -> IpSocketAddress {
    let [a, b, c, d, e, f, g, h] = address.ip().segments();
    IpSocketAddress::Ipv6(Ipv6SocketAddress {
        port: address.port(),
        flow_info: address.flowinfo(),
        address: (a, b, c, d, e, f, g, h),
        scope_id: address.scope_id(),
    })
}
