//! The readable end of a stream.

use super::bindings::wasi::sockets::types::ErrorCode;
use super::completion::Completion;
use crate::failure::SocketError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use wit_bindgen::rt::async_support::{FutureReader, StreamRead, StreamReader, StreamResult};

/// How much is read at a time: the host reads into our buffer directly, and more is not faster.
const CHUNK: usize = 64 * 1024;

/// A stream of bytes that remembers its end, since reading once more after it would trap the whole application, and
/// that loses nothing when a read is cancelled.
#[derive(Debug)]
pub(super) struct Inbound {
    stream: StreamReader<u8>,
    ended: bool,
    /// What was read and not yet taken.
    buffer: Vec<u8>,
    /// How the stream of a socket ended: to be asked for once it has.
    completion: Option<Completion>,
}

impl Inbound {
    /// A stream of somebody else.
    pub(super) fn new(stream: StreamReader<u8>) -> Self {
        Self {
            stream,
            ended: false,
            buffer: Vec::new(),
            completion: None,
        }
    }

    /// What a socket receives.
    pub(super) fn socket(
        (stream, completion): (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>),
    ) -> Self {
        Self {
            completion: Some(Completion::new(completion)),
            ..Self::new(stream)
        }
    }

    /// What was read and not yet taken. Take from it what you like.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Waits for more bytes and appends them to the buffer. `false`: the stream has ended, and will not give more.
    /// Cancelling loses nothing.
    pub(super) async fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.reserve(CHUNK.saturating_sub(buffer.len()).max(CHUNK / 4));
        let mut read = Reading {
            operation: pin!(self.stream.read(buffer)),
            back: &mut self.buffer,
            ended: &mut self.ended,
            finished: false,
        };
        poll_fn(|context| {
            let operation = read.operation.as_mut();
            operation.poll(context).map(|result| read.finish(result))
        })
        .await
    }

    /// How the stream of a socket ended; to be called when it has.
    pub(super) async fn outcome(&mut self) -> Result<(), SocketError> {
        match &mut self.completion {
            Some(completion) => completion.outcome().await,
            None => Ok(()),
        }
    }
}

/// A read that is going on. Cancelled, it brings its buffer back with what has arrived in it.
struct Reading<'a, 'b> {
    operation: Pin<&'a mut StreamRead<'b, u8>>,
    back: &'a mut Vec<u8>,
    ended: &'a mut bool,
    finished: bool,
}

impl Reading<'_, '_> {
    fn finish(&mut self, (result, buffer): (StreamResult, Vec<u8>)) -> bool {
        self.finished = true;
        *self.back = buffer;
        *self.ended = result == StreamResult::Dropped;
        !*self.ended
    }
}

impl Drop for Reading<'_, '_> {
    fn drop(&mut self) {
        if !self.finished {
            let result = self.operation.as_mut().cancel();
            self.finish(result);
        }
    }
}
