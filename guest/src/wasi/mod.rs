//! Switchboard on WASI 0.3: the only part that touches the world. A thin layer: what to do is decided by the logic.

mod address;
mod attempt;
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated"
)]
mod bindings;
mod clock;
mod command;
mod command_connect;
mod command_udp;
mod completion;
mod connect;
mod connection;
mod datagrams;
mod endpoint;
mod exports;
mod failure;
mod handshake;
mod inbound;
mod lookup;
mod open_endpoint;
mod options;
mod outbound;
mod pump;
mod race;
mod receiver;
mod secure;
mod signal;
mod socket;
mod steps;
mod suspended;
mod udp;
