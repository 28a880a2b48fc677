//! What a peer sends: a stream of the component's, polled.
//!
//! A read of a stream borrows it until the bytes are there, so that the two live together in one future, made once for the
//! connection. It is asked for bytes through an [`Inbox`], and stays under way when whoever asked has gone: what it reads
//! then is there for the next one. Nothing is lost, and nothing is allocated for a read.

use crate::ErrorCode;
use crate::bindings::switchboard::connect::streams as wit;
use crate::error::{Error, Failure};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use wit_bindgen::rt::async_support::{FutureReader, StreamReader, StreamResult};

/// How much is read at a time in the beginning, and at most; it is doubled when a read fills it.
const SMALLEST: usize = 16 * 1024;
const LARGEST: usize = 64 * 1024;

/// How often something that nobody will read is taken out of the socket before it is closed.
const DRAINED: usize = 64;

/// A stream, and how it ends.
/// The stream, if it has not ended, and how it ends.
pub(crate) type Taken = (
    Option<StreamReader<u8>>,
    FutureReader<Result<(), ErrorCode>>,
);

/// How the bytes come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By streams.
    Streams,
    /// By lists, so that TLS can be started later.
    Lists,
}

/// What passes between those who want bytes and the future that reads them.
#[derive(Default)]
struct Inbox {
    /// An empty buffer to be filled.
    wanted: Option<Vec<u8>>,
    /// A buffer that was filled, or was not since there is no more.
    filled: Option<Vec<u8>>,
    /// No more comes, for this reason.
    end: Option<Result<(), Error>>,
    /// The stream is wanted back.
    stop: bool,
    taken: Option<Taken>,
}

type Shared = Arc<Mutex<Inbox>>;

fn open(inbox: &Shared) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The receiving direction of a connection.
pub(crate) struct Reading {
    /// Gone at the end.
    reader: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    inbox: Shared,
    /// What was read, and how much of it was given out.
    buffer: Vec<u8>,
    given: usize,
    /// Bytes were asked for, once.
    begun: bool,
    asked: bool,
    end: Option<Result<(), Error>>,
}

impl Reading {
    pub(crate) fn new(raw: Arc<wit::Connection>, way: Way) -> Self {
        let inbox = Shared::default();
        let reader: Pin<Box<dyn Future<Output = ()> + Send>> = match way {
            Way::Streams => Box::pin(by_streams(raw, inbox.clone())),
            Way::Lists => Box::pin(by_lists(raw, inbox.clone())),
        };
        Self {
            reader: Some(reader),
            inbox,
            buffer: Vec::new(),
            given: 0,
            begun: false,
            asked: false,
            end: None,
        }
    }

