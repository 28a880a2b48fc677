//! The writable end of a stream.

use super::bindings::wasi::sockets::types::ErrorCode;
use super::completion::Completion;
use crate::failure::SocketError;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use wit_bindgen::rt::async_support::{FutureReader, StreamResult, StreamWrite, StreamWriter};

/// The other side of the stream does not want more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unwanted;

/// A stream of bytes that remembers that it is not wanted any more, since writing once more would trap the whole
/// application, and that knows what is still unsent when a write is cancelled.
#[derive(Debug)]
pub(super) struct Outbound {
    stream: Option<StreamWriter<u8>>,
    /// The other side has gone away.
    unwanted: bool,
    /// What is still to be sent.
    buffer: Vec<u8>,
    /// How the stream of a socket ended.
    completion: Option<Completion>,
}

impl Outbound {
    /// A stream to somebody else.
    pub(super) fn new(stream: StreamWriter<u8>) -> Self {
        Self {
            stream: Some(stream),
            unwanted: false,
            buffer: Vec::new(),
            completion: None,
        }
    }

    /// What a socket sends.
    pub(super) fn socket(
        stream: StreamWriter<u8>,
        completion: FutureReader<Result<(), ErrorCode>>,
    ) -> Self {
        Self {
            completion: Some(Completion::new(completion)),
            ..Self::new(stream)
        }
    }

    /// What is still to be sent. Append to it what you like.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Sends the buffer, in as few writes as the other side permits. Cancelling keeps the rest.
    pub(super) async fn flush(&mut self) -> Result<(), Unwanted> {
        while !self.buffer.is_empty() {
            let (Some(stream), false) = (&mut self.stream, self.unwanted) else {
                return Err(Unwanted);
            };
            write_once(stream, &mut self.buffer, &mut self.unwanted).await;
        }
        Ok(())
    }

    /// Ends the stream: of a socket, that is FIN once everything is sent.
    pub(super) fn finish(&mut self) {
        self.stream = None;
    }

    /// How the stream of a socket ended; to be called when it has.
    pub(super) async fn outcome(&mut self) -> Result<(), SocketError> {
        match &mut self.completion {
            Some(completion) => completion.outcome().await,
            None => Ok(()),
        }
    }
}

async fn write_once(stream: &mut StreamWriter<u8>, buffer: &mut Vec<u8>, unwanted: &mut bool) {
    let mut write = Writing {
        operation: pin!(stream.write(std::mem::take(buffer))),
        back: buffer,
        unwanted,
        finished: false,
    };
    poll_fn(|context| {
        let polled = write.operation.as_mut().poll(context);
        polled.map(|(result, rest)| write.finish(result, rest.into_vec()))
    })
    .await
}

/// A write that is going on. Cancelled, it brings back what was not sent.
struct Writing<'a, 'b> {
    operation: Pin<&'a mut StreamWrite<'b, u8>>,
    back: &'a mut Vec<u8>,
    unwanted: &'a mut bool,
    finished: bool,
}

impl Writing<'_, '_> {
    fn finish(&mut self, result: StreamResult, rest: Vec<u8>) {
        self.finished = true;
        *self.back = rest;
        *self.unwanted = result == StreamResult::Dropped;
    }
}

impl Drop for Writing<'_, '_> {
    fn drop(&mut self) {
        if !self.finished {
            let (result, rest) = self.operation.as_mut().cancel();
            self.finish(result, rest.into_vec());
        }
    }
}
