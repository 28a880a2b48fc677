//! Options of sockets: the same for streams and datagrams, with the rules of `wasi:sockets`.

use super::super::bindings::switchboard::posix::sockets::{Failure, Family};
use super::socket::Socket;
use rustix::io::Errno;
use rustix::net::sockopt;
use std::time::Duration;

/// The longest time and the highest count of keep-alive that Linux has.
const LONGEST: u64 = 32_767;
const HIGHEST: u32 = 127;

/// The names that rustix has for them, with booleans.
macro_rules! switch {
    ($get:ident = $system_get:ident, $set:ident = $system_set:ident) => {
        pub(super) fn $get(&self) -> Result<bool, Failure> {
            Ok(sockopt::$system_get(self.internet()?)?)
        }

        pub(super) fn $set(&self, value: bool) -> Result<(), Failure> {
            Ok(sockopt::$system_set(self.internet()?, value)?)
        }
    };
}

impl Socket {
    switch!(no_delay = tcp_nodelay, set_no_delay = set_tcp_nodelay);
    switch!(
        reuse_address = socket_reuseaddr,
        set_reuse_address = set_socket_reuseaddr
    );
    switch!(
        broadcast = socket_broadcast,
        set_broadcast = set_socket_broadcast
    );
    switch!(
        keep_alive_enabled = socket_keepalive,
        set_keep_alive_enabled = set_socket_keepalive
    );

    #[cfg(not(any(target_os = "solaris", target_os = "illumos")))]
    switch!(
        reuse_port = socket_reuseport,
        set_reuse_port = set_socket_reuseport
    );

    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    pub(super) fn reuse_port(&self) -> Result<bool, Failure> {
        Err(Failure::NotSupported)
    }

    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    pub(super) fn set_reuse_port(&self, _value: bool) -> Result<(), Failure> {
        Err(Failure::NotSupported)
    }

    pub(super) fn keep_alive_idle_time(&self) -> Result<u64, Failure> {
        Ok(nanoseconds(sockopt::tcp_keepidle(self.internet()?)?))
    }

    pub(super) fn set_keep_alive_idle_time(&self, value: u64) -> Result<(), Failure> {
        Ok(sockopt::set_tcp_keepidle(
            self.internet()?,
            whole_seconds(value)?,
        )?)
    }

    pub(super) fn keep_alive_interval(&self) -> Result<u64, Failure> {
        Ok(nanoseconds(sockopt::tcp_keepintvl(self.internet()?)?))
    }

    pub(super) fn set_keep_alive_interval(&self, value: u64) -> Result<(), Failure> {
        Ok(sockopt::set_tcp_keepintvl(
            self.internet()?,
            whole_seconds(value)?,
        )?)
    }

    pub(super) fn keep_alive_count(&self) -> Result<u32, Failure> {
        Ok(sockopt::tcp_keepcnt(self.internet()?)?)
    }

    pub(super) fn set_keep_alive_count(&self, value: u32) -> Result<(), Failure> {
        let count = u32::try_from(positive(value.into())?).unwrap_or(HIGHEST);
        Ok(sockopt::set_tcp_keepcnt(
            self.internet()?,
            count.min(HIGHEST),
        )?)
    }

    pub(super) fn hop_limit(&self) -> Result<u8, Failure> {
        match self.family() {
            Family::Unix => Err(Failure::NotSupported),
            Family::Inet => {
                let limit = sockopt::ip_ttl(self)?;
                u8::try_from(limit).map_err(|_| Failure::NotSupported)
            }
            Family::Inet6 => Ok(sockopt::ipv6_unicast_hops(self)?),
        }
    }

    pub(super) fn set_hop_limit(&self, value: u8) -> Result<(), Failure> {
        match (self.family(), value) {
            (Family::Unix, _) => Err(Failure::NotSupported),
            (_, 0) => Err(Failure::InvalidArgument),
            (Family::Inet, _) => Ok(sockopt::set_ip_ttl(self, value.into())?),
            (Family::Inet6, _) => Ok(sockopt::set_ipv6_unicast_hops(self, Some(value))?),
        }
    }

    pub(super) fn receive_buffer_size(&self) -> Result<u64, Failure> {
        Ok(told(sockopt::socket_recv_buffer_size(self)?))
    }

    pub(super) fn set_receive_buffer_size(&self, value: u64) -> Result<(), Failure> {
        hint(sockopt::set_socket_recv_buffer_size(self, wanted(value)?))
    }

    pub(super) fn send_buffer_size(&self) -> Result<u64, Failure> {
        Ok(told(sockopt::socket_send_buffer_size(self)?))
    }

    pub(super) fn set_send_buffer_size(&self, value: u64) -> Result<(), Failure> {
        hint(sockopt::set_socket_send_buffer_size(self, wanted(value)?))
    }
}

fn positive(value: u64) -> Result<u64, Failure> {
    match value {
        0 => Err(Failure::InvalidArgument),
        value => Ok(value),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The system counts in seconds: at least one.
fn whole_seconds(value: u64) -> Result<Duration, Failure> {
    let seconds = Duration::from_nanos(positive(value)?)
        .as_nanos()
        .div_ceil(1_000_000_000);
    let seconds = u64::try_from(seconds).unwrap_or(LONGEST);
    Ok(Duration::from_secs(seconds.clamp(1, LONGEST)))
}

fn wanted(value: u64) -> Result<usize, Failure> {
    let largest = i32::MAX.unsigned_abs();
    let value = positive(value)?.min(largest.into());
    Ok(usize::try_from(value).unwrap_or(usize::MAX))
}

/// Linux tells twice what it was asked for, as it counts its own bookkeeping.
fn told(value: usize) -> u64 {
    let value = u64::try_from(value).unwrap_or(u64::MAX);
    match cfg!(target_os = "linux") {
        true => value / 2,
        false => value,
    }
}

/// The BSDs refuse what is too much, where others give what there is.
fn hint(set: Result<(), Errno>) -> Result<(), Failure> {
    match set {
        Err(Errno::NOBUFS) => Ok(()),
        set => Ok(set?),
    }
}
