//! Switchboard: asyncio's connect calls as a WebAssembly component. The contract is in `wit/`.
//!
//! The logic knows no WASI and is tested natively; `wasi` puts it on sockets, clocks and streams.

pub mod address;
pub mod cli;
pub mod combine;
#[cfg(target_family = "wasm")]
mod component;
pub mod destinations;
pub mod draw;
pub mod endpoint;
pub mod errno;
pub mod eyeballs;
pub mod failure;
pub mod host;
pub mod interleave;
pub mod json;
pub mod lines;
pub mod lookup;
pub mod networks;
pub mod options;
pub mod python;
pub mod queue;
pub mod sentence;
pub mod service;
pub mod services;
pub mod starttls;
pub mod timeline;
pub mod tls;
pub mod turns;
pub mod unix;
#[cfg(all(target_family = "wasm", feature = "connect"))]
mod wasi;
