//! Switchboard on WASI 0.3: the only part that touches the world. A thin layer: what to do is decided by the logic.

use crate::component::bindings;

mod address;
mod attempt;
mod clock;
mod command;
mod command_connect;
mod command_starttls;
mod command_tls;
mod command_udp;
mod completion;
mod connect;
mod connection;
mod datagrams;
mod endpoint;
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
mod sockets;
mod start_tls;
mod steps;
mod streams;
mod suspended;
mod unix;
