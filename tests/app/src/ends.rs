//! The ends of streams, wrapped: an end that was told that the other one is gone must not be used again, or the whole
//! application traps. wit-bindgen leaves it to the caller to remember.

use crate::bindings::wasi::sockets::types::ErrorCode;
use crate::bindings::wit_stream;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader, StreamResult, StreamWriter};

/// How a stream ended.
pub(crate) type Completion = FutureReader<Result<(), ErrorCode>>;

/// As much as is read at a time.
const CHUNK: usize = 64 * 1024;

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

    /// Waits for bytes and appends them. `false`: there are no more.
    pub(crate) async fn read(&mut self, into: &mut Vec<u8>) -> bool {
        if self.ended {
            return false;
        }
        let mut buffer = std::mem::take(into);
        if buffer.capacity() == buffer.len() {
            buffer.reserve(CHUNK);
        }
        let (result, buffer) = self.stream.read(buffer).await;
        *into = buffer;
        self.ended = result == StreamResult::Dropped;
        !self.ended
    }

    /// Everything to the end.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::with_capacity(CHUNK);
        while self.read(&mut all).await {}
        all
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
        if self.unwanted {
            return false;
        }
        *from = self.stream.write_all(std::mem::take(from)).await;
        self.unwanted = !from.is_empty();
        !self.unwanted
    }
}
