//! What a transport and the task that moves its bytes have in common.

use super::closed::Closed;
use super::exception::{only_tell, tell};
use super::extra::Known;
use super::flow::{Flow, Limits, Turn};
use super::handler::Handler;
use super::upgrade::Asked;
use crate::bindings::switchboard::connect::streams as wit;
use crate::error::{Error, Failure};
use crate::reading::Way;
use crate::wakers::Side;
use crate::writing::Writing;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How many writes are dropped in silence before each is told: asyncio's `LOG_THRESHOLD_FOR_CONNLOST_WRITES`.
const SILENT: u32 = 5;

/// How far it is with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// In use.
    Open,
    /// Closed by `close` or the peer: what is unsent is still sent.
    Closing,
    /// Nothing is sent any more; `connection_lost` is about to come, or has come.
    Ending,
}

pub(super) struct Inner {
    /// Not there while TLS is being started.
    pub(super) raw: RefCell<Option<Arc<wit::Connection>>>,
    pub(super) way: Cell<Way>,
    pub(super) tls: Cell<bool>,
    /// Somebody wants TLS to be started.
    pub(super) asked: RefCell<Option<Asked>>,
    pub(super) shutdown_timeout: Option<Duration>,
    pub(super) known: RefCell<Known>,
    pub(super) handler: RefCell<Option<Handler>>,
    pub(super) writing: RefCell<Writing>,
    pub(super) unsent: RefCell<VecDeque<u8>>,
    pub(super) flow: Cell<Flow>,
    /// Something was written while writing was paused: the task looks whether it can be resumed.
    pub(super) resume_due: Cell<bool>,
    pub(super) read_limits: Cell<Limits>,
    pub(super) stage: Cell<Stage>,
    pub(super) reading_paused: Cell<bool>,
    pub(super) eof_wanted: Cell<bool>,
    pub(super) dropped_writes: Cell<u32>,
    /// The protocol was told that it is lost.
    pub(super) closed: Closed,
    /// Why it ended.
    pub(super) reason: RefCell<Option<Error>>,
    /// Of the task that moves the bytes.
    pub(super) waker: RefCell<Option<Waker>>,
}

impl Inner {
    pub(super) fn handler(&self) -> Option<Handler> {
        self.handler.borrow().clone()
    }

    pub(super) fn set_handler(&self, handler: Handler) {
        // The old one may call the transport when it is dropped: not while it is borrowed.
        let old = match &mut *self.handler.borrow_mut() {
            Some(slot) => std::mem::replace(slot, handler),
            None => handler,
        };
        drop(old);
    }

    pub(super) fn only_tls(&self, name: &str) -> Result<(), Error> {
        match self.tls.get() {
            true => Ok(()),
            false => {
                let text = format!("{name}() is not supported without TLS");
                Err(Error::new(Failure::NotSupported(text)))
            }
        }
    }

    pub(super) fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn size(&self) -> usize {
        if self.stage.get() == Stage::Ending {
            return 0;
        }
        self.unsent.borrow().len() + self.writing.borrow().under_way()
    }

    pub(super) fn write(&self, name: &str, pieces: &[IoSlice<'_>]) -> Result<(), Error> {
        if self.eof_wanted.get() {
            return Err(Error::invalid(format!(
                "Cannot call {name}() after write_eof()"
            )));
        }
        if self.asked.borrow().is_some() {
            return Err(Error::invalid(format!(
                "Cannot call {name}() while TLS is being started"
            )));
        }
        if pieces.iter().all(|it| it.is_empty()) {
            return Ok(());
        }
        let accepted = match self.stage.get() {
            Stage::Open => true,
            // asyncio's plain transports take more while they flush, those of TLS do not.
            Stage::Closing => !self.tls.get() && self.size() > 0,
            Stage::Ending => false,
        };
        if !accepted {
            self.drop_write();
            return Ok(());
        }
        // As much as is taken at once.
        let waker = self.waker.borrow().clone();
        let waker = waker.unwrap_or_else(|| Waker::noop().clone());
        if self.offer(&Context::from_waker(&waker), pieces).is_err() {
            // It is told when its turn comes, as every end is.
            self.wake();
        }
        self.added();
        // This write may have handed over what the protocol was paused for, which the task then does not see. Not told here:
        // a protocol that writes when it is told would come back to where it is.
        if self.flow.get().paused() {
            self.resume_due.set(true);
            self.wake();
        }
        Ok(())
    }

    /// Sends these, after what is unsent; what is not taken at once is unsent then.
    fn offer(&self, context: &Context<'_>, pieces: &[IoSlice<'_>]) -> Result<(), Error> {
        let mut taken = 0;
        if self.unsent.borrow().is_empty() {
            let mut writing = self.writing.borrow_mut();
            if let Poll::Ready(count) = writing.poll_write(Side::Sender, context, pieces) {
                taken = count?;
            }
        }
        let mut unsent = self.unsent.borrow_mut();
        for piece in pieces {
            let skipped = taken.min(piece.len());
            taken -= skipped;
            unsent.extend(piece.get(skipped..).unwrap_or_default());
        }
        drop(unsent);
        self.send(context).map(|_| ())
    }

