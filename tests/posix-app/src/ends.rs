//! The ends of streams, which remember that the other end is gone: to use them again would be a trap.

use crate::bindings::wasi::sockets::types::ErrorCode;
use crate::bindings::wit_stream;
use futures_lite::future::poll_once;
use std::pin::pin;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader, StreamResult, StreamWriter};

/// How a stream ended.
pub(crate) type Completion = FutureReader<Result<(), ErrorCode>>;

/// As much as is read at a time.
pub(crate) const PIECE: usize = 64 * 1024;

/// The end that is read.
pub(crate) struct Source {
    stream: StreamReader<u8>,
    ended: bool,
}

impl Source {
    pub(crate) fn new(stream: StreamReader<u8>) -> Self {
        Self {
            stream,
            ended: false,
        }
    }

    /// Waits for as many bytes as there is room for at most, and appends them. `false`: there are no more.
    pub(crate) async fn read(&mut self, into: &mut Vec<u8>) -> bool {
        if !self.ended {
            let (result, buffer) = self.stream.read(std::mem::take(into)).await;
            *into = buffer;
            self.ended = result == StreamResult::Dropped;
        }
        !self.ended
    }

    /// Begins to read, and calls it off. Whether it was still waiting.
    pub(crate) async fn read_and_call_off(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let mut reading = pin!(self.stream.read(Vec::with_capacity(1)));
        let waiting = poll_once(reading.as_mut()).await.is_none();
        if waiting {
            let (result, _) = reading.as_mut().cancel();
            self.ended = result == StreamResult::Dropped;
        }
        waiting
    }
}

/// The end that is written.
pub(crate) struct Sink {
    stream: StreamWriter<u8>,
    unwanted: bool,
}

impl Sink {
    /// A sink and the stream to be handed to `send`.
    pub(crate) fn new() -> (Self, StreamReader<u8>) {
        let (stream, reader) = wit_stream::new();
        let sink = Self {
            stream,
            unwanted: false,
        };
        (sink, reader)
    }

    /// Writes everything and leaves the buffer empty. `false`: nobody wants it any more.
    pub(crate) async fn write(&mut self, from: &mut Vec<u8>) -> bool {
        if !self.unwanted {
            *from = self.stream.write_all(std::mem::take(from)).await;
            self.unwanted = !from.is_empty();
        }
        !self.unwanted
    }
}
