//! TLS without I/O: what is trusted, one session as bytes in and bytes out, and rustls's errors in the words of the WIT.

pub mod context;
pub mod failure;
pub mod name;
pub mod session;
