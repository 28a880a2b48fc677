//! TLS over whatever can be read and written: the engine makes and understands the bytes, the transport moves them.

use crate::bindings::switchboard::connect::tls::{Facts, TlsFailure};
use crate::bindings::switchboard::connect::tls_engine::Session;
use std::io::{Error, ErrorKind, Read, Result, Write};

/// How much is moved at a time.
const CHUNK: usize = 64 * 1024;

/// A session of TLS whose handshake is done.
///
/// What is written waits until it is flushed, so that what belongs together is sent together: a small write after another
/// one waits for the peer's acknowledgement (Nagle's algorithm, which WASI cannot switch off). Before anything is read it
/// is flushed, for the peer may be waiting for it.
pub(crate) struct TlsStream<T> {
    session: Session,
    transport: T,
    /// Where ciphertext is received.
    buffer: Vec<u8>,
    /// What has come and the engine has not taken yet, for want of somebody who reads.
    unfed: Vec<u8>,
    /// Why no more will come. What came before can still be read.
    failure: Option<TlsFailure>,
}

impl<T: Read + Write> TlsStream<T> {
    /// Shakes hands, and says what was agreed on.
    pub(crate) fn handshake(session: Session, transport: T) -> Result<(Self, Facts)> {
        let mut stream = Self {
            session,
            transport,
            buffer: vec![0; CHUNK],
            unfed: Vec::new(),
            failure: None,
        };
        loop {
            if let Some(facts) = stream.session.facts() {
                // The last flight of the handshake may be this side's.
                stream.flush()?;
                return Ok((stream, facts));
            }
            if !stream.fill()? {
                let told = "the peer said goodbye during the handshake";
                return Err(Error::new(ErrorKind::UnexpectedEof, told));
            }
        }
    }

    /// Says goodbye: after this nothing can be written, and a peer that reads knows that it has everything. What it still
    /// says can be read, to its own goodbye.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.session.close();
        self.flush()
    }

    /// What all of it goes over.
    pub(crate) fn transport(&self) -> &T {
        &self.transport
    }

    /// Waits for ciphertext and feeds the engine. `false`: the peer has said goodbye, so there is none to wait for.
    fn fill(&mut self) -> Result<bool> {
        if self.session.status().peer_closed {
            return Ok(false);
        }
        if let Some(failure) = &self.failure {
            return Err(failure.clone().into());
        }
        let fed = if self.unfed.is_empty() {
            // When this fails, reading tells why: perhaps there is an alert.
            let _ = self.flush();
            match self.transport.read(&mut self.buffer) {
                Ok(0) => self.session.feed_end(),
                Ok(count) => {
                    let received = self.buffer.get(..count).unwrap_or_default();
                    self.unfed.extend_from_slice(received);
                    self.feed()
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
                Err(error) => return Err(error),
            }
        } else {
            self.feed()
        };
        if let Err(failure) = fed {
            self.failure = Some(failure);
            // There is an alert, which tells the peer why. If it cannot be sent, that is not what went wrong.
            let _ = self.flush();
        }
        Ok(true)
    }

    fn feed(&mut self) -> std::result::Result<(), TlsFailure> {
        let taken = self.session.feed(&self.unfed)? as usize;
        self.unfed.drain(..taken.min(self.unfed.len()));
        Ok(())
    }
}

impl<T: Read + Write> Read for TlsStream<T> {
    /// Nothing is the end, and nothing is missing then: had the peer not said goodbye, it would be an error.
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let plaintext = self.session.read(as_limit(into.len()));
            if let Some(start) = into.get_mut(..plaintext.len())
                && !plaintext.is_empty()
            {
                start.copy_from_slice(&plaintext);
                return Ok(plaintext.len());
            }
            if !self.fill()? {
                return Ok(0);
            }
        }
    }
}

impl<T: Read + Write> Write for TlsStream<T> {
    fn write(&mut self, plaintext: &[u8]) -> Result<usize> {
        let mut taken = self.session.write(plaintext)?;
        if taken == 0 {
            // So much waits to be sent that the engine takes no more.
            self.flush()?;
            taken = self.session.write(plaintext)?;
        }
        Ok(taken as usize)
    }

    fn flush(&mut self) -> Result<()> {
        loop {
            let ciphertext = self.session.drain(as_limit(CHUNK));
            if ciphertext.is_empty() {
                return self.transport.flush();
            }
            self.transport.write_all(&ciphertext)?;
        }
    }
}

fn as_limit(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl From<TlsFailure> for Error {
    fn from(failure: TlsFailure) -> Self {
        let kind = match &failure {
            TlsFailure::Truncated => ErrorKind::UnexpectedEof,
            TlsFailure::Configuration(_) => ErrorKind::InvalidInput,
            _ => ErrorKind::InvalidData,
        };
        Error::new(kind, failure)
    }
}
