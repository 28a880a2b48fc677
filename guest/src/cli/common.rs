//! The flags that the commands share.

use super::flag::{Flag, Takes};
use super::values::{add_flags, duration, pieces, up_to};
use crate::lookup::{Family, Flags, Hints};
use crate::options::{KeepAlive, SocketOptions};
use crate::service::Transport;
use std::time::Duration;

/// What they say.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Common {
    pub timeout: Option<Duration>,
    pub all_errors: bool,
    pub verbose: bool,
    pub json: bool,
    pub(super) refuse_networks: Vec<String>,
    ipv4: bool,
    ipv6: bool,
    lookup_flags: Flags,
    protocol: Option<u32>,
    hop_limit: Option<u8>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
    pub(super) no_delay: Option<bool>,
}

impl Common {
    /// How to look up.
    pub(super) fn hints(&self, transport: Transport) -> Hints {
        Hints {
            transport,
            family: match (self.ipv4, self.ipv6) {
                (true, _) => Some(Family::Inet),
                (_, true) => Some(Family::Inet6),
                _ => None,
            },
            protocol: self.protocol,
            flags: self.lookup_flags,
        }
    }

    /// What to set on the socket.
    pub(super) fn socket(&self, keep_alive: Option<KeepAlive>) -> SocketOptions {
        SocketOptions {
            keep_alive,
            hop_limit: self.hop_limit,
            receive_buffer_size: self.receive_buffer_size,
            send_buffer_size: self.send_buffer_size,
            no_delay: self.no_delay,
        }
    }
}

pub(super) const IPV4: Flag = Flag::switch("", |it| it.common.ipv4 = true, "IPv4 only").short("-4");

pub(super) const IPV6: Flag = Flag::switch("", |it| it.common.ipv6 = true, "IPv6 only")
    .short("-6")
    .excludes(&["-4"]);

/// Not every command connects.
pub(super) const fn refuse_networks(help: &'static str) -> Flag {
    Flag::value(
        "--refuse-networks",
        "NET,NET",
        |it, text| {
            it.common.refuse_networks.extend(pieces(text));
            Ok(())
        },
        help,
    )
    .repeats()
}

pub(super) const LOOKUP_FLAGS: Flag = Flag::value(
    "--lookup-flags",
    "FLAG,FLAG",
    |it, text| add_flags(&mut it.common.lookup_flags, text),
    "Look up with these flags of getaddrinfo: passive, canon-name, numeric-host, numeric-service, v4-mapped, all, addr-config",
)
.repeats();

/// Each transport has its number.
pub(super) const fn protocol(help: &'static str) -> Flag {
    Flag::value(
        "--protocol",
        "N",
        |it, text| {
            it.common.protocol = Some(up_to(text, u32::MAX)?);
            Ok(())
        },
        help,
    )
}

/// What takes time is not the same for each command.
pub(super) const fn timeout(help: &'static str) -> Flag {
    Flag::value(
        "--timeout",
        "TIME",
        |it, text| {
            it.common.timeout = Some(duration(text)?);
            Ok(())
        },
        help,
    )
}

pub(super) const HOP_LIMIT: Flag = Flag::value(
    "--hop-limit",
    "N",
    |it, text| {
        it.common.hop_limit = Some(up_to(text, u8::MAX)?);
        Ok(())
    },
    "How many routers a packet may pass [default: the system's]",
);

pub(super) const RECEIVE_BUFFER_SIZE: Flag = Flag::value(
    "--receive-buffer-size",
    "BYTES",
    |it, text| {
        it.common.receive_buffer_size = Some(up_to(text, u64::MAX)?);
        Ok(())
    },
    "The size of the system's receive buffer [default: the system's]",
);

pub(super) const SEND_BUFFER_SIZE: Flag = Flag::value(
    "--send-buffer-size",
    "BYTES",
    |it, text| {
        it.common.send_buffer_size = Some(up_to(text, u64::MAX)?);
        Ok(())
    },
    "The size of the system's send buffer [default: the system's]",
);

pub(super) const ALL_ERRORS: Flag = Flag::switch(
    "--all-errors",
    |it| it.common.all_errors = true,
    "Tell the failure of each address",
);

/// What there is to tell is not the same for each command.
pub(super) const fn verbose(help: &'static str) -> Flag {
    Flag::switch("--verbose", |it| it.common.verbose = true, help)
        .short("-v")
        .excludes(&["--json"])
}

pub(super) const JSON: Flag = Flag::switch(
    "--json",
    |it| it.common.json = true,
    "At the end, write result or failure and the timeline as one line of JSON on standard error, and nothing else there",
);

pub(super) const HELP: Flag = Flag {
    takes: Takes::Help,
    ..Flag::switch("--help", |_| {}, "Print this help").short("-h")
};
