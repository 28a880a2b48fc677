//! Bytes as words: what is no letter, digit or one of `._-/@:[]` is written as `%` and two hexadecimal digits.

/// The bytes that a word stands for.
pub(crate) fn decode(word: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = rest.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("{word} has a bad escape"))?);
        rest = rest.get(2..).unwrap_or_default();
    }
    Ok(bytes)
}

/// The word that stands for these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut word = String::new();
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => word.push(byte.into()),
            b'.' | b'_' | b'-' | b'/' | b'@' | b':' | b'[' | b']' => word.push(byte.into()),
            _ => word += &format!("%{byte:02x}"),
        }
    }
    word
}