    /// What was read and not given out.
    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.get(self.given..).unwrap_or_default()
    }

    /// That much was given out.
    pub(crate) fn consume(&mut self, count: usize) {
        self.given = self.buffer.len().min(self.given + count);
    }

    /// Waits until there is something unread (`Ok(true)`), or nothing more will come (`Ok(false)`, or why).
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        if !self.unread().is_empty() {
            return Poll::Ready(Ok(true));
        }
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone().map(|()| false));
        }
        if !self.asked {
            self.asked = true;
            self.begun = true;
            let mut buffer = std::mem::take(&mut self.buffer);
            self.given = 0;
            let wanted = match buffer.len() == buffer.capacity() {
                true => (2 * buffer.len()).clamp(SMALLEST, LARGEST),
                false => buffer.capacity(),
            };
            buffer.clear();
            buffer.reserve_exact(wanted);
            open(&self.inbox).wanted = Some(buffer);
        }
        if let Some(reader) = &mut self.reader
            && reader.as_mut().poll(context).is_ready()
        {
            self.reader = None;
        }
        let mut inbox = open(&self.inbox);
        if let Some(buffer) = inbox.filled.take() {
            self.buffer = buffer;
            self.asked = false;
        }
        if !self.buffer.is_empty() {
            return Poll::Ready(Ok(true));
        }
        match inbox.end.take() {
            Some(end) => {
                self.end = Some(end.clone());
                Poll::Ready(end.map(|()| false))
            }
            None => Poll::Pending,
        }
    }

    /// Takes what a read that is under way has brought already, and begins none.
    pub(crate) async fn settle(&mut self) {
        poll_fn(|context| {
            if self.asked {
                let _ = self.poll(context);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Takes out of the socket what has arrived and nobody will read: closing it otherwise would reset the connection, and
    /// the peer might lose what it was sent last (RFC 1122, section 4.2.2.13). Not without end: a peer that goes on sending
    /// gets its reset. Where nothing was ever read, the component does it.
    pub(crate) async fn drain(&mut self) {
        poll_fn(|context| {
            for _ in 0..DRAINED {
                let unread = self.unread().len();
                self.consume(unread);
                if !self.begun || !matches!(self.poll(context), Poll::Ready(Ok(true))) {
                    break;
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// What was read of the stream and not given out, and the stream itself; `None` if it has ended already.
    pub(crate) async fn into_stream(mut self) -> Result<(Vec<u8>, Option<Taken>), Error> {
        open(&self.inbox).stop = true;
        if let Some(reader) = self.reader.take() {
            reader.await;
        }
        let mut inbox = open(&self.inbox);
        let mut before = self.unread().to_vec();
        if let Some(filled) = inbox.filled.take() {
            before.extend(filled);
        }
        match (inbox.taken.take(), self.end.take().or(inbox.end.take())) {
            (Some(taken), _) => Ok((before, Some(taken))),
            (None, Some(Err(error))) => Err(error),
            (None, _) => Ok((before, None)),
        }
    }

    /// Stops reading.
    pub(crate) fn stop(&mut self) {
        self.reader = None;
        self.end.get_or_insert(Err(Error::new(Failure::Aborted)));
    }
}

/// A buffer to be filled; `None`: the stream is wanted back.
async fn wanted(inbox: &Shared) -> Option<Vec<u8>> {
    poll_fn(|_| {
        let mut inbox = open(inbox);
        match (inbox.wanted.take(), inbox.stop) {
            (Some(buffer), false) => Poll::Ready(Some(buffer)),
            (_, true) => Poll::Ready(None),
            // Whoever puts one there polls.
            (None, false) => Poll::Pending,
        }
    })
    .await
}

async fn by_streams(raw: Arc<wit::Connection>, inbox: Shared) {
    let (mut stream, completion) = raw.receive().await;
    let mut begun = false;
    loop {
        let Some(buffer) = wanted(&inbox).await else {
            let ended = begun && has_ended(&mut stream).await;
            open(&inbox).taken = Some(((!ended).then_some(stream), completion));
            return;
        };
        begun = true;
        let (result, buffer, stopped) = {
            let mut reading = pin!(stream.read(buffer));
            poll_fn(|context| {
                if open(&inbox).stop {
                    let (result, buffer) = reading.as_mut().cancel();
                    return Poll::Ready((result, buffer, true));
                }
                let (result, buffer) = ready!(reading.as_mut().poll(context));
                Poll::Ready((result, buffer, false))
            })
            .await
        };
        // Never touched again: wit-bindgen 0.62 does not remember that it has ended, and it would trap.
        let ended = match (result, stopped) {
            (StreamResult::Dropped, _) => true,
            (_, true) => has_ended(&mut stream).await,
            (_, false) => false,
        };
        if stopped {
            let mut inbox = open(&inbox);
            inbox.filled = Some(buffer);
            inbox.taken = Some(((!ended).then_some(stream), completion));
            return;
        }
        if ended {
            drop(stream);
            let end = completion.await.map_err(|code| reason(&raw, code));
            let mut inbox = open(&inbox);
            inbox.filled = Some(buffer);
            inbox.end = Some(end);
            return;
        }
        open(&inbox).filled = Some(buffer);
    }
}

/// Whether the stream has told that it has ended, which may have come with its last bytes and was not seen then: whoever
/// handed it on would trap the whole application.
async fn has_ended(stream: &mut StreamReader<u8>) -> bool {
    // Of no bytes, so that none is lost.
    let mut probe = pin!(stream.read(Vec::new()));
    let result = poll_fn(|context| match probe.as_mut().poll(context) {
        Poll::Ready((result, _)) => Poll::Ready(result),
        Poll::Pending => Poll::Ready(probe.as_mut().cancel().0),
    })
    .await;
    result == StreamResult::Dropped
}

async fn by_lists(raw: Arc<wit::Connection>, inbox: Shared) {
    while let Some(mut buffer) = wanted(&inbox).await {
        let limit = u32::try_from(buffer.capacity()).unwrap_or(u32::MAX);
        let read = raw.read(limit).await;
        let mut inbox = open(&inbox);
        match read {
            Ok(bytes) if !bytes.is_empty() => {
                buffer.extend_from_slice(&bytes);
                inbox.filled = Some(buffer);
            }
            ended => {
                inbox.filled = Some(buffer);
                inbox.end = Some(ended.map(|_| ()).map_err(Error::from));
                return;
            }
        }
    }
}

/// The connection knows better than its socket what went wrong with TLS.
pub(crate) fn reason(raw: &wit::Connection, code: ErrorCode) -> Error {
    match raw.failure() {
        Some(failure) => failure.into(),
        None => Error::os(code),
    }
}
