//! A deterministic stream of bytes in which a lost, doubled or moved piece shows.

use anyhow::{Result, ensure};

/// The byte at position `at` (from 0): the top eight bits of `at * 0x9E37_79B9_7F4A_7C15` modulo 2^64.
#[must_use]
pub fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// Fills `into` with the bytes from position `from` on.
pub fn fill(from: u64, into: &mut [u8]) {
    for (at, slot) in (from..).zip(into) {
        *slot = byte(at);
    }
}

/// The `len` bytes from position `from` on.
#[must_use]
pub fn bytes(from: u64, len: usize) -> Vec<u8> {
    let mut all = vec![0; len];
    fill(from, &mut all);
    all
}

/// Fails, naming the first wrong position, unless `got` are the bytes from position `from` on.
pub fn check(from: u64, got: &[u8]) -> Result<()> {
    for (at, &is) in (from..).zip(got) {
        let wanted = byte(at);
        ensure!(is == wanted, "byte {at} is {is:#04x}, not {wanted:#04x}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_in_pieces_and_shows_a_shift() {
        let whole = bytes(0, 1000);
        let mut pieces = bytes(0, 300);
        pieces.extend(bytes(300, 700));
        assert_eq!(whole, pieces);
        check(0, &whole).unwrap();
        check(300, &whole[300..]).unwrap();
        assert!(check(1, &whole).is_err());
        // No short period either: a piece of 256, 4096 or 65536 bytes left out is seen.
        for lost in [256, 4096, 65536] {
            assert!(check(0, &bytes(lost, 64)).is_err());
        }
    }
}
