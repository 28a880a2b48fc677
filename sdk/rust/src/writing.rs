//! What a peer is sent: a stream to the component, polled. The counterpart of [`reading`](crate::reading).

use crate::ErrorCode;
use crate::bindings::switchboard::connect::streams as wit;
use crate::bindings::wit_stream;
use crate::error::{Error, Failure};
use crate::reading::{Way, reason};
use crate::wakers::{Side, Wakers};
use std::future::{Future, poll_fn};
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use wit_bindgen::rt::async_support::{FutureReader, StreamWriter};

/// How much is sent at a time.
pub(crate) const PIECE: usize = 128 * 1024;

/// The stream, and how it went.
pub(crate) type Taken = (StreamWriter<u8>, FutureReader<Result<(), ErrorCode>>);

enum Order {
    /// Send this.
    Send(Vec<u8>),
    /// No more will come.
    Finish,
    /// The stream is wanted back.
    Stop,
}

/// What passes between those who send and the future that writes.
#[derive(Default)]
struct Outbox {
    order: Option<Order>,
    /// The future waits for an order.
    idle: bool,
    /// A buffer to be used again.
    spare: Vec<u8>,
    /// Nothing more can be sent, for this reason, or since it was finished.
    end: Option<Result<(), Error>>,
    taken: Option<Taken>,
}

type Shared = Arc<Mutex<Outbox>>;

fn open(outbox: &Shared) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sending direction of a connection.
pub(crate) struct Writing {
    writer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    outbox: Shared,
    wakers: Arc<Wakers>,
    waker: Waker,
    /// How many bytes are under way.
    under_way: usize,
    finishing: bool,
}

impl Writing {
    pub(crate) fn new(raw: Arc<wit::Connection>, way: Way) -> Self {
        let outbox = Shared::default();
        let writer: Pin<Box<dyn Future<Output = ()> + Send>> = match way {
            Way::Streams => Box::pin(by_stream(raw, outbox.clone())),
            Way::Lists => Box::pin(by_lists(raw, outbox.clone())),
        };
        let wakers = Arc::<Wakers>::default();
        Self {
            writer: Some(writer),
            outbox,
            waker: wakers.clone().into(),
            wakers,
            under_way: 0,
            finishing: false,
        }
    }

    /// How many bytes were taken from those who send, and not yet from here.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way
    }

    /// This side is woken when what is under way, now or later, has changed.
    pub(crate) fn register(&self, side: Side, context: &Context<'_>) {
        self.wakers.register(side, context);
    }

    /// Drives on what is under way, for this side to be woken when that has changed.
    pub(crate) fn drive(&mut self, side: Side, context: &Context<'_>) {
        self.register(side, context);
        self.turn();
    }

    fn turn(&mut self) {
        if let Some(writer) = &mut self.writer {
            let mut context = Context::from_waker(&self.waker);
            if writer.as_mut().poll(&mut context).is_ready() {
                self.writer = None;
            }
        }
        let outbox = open(&self.outbox);
        if outbox.idle || outbox.end.is_some() {
            self.under_way = 0;
        }
    }

    /// Waits until all that was taken is on its way.
    pub(crate) fn poll_flush(
        &mut self,
        side: Side,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        {
            let outbox = open(&self.outbox);
            match &outbox.end {
                Some(end) => return Poll::Ready(end.clone()),
                None if outbox.idle => return Poll::Ready(Ok(())),
                None => {}
            }
        }
        self.drive(side, context);
        let outbox = open(&self.outbox);
        match &outbox.end {
            Some(end) => Poll::Ready(end.clone()),
            None if outbox.idle => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    }

    /// Takes as much of these as it sends at a time, once nothing else is under way.
    pub(crate) fn poll_write(
        &mut self,
        side: Side,
        context: &Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        if self.finishing {
            return Poll::Ready(Err(Error::os(ErrorCode::ConnectionBroken)));
        }
        ready!(self.poll_flush(side, context))?;
        let mut buffer = std::mem::take(&mut open(&self.outbox).spare);
        buffer.clear();
        for piece in pieces {
            let room = PIECE.saturating_sub(buffer.len());
            buffer.extend_from_slice(piece.get(..room).unwrap_or(piece));
        }
        let count = buffer.len();
        if count == 0 {
            open(&self.outbox).spare = buffer;
            return Poll::Ready(Ok(0));
        }
        self.order(Order::Send(buffer));
        self.under_way = count;
        self.drive(side, context);
        Poll::Ready(Ok(count))
    }

    fn order(&self, order: Order) {
        let mut outbox = open(&self.outbox);
        outbox.idle = false;
        outbox.order = Some(order);
    }

    /// Says that no more will come, and waits until all was handed over.
    pub(crate) fn poll_finish(
        &mut self,
        side: Side,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if !self.finishing {
            ready!(self.poll_flush(side, context))?;
            self.finishing = true;
            self.order(Order::Finish);
        }
        self.poll_flush(side, context)
    }

    /// The stream itself, after all was sent; `None` if it has ended already.
    pub(crate) async fn into_stream(mut self) -> Result<Option<Taken>, Error> {
        poll_fn(|context| self.poll_flush(Side::Sender, context)).await?;
        self.order(Order::Stop);
        if let Some(writer) = self.writer.take() {
            writer.await;
        }
        Ok(open(&self.outbox).taken.take())
    }

    /// Stops writing: what is under way may be lost.
    pub(crate) fn stop(&mut self) {
        self.writer = None;
        self.under_way = 0;
        let aborted = || Err(Error::new(Failure::Aborted));
        open(&self.outbox).end.get_or_insert_with(aborted);
    }
}

async fn order(outbox: &Shared) -> Order {
    poll_fn(|_| {
        let mut outbox = open(outbox);
        match outbox.order.take() {
            Some(order) => Poll::Ready(order),
            None => {
                outbox.idle = true;
                // Whoever puts one there polls.
                Poll::Pending
            }
        }
    })
    .await
}

async fn by_stream(raw: Arc<wit::Connection>, outbox: Shared) {
    let (mut stream, taking) = wit_stream::new();
    let sent = raw.send(taking).await;
    loop {
        match order(&outbox).await {
            Order::Send(buffer) => {
                let rest = stream.write_all(buffer).await;
                if !rest.is_empty() {
                    drop(stream);
                    let code = sent.await.err().unwrap_or(ErrorCode::ConnectionBroken);
                    open(&outbox).end = Some(Err(reason(&raw, code)));
                    return;
                }
                open(&outbox).spare = rest;
            }
            Order::Finish => {
                drop(stream);
                let end = sent.await.map_err(|code| reason(&raw, code));
                open(&outbox).end = Some(end);
                return;
            }
            Order::Stop => {
                open(&outbox).taken = Some((stream, sent));
                return;
            }
        }
    }
}

async fn by_lists(raw: Arc<wit::Connection>, outbox: Shared) {
    loop {
        match order(&outbox).await {
            Order::Send(buffer) => {
                if let Err(failure) = raw.write(buffer).await {
                    open(&outbox).end = Some(Err(failure.into()));
                    return;
                }
            }
            Order::Finish => {
                let end = raw.write_eof().await.map_err(Error::from);
                open(&outbox).end = Some(end);
                return;
            }
            Order::Stop => return,
        }
    }
}
