//! Options of `create-connection`: Rust's way to leave most of them out.

use crate::bindings::switchboard::connect::streams::{
    Address, ConnectionOptions, LookupFlags, Service, TlsOption, UnixOptions,
};
use crate::bindings::switchboard::connect::tls::Context;
use crate::bindings::wasi::sockets::types::{
    IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use std::net::{IpAddr, SocketAddr};

#[allow(clippy::derivable_impls, reason = "the type is generated")]
impl Default for ConnectionOptions<'_> {
    fn default() -> Self {
        Self {
            host: None,
            service: None,
            addresses: None,
            family: None,
            protocol: None,
            lookup_flags: LookupFlags::empty(),
            sock: None,
            local_addresses: Vec::new(),
            tls: None,
            server_name: None,
            handshake_timeout: None,
            shutdown_timeout: None,
            happy_eyeballs_delay: None,
            interleave: None,
            race_until: None,
            all_errors: false,
            timeout: None,
            refuse_networks: Vec::new(),
            keep_alive: None,
            hop_limit: None,
            receive_buffer_size: None,
            send_buffer_size: None,
            no_delay: None,
        }
    }
}

#[allow(clippy::derivable_impls, reason = "the type is generated")]
impl Default for UnixOptions<'_> {
    fn default() -> Self {
        Self {
            path: None,
            sock: None,
            tls: None,
            server_name: None,
            handshake_timeout: None,
            shutdown_timeout: None,
            timeout: None,
            receive_buffer_size: None,
            send_buffer_size: None,
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Address::Ip(address.into())
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                IpAddress::Ipv4((a, b, c, d))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, e, f, g, h] = v6.segments();
                IpAddress::Ipv6((a, b, c, d, e, f, g, h))
            }
        }
    }
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> Self {
        let port = address.port();
        match (IpAddress::from(address.ip()), address) {
            (IpAddress::Ipv4(address), _) => {
                IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address })
            }
            (IpAddress::Ipv6(ip), address) => {
                let (flow_info, scope_id) = match address {
                    SocketAddr::V6(address) => (address.flowinfo(), address.scope_id()),
                    SocketAddr::V4(_) => (0, 0),
                };
                IpSocketAddress::Ipv6(Ipv6SocketAddress {
                    port,
                    flow_info,
                    address: ip,
                    scope_id,
                })
            }
        }
    }
}

/// The family of an address.
pub(crate) fn family(address: SocketAddr) -> IpAddressFamily {
    match address {
        SocketAddr::V4(_) => IpAddressFamily::Ipv4,
        SocketAddr::V6(_) => IpAddressFamily::Ipv6,
    }
}

/// A connection to this address.
pub(crate) fn to(address: SocketAddr) -> ConnectionOptions<'static> {
    ConnectionOptions {
        host: Some(address.ip().to_string()),
        service: Some(Service::Port(address.port())),
        ..ConnectionOptions::default()
    }
}

/// A connection to this address, with TLS to `localhost`.
pub(crate) fn secure(address: SocketAddr, context: &Context) -> ConnectionOptions<'_> {
    ConnectionOptions {
        tls: Some(TlsOption::Custom(context)),
        server_name: Some("localhost".to_owned()),
        ..to(address)
    }
}

/// The same for a Unix socket, whose path is still to be told.
pub(crate) fn maybe_secure_unix(context: Option<&Context>) -> UnixOptions<'_> {
    UnixOptions {
        tls: context.map(TlsOption::Custom),
        server_name: context.map(|_| "localhost".to_owned()),
        ..UnixOptions::default()
    }
}

/// With TLS if there is a context for it, without otherwise.
pub(crate) fn maybe_secure(
    address: SocketAddr,
    context: Option<&Context>,
) -> ConnectionOptions<'_> {
    match context {
        Some(context) => secure(address, context),
        None => to(address),
    }
}