    fn drop_write(&self) {
        let dropped = self.dropped_writes.get() + 1;
        self.dropped_writes.set(dropped);
        match self.tls.get() {
            false if dropped >= SILENT => tell("socket.send() raised exception.", None),
            true if dropped > SILENT => tell("SSL connection is closed", None),
            _ => {}
        }
    }

    /// Sends what is unsent, as far as it is taken. `Ready`: nothing is under way.
    pub(super) fn send(&self, context: &Context<'_>) -> Result<Poll<()>, Error> {
        let mut writing = self.writing.borrow_mut();
        let mut unsent = self.unsent.borrow_mut();
        loop {
            if unsent.is_empty() {
                return match writing.poll_flush(Side::Sender, context) {
                    Poll::Ready(result) => result.map(Poll::Ready),
                    Poll::Pending => Ok(Poll::Pending),
                };
            }
            let (front, back) = unsent.as_slices();
            let pieces = [IoSlice::new(front), IoSlice::new(back)];
            match writing.poll_write(Side::Sender, context, &pieces) {
                Poll::Ready(Ok(count)) => drop(unsent.drain(..count)),
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
    }

    /// After something was written, or the limits were set.
    pub(super) fn added(&self) {
        let mut flow = self.flow.get();
        let turn = flow.added(self.size());
        self.flow.set(flow);
        if turn == Some(Turn::Pause)
            && let Some(handler) = self.handler()
        {
            only_tell("protocol.pause_writing() failed", handler.pause_writing());
        }
    }

    /// After something was sent.
    pub(super) fn sent(&self) {
        let mut flow = self.flow.get();
        let turn = flow.sent(self.size());
        self.flow.set(flow);
        if turn == Some(Turn::Resume)
            && let Some(handler) = self.handler()
        {
            only_tell("protocol.resume_writing() failed", handler.resume_writing());
        }
    }

    pub(super) fn close(&self) {
        if self.stage.get() == Stage::Open {
            self.stage.set(Stage::Closing);
            self.wake();
        }
    }

    /// Ends it, for this reason if there is none yet.
    pub(super) fn end(&self, reason: Option<Error>) {
        if self.stage.get() < Stage::Ending {
            self.stage.set(Stage::Ending);
            *self.reason.borrow_mut() = reason;
            self.unsent.borrow_mut().clear();
            self.wake();
        }
    }

    /// Ends it because of an error; one that is no `OSError` in asyncio is told to the exception handler too.
    pub(super) fn fail(&self, message: &str, error: Error) {
        match error.failure() {
            Failure::Callback(error) if error.is::<io::Error>() => {}
            Failure::Callback(_)
            | Failure::InvalidArgument(_)
            | Failure::NotSupported(_)
            | Failure::All(_) => tell(message, Some(&error)),
            Failure::RefusedNetwork(_)
            | Failure::Lookup(_)
            | Failure::Os(_)
            | Failure::Tls(_)
            | Failure::TimedOut(_)
            | Failure::Aborted => {}
        }
        self.end(Some(error));
    }

    /// Tells the protocol that it is over.
    pub(super) fn lost(&self) {
        let handler = self.handler.borrow_mut().take();
        let reason = self.reason.borrow_mut().take();
        self.known.borrow_mut().tls = None;
        if let Some(handler) = handler {
            handler.connection_lost(reason.as_ref());
        }
        self.closed.set();
    }
}

/// The error of a peer that did not take the end of what was sent in time, or with TLS did not say goodbye.
pub(super) fn too_late() -> Error {
    Error::new(Failure::TimedOut(None))
}
