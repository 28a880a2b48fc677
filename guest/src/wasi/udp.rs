//! A UDP socket before it is an endpoint.

use super::bindings::wasi::sockets::types::{IpAddressFamily, UdpSocket};
use super::socket::apply;
use crate::endpoint::EndpointOptions;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::options::SocketOptions;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// What WASI has no option for: a host that has more can provide it here (B-V9).
pub(super) fn set_beyond_wasi(options: &EndpointOptions) -> Result<(), Failure> {
    match options.beyond_wasi() {
        None => Ok(()),
        Some(name) => Err(Failure::NotSupported(format!(
            "{name}: WASI has no such option for datagrams"
        ))),
    }
}

/// A new socket with these options.
pub(super) fn create(ipv6: bool, options: &SocketOptions) -> Result<UdpSocket, OsFailure> {
    let family = match ipv6 {
        false => IpAddressFamily::Ipv4,
        true => IpAddressFamily::Ipv6,
    };
    let socket = UdpSocket::create(family).map_err(|code| OsFailure::new(code.into()))?;
    set(&socket, options)?;
    Ok(socket)
}

/// Sets the options; a failure names the one that could not be set.
pub(super) fn set(socket: &UdpSocket, options: &SocketOptions) -> Result<(), OsFailure> {
    apply("hop-limit", options.hop_limit, |limit| {
        socket.set_unicast_hop_limit(limit)
    })?;
    apply("receive-buffer-size", options.receive_buffer_size, |size| {
        socket.set_receive_buffer_size(size)
    })?;
    apply("send-buffer-size", options.send_buffer_size, |size| {
        socket.set_send_buffer_size(size)
    })
}

/// Binds to one of one's own addresses.
pub(super) fn bind(socket: &UdpSocket, to: SocketAddr) -> Result<(), OsFailure> {
    let bound = socket.bind(to.into());
    bound.map_err(|code| OsFailure::new(code.into()))
}

/// Restricts the socket to a peer. Nothing is sent.
pub(super) fn connect(socket: &UdpSocket, to: SocketAddr) -> Result<(), OsFailure> {
    if to.port() == 0 {
        return Err(OsFailure {
            code: SocketError::InvalidArgument,
            message: "[Errno 22] Invalid argument: WASI connects no socket to port 0".into(),
        });
    }
    let connected = socket.connect(to.into());
    connected.map_err(|code| OsFailure::new(code.into()))
}

/// Whether a socket is of IPv6.
pub(super) fn is_ipv6(socket: &UdpSocket) -> bool {
    matches!(socket.get_address_family(), IpAddressFamily::Ipv6)
}

/// Where a socket that has no port yet is to be bound: WASI receives nothing before.
pub(super) fn unbound(socket: &UdpSocket) -> Option<SocketAddr> {
    let bound = socket.get_local_address().map(SocketAddr::from);
    // One that was connected and disconnected again has lost its port.
    match bound.is_ok_and(|it| it.port() != 0) {
        true => None,
        false if is_ipv6(socket) => Some((Ipv6Addr::UNSPECIFIED, 0).into()),
        false => Some((Ipv4Addr::UNSPECIFIED, 0).into()),
    }
}
