//! TLS without I/O: what is trusted, one session as bytes in and bytes out, and rustls's errors in the words of the WIT.

pub mod certificate;
pub mod compression;
pub mod context;
mod distinguished_name;
pub mod engine;
pub mod failure;
pub mod identity;
pub mod key_log;
pub mod name;
mod pinned;
mod records;
mod resumption;
pub mod session;
pub mod suites;
#[cfg(test)]
mod testing;
pub mod trust;
pub mod verify;
