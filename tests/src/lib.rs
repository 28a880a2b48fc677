//! The other end of the line: real servers on loopback for the integration tests and benchmarks.
//!
//! Every server listens on a port the kernel chose, runs on a thread of its own (so that it answers whatever
//! the caller's runtime is doing), and is gone, sockets and all, when the drop of its handle returns. Child
//! processes are killed by their handle in the same way. Every wait takes a limit.
#![forbid(unsafe_code)]

pub mod apart;
pub mod ask;
pub mod behaviour;
pub mod bench_native;
pub mod bench_python;
pub mod bench_wasm;
pub mod blackhole;
pub mod certs;
pub mod child;
pub mod client;
pub mod command;
pub mod composed;
pub mod corpus;
pub mod datagrams;
pub mod delayed;
pub mod dns;
pub mod echo;
pub mod keys;
pub mod log;
pub mod namespace;
pub mod openssl;
pub mod own_sockets;
pub mod pattern;
pub mod place;
pub mod posix;
pub mod proc_net;
pub mod proxy;
pub mod python;
pub mod refuse;
pub mod scripted;
pub mod sock_diag;
pub mod start_tls;
pub mod tls;
pub mod udp;
pub mod udp_server;
pub mod unix;
pub mod unix_servers;
mod worker;
