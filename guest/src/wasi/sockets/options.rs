//! The options that both kinds of sockets have, by the same names.

use crate::failure::{OsFailure, SocketError};

/// Sets an option if there is a value for it; a failure names it.
pub(super) fn apply<T, E: Into<SocketError>>(
    name: &str,
    value: Option<T>,
    set: impl FnOnce(T) -> Result<(), E>,
) -> Result<(), OsFailure> {
    let Some(value) = value else { return Ok(()) };
    set(value).map_err(|code| OsFailure::option(name, code.into()))
}

/// Sets the options of a socket for connections, but for `no-delay`, which WASI does not have.
macro_rules! set_stream_options {
    ($socket:expr, $options:expr) => {{
        use crate::wasi::clock::nanoseconds;
        use crate::wasi::sockets::options::apply;
        let (socket, options) = ($socket, $options);
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
    }};
}

/// Sets the options of a socket for datagrams.
macro_rules! set_datagram_options {
    ($socket:expr, $options:expr) => {{
        use crate::wasi::sockets::options::apply;
        let (socket, options) = ($socket, $options);
        apply("hop-limit", options.hop_limit, |limit| {
            socket.set_unicast_hop_limit(limit)
        })?;
        apply("receive-buffer-size", options.receive_buffer_size, |size| {
            socket.set_receive_buffer_size(size)
        })?;
        apply("send-buffer-size", options.send_buffer_size, |size| {
            socket.set_send_buffer_size(size)
        })
    }};
}

pub(super) use {set_datagram_options, set_stream_options};
