//! A TCP socket before it is a connection.

use super::bindings::wasi::sockets::types::{ErrorCode, IpAddressFamily, TcpSocket};
use super::clock::nanoseconds;
use crate::address;
use crate::failure::{AttemptFailure, OsFailure, SocketError};
use crate::options::SocketOptions;
use std::net::SocketAddr;

/// A new socket for connections to this address, with these options.
pub(super) fn create(to: SocketAddr, options: &SocketOptions) -> Result<TcpSocket, OsFailure> {
    let family = match address::destination(to) {
        SocketAddr::V4(_) => IpAddressFamily::Ipv4,
        SocketAddr::V6(_) => IpAddressFamily::Ipv6,
    };
    let socket = TcpSocket::create(family).map_err(|code| OsFailure::new(code.into()))?;
    set(&socket, options)?;
    Ok(socket)
}

/// Sets the options; a failure names the one that could not be set.
pub(super) fn set(socket: &TcpSocket, options: &SocketOptions) -> Result<(), OsFailure> {
    let keep_alive = options.keep_alive.unwrap_or_default();
    let enabled = options.keep_alive.is_some().then_some(true);
    apply("keep-alive", enabled, |on| {
        socket.set_keep_alive_enabled(on)
    })?;
    let idle = keep_alive.idle.map(nanoseconds);
    apply("keep-alive idle", idle, |time| {
        socket.set_keep_alive_idle_time(time)
    })?;
    let interval = keep_alive.interval.map(nanoseconds);
    apply("keep-alive interval", interval, |time| {
        socket.set_keep_alive_interval(time)
    })?;
    apply("keep-alive count", keep_alive.count, |count| {
        socket.set_keep_alive_count(count)
    })?;
    apply("hop-limit", options.hop_limit, |limit| {
        socket.set_hop_limit(limit)
    })?;
    apply("receive-buffer-size", options.receive_buffer_size, |size| {
        socket.set_receive_buffer_size(size)
    })?;
    apply("send-buffer-size", options.send_buffer_size, |size| {
        socket.set_send_buffer_size(size)
    })
}

/// Sets an option if there is a value for it; a failure names it.
pub(super) fn apply<T>(
    name: &str,
    value: Option<T>,
    set: impl FnOnce(T) -> Result<(), ErrorCode>,
) -> Result<(), OsFailure> {
    let Some(value) = value else { return Ok(()) };
    set(value).map_err(|code| {
        let OsFailure { code, message } = OsFailure::new(SocketError::from(code));
        OsFailure {
            code,
            message: format!("{message}: {name}"),
        }
    })
}

/// Binds to one of one's own addresses (ASYNCIO A.5, rule 2).
pub(super) fn bind(socket: &TcpSocket, to: SocketAddr) -> Result<(), OsFailure> {
    let bound = socket.bind(address::local(to).into());
    bound.map_err(|code| OsFailure::bind(code.into(), to))
}

/// Connects (ASYNCIO A.5, rule 3).
pub(super) async fn connect(socket: &TcpSocket, to: SocketAddr) -> Result<(), AttemptFailure> {
    if to.port() == 0 {
        // WASI refuses this port as an argument; on a network nobody can listen there (ASYNCIO A.3).
        return Err(OsFailure::connect(SocketError::ConnectionRefused, to).into());
    }
    let connected = socket.connect(address::destination(to).into()).await;
    connected.map_err(|code| OsFailure::connect(code.into(), to).into())
}
