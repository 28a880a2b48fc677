//! How a socket's stream ended.

use super::bindings::wasi::sockets::types::ErrorCode;
use crate::failure::SocketError;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use wit_bindgen::rt::async_support::{FutureRead, FutureReader};

type Reader = FutureReader<Result<(), ErrorCode>>;

/// Asked for once, when the stream has ended, and told as often as anybody wants to know. Nothing stays under way when a
/// call is cancelled: the connection may be dropped next, and a destructor may not wait for the end of a read.
#[derive(Debug)]
pub(super) struct Completion {
    reader: Option<Reader>,
    known: Result<(), SocketError>,
}

impl Completion {
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader: Some(reader),
            known: Ok(()),
        }
    }

    pub(super) async fn outcome(&mut self) -> Result<(), SocketError> {
        if let Some(reader) = self.reader.take() {
            let mut asking = Asking {
                operation: pin!(reader.into_future()),
                back: self,
                finished: false,
            };
            poll_fn(|context| {
                let polled = asking.operation.as_mut().poll(context);
                polled.map(|result| asking.finish(Ok(result)))
            })
            .await;
        }
        self.known.clone()
    }
}

/// A read that is going on. Cancelled, it brings the reader back, or what it has read in the same moment.
struct Asking<'a, 'b> {
    operation: Pin<&'a mut FutureRead<Result<(), ErrorCode>>>,
    back: &'b mut Completion,
    finished: bool,
}

impl Asking<'_, '_> {
    fn finish(&mut self, result: Result<Result<(), ErrorCode>, Reader>) {
        self.finished = true;
        match result {
            Ok(known) => self.back.known = known.map_err(Into::into),
            Err(reader) => self.back.reader = Some(reader),
        }
    }
}

impl Drop for Asking<'_, '_> {
    fn drop(&mut self) {
        if !self.finished {
            let result = self.operation.as_mut().cancel();
            self.finish(result);
        }
    }
}
