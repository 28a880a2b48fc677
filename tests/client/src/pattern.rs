//! Bytes in which a lost, doubled or moved piece shows: those of the tests' servers.

fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// Appends the bytes from this position on.
pub(crate) fn fill(from: u64, count: usize, into: &mut Vec<u8>) {
    into.extend((from..).take(count).map(byte));
}

/// Whether these are the bytes from this position on.
pub(crate) fn check(from: u64, bytes: &[u8]) -> Result<(), String> {
    match (from..).zip(bytes).find(|&(at, &is)| is != byte(at)) {
        Some((at, is)) => Err(format!("byte {at} is {is:#04x}")),
        None => Ok(()),
    }
}
