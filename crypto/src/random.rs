//! Randomness, from the operating system or the WebAssembly host.

use rustls::crypto::{GetRandomFailed, SecureRandom};

/// The system's generator, asked anew each time: this crate keeps no state that a snapshot of a guest could repeat.
#[derive(Debug)]
pub(crate) struct System;

impl SecureRandom for System {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(buf).map_err(|_| GetRandomFailed)
    }
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<zeroize::Zeroizing<[u8; N]>, GetRandomFailed> {
    let mut out = zeroize::Zeroizing::new([0; N]);
    System.fill(out.as_mut_slice())?;
    Ok(out)
}
