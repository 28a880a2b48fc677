//! Datagrams as lines: of any bytes but a newline, or of hexadecimal digits.

/// No line is longer: the digits of the largest datagram with a blank after each byte are shorter.
const LONGEST: usize = 256 * 1024;

/// What a line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The bytes of a datagram.
    Datagram(Vec<u8>),
    /// More bytes than any datagram has.
    TooLong,
    /// No hexadecimal digits, in the line of this number.
    Wrong(u64),
}

/// Makes lines of what comes in.
#[derive(Debug)]
pub struct Lines {
    hex: bool,
    number: u64,
    /// The rest of a line that is too long is still to come.
    skipping: bool,
}

impl Lines {
    /// Lines of hexadecimal digits, or of any bytes.
    pub fn new(hex: bool) -> Self {
        Self {
            hex,
            number: 0,
            skipping: false,
        }
    }

    /// Takes all lines out of the buffer. The last one may have no newline, if there is nothing to come.
    pub fn take(&mut self, buffer: &mut Vec<u8>, ended: bool) -> Vec<Line> {
        let whole = buffer.iter().rposition(|&byte| byte == b'\n');
        let rest = buffer.split_off(whole.map_or(0, |at| at + 1));
        let lines = std::mem::replace(buffer, rest);
        let mut found = Vec::new();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            match std::mem::take(&mut self.skipping) {
                true => {}
                false => found.push(self.line(line)),
            }
        }
        if ended && !buffer.is_empty() && !self.skipping {
            found.push(self.line(buffer));
        }
        if self.skipping || ended {
            buffer.clear();
        } else if buffer.len() > LONGEST {
            self.skipping = true;
            found.push(self.line(buffer));
            buffer.clear();
        }
        found
    }

    fn line(&mut self, line: &[u8]) -> Line {
        self.number += 1;
        if line.len() > LONGEST {
            return Line::TooLong;
        }
        match self.hex {
            false => Line::Datagram(line.to_vec()),
            true => from_hex(line).map_or(Line::Wrong(self.number), Line::Datagram),
        }
    }
}

/// The bytes that are written with two digits each; blanks may stand between them.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut bytes = Vec::new();
    for word in text.split_ascii_whitespace() {
        let mut digits = word.chars().map(|digit| digit.to_digit(16));
        while let Some(high) = digits.next() {
            let byte = high? * 16 + digits.next()??;
            bytes.push(u8::try_from(byte).ok()?);
        }
    }
    Some(bytes)
}

/// A datagram as a line with its newline.
pub fn write(datagram: &[u8], hex: bool, to: &mut Vec<u8>) {
    match hex {
        false => to.extend_from_slice(datagram),
        true => {
            for byte in datagram {
                to.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
        }
    }
    to.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(bytes: &[u8]) -> Line {
        Line::Datagram(bytes.to_vec())
    }

    #[test]
    fn lines_however_they_arrive() {
        let mut lines = Lines::new(false);
        let mut buffer = b"one".to_vec();
        assert_eq!(lines.take(&mut buffer, false), []);
        buffer.extend(b" line\n\ntwo\r\nth");
        assert_eq!(
            lines.take(&mut buffer, false),
            [datagram(b"one line"), datagram(b""), datagram(b"two\r")]
        );
        buffer.extend(b"ree");
        assert_eq!(lines.take(&mut buffer, true), [datagram(b"three")]);
        assert_eq!(lines.take(&mut buffer, true), []);
    }

    #[test]
    fn a_last_line_that_is_empty_has_a_newline() {
        let mut lines = Lines::new(false);
        assert_eq!(lines.take(&mut b"\n".to_vec(), true), [datagram(b"")]);
        assert_eq!(lines.take(&mut Vec::new(), true), []);
    }

    #[test]
    fn hexadecimal_digits() {
        let mut lines = Lines::new(true);
        let mut buffer = b"00ff0A\n 0a 0b\t0c \n\n0\n0 a\nxy\n+1\n\xff\n".to_vec();
        assert_eq!(
            lines.take(&mut buffer, false),
            [
                datagram(&[0, 255, 10]),
                datagram(&[10, 11, 12]),
                datagram(b""),
                Line::Wrong(4),
                Line::Wrong(5),
                Line::Wrong(6),
                Line::Wrong(7),
                Line::Wrong(8),
            ]
        );
        let mut written = Vec::new();
        write(&[0, 255, 10], true, &mut written);
        write(b"raw", false, &mut written);
        assert_eq!(written, b"00ff0a\nraw\n");
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut lines = Lines::new(false);
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for _ in 0..100 {
            buffer.extend([b'x'; 10_000]);
            found.extend(lines.take(&mut buffer, false));
            assert!(buffer.len() <= LONGEST);
        }
        buffer.extend(b"x\nnext\n");
        found.extend(lines.take(&mut buffer, false));
        assert_eq!(found, [Line::TooLong, datagram(b"next")]);
        let mut buffer = [b'x'; LONGEST + 1].to_vec();
        assert_eq!(lines.take(&mut buffer, true), [Line::TooLong]);
    }
}
