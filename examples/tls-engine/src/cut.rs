//! A transport that cuts what comes in two, so that the engine sees the beginning alone first. The tests do it at every
//! place; a program that wants TLS has no use for it.

use std::io::{Read, Result, Write};
use std::ops::Range;

/// Ends a read behind so many bytes, whatever more there is. Behind 0 there is nothing to cut.
pub(crate) struct Cut<T> {
    inner: T,
    at: u64,
    received: u64,
    done: bool,
}

impl<T> Cut<T> {
    pub(crate) fn new(inner: T, at: u64) -> Self {
        Self {
            inner,
            at,
            received: 0,
            done: false,
        }
    }
}

impl<T> std::fmt::Display for Cut<T> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} bytes", self.received)?;
        match self.done {
            true => write!(to, ", cut at {}", self.at),
            false => Ok(()),
        }
    }
}

impl<T: Read> Read for Cut<T> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.at.saturating_sub(self.received)).unwrap_or(usize::MAX);
        let count = match into.get_mut(..left) {
            Some(start) if left > 0 => self.inner.read(start)?,
            _ => self.inner.read(into)?,
        };
        // Behind the cut something has to come, or it was none.
        self.done |= self.at > 0 && self.received == self.at && count > 0;
        self.received += count as u64;
        Ok(count)
    }
}

impl<T: Write> Write for Cut<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

/// `1..300`: the places 1 to 299.
pub(crate) fn places(text: &str) -> Option<Range<u64>> {
    let (first, end) = text.split_once("..")?;
    Some(first.parse().ok()?..end.parse().ok()?)
}
