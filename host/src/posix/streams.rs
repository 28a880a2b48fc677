//! The guest's streams, joined to the two directions of a connection: the system reads and writes in the guest's own memory.

use super::{Receiving, Sending};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use wasmtime::component::{
    Destination, Source, StreamConsumer, StreamProducer, StreamResult, VecBuffer,
};
use wasmtime::{AsContextMut, Result, StoreContextMut};
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

/// How much is read for a reader that is no guest.
const CHUNK: usize = 64 * 1024;

/// How a direction ended.
type Outcome = oneshot::Sender<Result<(), ErrorCode>>;

/// One direction, until it has ended.
struct Direction<D>(Option<(D, Outcome)>);

impl<D> Direction<D> {
    fn new(direction: D, outcome: Outcome) -> Self {
        Self(Some((direction, outcome)))
    }

    /// Ends it. The peer knows before it is told here.
    fn end(&mut self, how: Result<(), ErrorCode>) {
        if let Some((direction, outcome)) = self.0.take() {
            drop(direction);
            // Nobody may want to know.
            let _ = outcome.send(how);
        }
    }
}

impl<D> Drop for Direction<D> {
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

/// What of a poll is pending is called off when the guest wants that.
fn unless_finishing(poll: Poll<()>, finish: bool) -> Poll<Result<StreamResult>> {
    match poll {
        Poll::Ready(()) => Poll::Ready(Ok(StreamResult::Completed)),
        Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
        Poll::Pending => Poll::Pending,
    }
}

/// Gives the guest what is received.
pub(super) struct Producer(Direction<Receiving>);

impl Producer {
    pub(super) fn new(receiving: Receiving, outcome: Outcome) -> Self {
        Self(Direction::new(receiving, outcome))
    }
}

impl<D: 'static> StreamProducer<D> for Producer {
    type Item = u8;
    type Buffer = VecBuffer<u8>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let Some((receiving, _)) = &self.0.0 else {
            return Poll::Ready(Ok(StreamResult::Dropped));
        };
        // A read of nothing asks whether there is something.
        if destination.remaining(store.as_context_mut()) == Some(0) {
            return unless_finishing(receiving.poll_ready(context), finish);
        }
        let mut destination = destination.as_direct(store, CHUNK);
        match receiving.poll_read(context, destination.remaining()) {
            Poll::Ready(Ok(size @ 1..)) => {
                destination.mark_written(size);
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(ended) => {
                self.0.end(ended.map(|_| ()));
                Poll::Ready(Ok(StreamResult::Dropped))
            }
            Poll::Pending => unless_finishing(Poll::Pending, finish),
        }
    }
}

/// Takes from the guest what is to be sent.
pub(super) struct Consumer(Direction<Sending>);

impl Consumer {
    pub(super) fn new(sending: Sending, outcome: Outcome) -> Self {
        Self(Direction::new(sending, outcome))
    }
}

impl<D: 'static> StreamConsumer<D> for Consumer {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<D>,
        source: Source<Self::Item>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        let Some((sending, _)) = &self.0.0 else {
            return Poll::Ready(Ok(StreamResult::Dropped));
        };
        let mut source = source.as_direct(store);
        // A write of nothing asks whether there is room.
        if source.remaining().is_empty() {
            return unless_finishing(sending.poll_ready(context), finish);
        }
        match sending.poll_write(context, source.remaining()) {
            Poll::Ready(Ok(size)) => {
                source.mark_read(size);
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(Err(code)) => {
                self.0.end(Err(code));
                Poll::Ready(Ok(StreamResult::Dropped))
            }
            Poll::Pending => unless_finishing(Poll::Pending, finish),
        }
    }
}
