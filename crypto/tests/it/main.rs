//! The provider against others: whole connections in memory, signatures, keys and hostile input.

mod certificates;
mod der;
mod handshake;
mod harness;
mod keys;
mod peer;
mod records;
mod shares;
mod signatures;
