//! As much DER as the tests need to take keys apart and to make wrong ones.

/// The contents of the value that `der` begins with, and what follows it.
pub(crate) fn value(der: &[u8]) -> (&[u8], &[u8]) {
    let (len, at) = match der[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        0x81 => (usize::from(der[2]), 3),
        0x82 => (usize::from(u16::from_be_bytes([der[2], der[3]])), 4),
        other => panic!("a length in {other:#x}"),
    };
    der[at..].split_at(len)
}

pub(crate) fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
    let len = u16::try_from(contents.len()).unwrap();
    let [high, low] = len.to_be_bytes();
    let header = match len {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header.as_slice(), contents].concat()
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

/// A positive integer.
pub(crate) fn integer(big_endian: &[u8]) -> Vec<u8> {
    let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
    let mut bytes = big_endian[zeros..].to_vec();
    if bytes.first().is_none_or(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    tagged(2, &bytes)
}

/// The numbers in a sequence of integers.
pub(crate) fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, _) = value(der);
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let (number, after) = value(rest);
        numbers.push(number.to_vec());
        rest = after;
    }
    numbers
}

/// What stands in the bit string that a `SubjectPublicKeyInfo` ends with.
pub(crate) fn key_bits(spki: &[u8]) -> Vec<u8> {
    let (inside, _) = value(spki);
    let (_algorithm, rest) = value(inside);
    let (bits, _) = value(rest);
    bits[1..].to_vec()
}
