//! What moves the bytes of a transport, and tells its protocol.

use super::ahead::Ahead;
use super::exception::{from_callback, tell};
use super::handler::Handler;
use super::inner::{Inner, Stage, too_late};
use crate::TlsFailure;
use crate::clock::sleep;
use crate::error::{Error, Failure};
use crate::opening::SHUTDOWN;
use crate::reading::Reading;
use crate::wakers::Side;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// How many callbacks come before others have their turn.
const BUDGET: usize = 16;

/// So much is read behind our goodbye to hear the peer's. Whoever goes on with more has not heard ours.
const UNHEARD: usize = 16 * 1024 * 1024;

/// A transport's bytes and callbacks, until its connection is lost.
pub(super) struct Driven {
    pub(super) inner: Rc<Inner>,
    pub(super) reading: Reading,
    ahead: Ahead,
    read_ended: bool,
    /// Runs once it is closing.
    too_late: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// How much came after our goodbye.
    unheard: Option<usize>,
}

/// What comes after a turn.
enum Next {
    /// All is sent, and TLS is wanted.
    StartTls,
    /// It is over, by a goodbye or without.
    End { graceful: bool },
}

impl Driven {
    pub(super) fn new(inner: Rc<Inner>, reading: Reading) -> Self {
        Self {
            inner,
            reading,
            ahead: Ahead::default(),
            read_ended: false,
            too_late: None,
            unheard: None,
        }
    }

    /// To be spawned.
    pub(super) async fn run(mut self) {
        let graceful = loop {
            match poll_fn(|context| self.turn(context)).await {
                Next::StartTls => self.start_tls().await,
                Next::End { graceful } => break graceful,
            }
        };
        let inner = self.inner.clone();
        if graceful {
            self.reading.drain().await;
        }
        self.reading.stop();
        inner.writing.borrow_mut().stop();
        let raw = inner.raw.borrow().clone();
        match (raw, graceful) {
            // What can fail then is not for the protocol: all was handed over, and its own time is for nothing but that.
            (Some(raw), true) => drop(raw.close().await),
            (Some(raw), false) => raw.abort(),
            (None, _) => {}
        }
        let reason = inner.reason.borrow().clone();
        // Whoever writes when it is told of the loss is not starting TLS any more.
        let asked = inner.asked.take();
        inner.lost();
        if let Some(asked) = asked {
            let reason = reason.unwrap_or_else(|| Error::new(Failure::Aborted));
            asked.answer(Err(reason));
        }
    }

    /// Does what can be done now. `Ready`: there is nothing more to do here.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        for _ in 0..BUDGET {
            let waker = context.waker().clone();
            *self.inner.waker.borrow_mut() = Some(waker);
            if self.inner.stage.get() == Stage::Ending {
                return Poll::Ready(Next::End { graceful: false });
            }
            let before = self.inner.size();
            let idle = match self.inner.send(context) {
                Ok(polled) => polled.is_ready(),
                Err(error) => {
                    self.fail("Fatal write error on socket transport", error);
                    continue;
                }
            };
            if self.inner.resume_due.take() || self.inner.size() < before {
                self.inner.sent();
            }
            // The callback may have written or closed.
            let idle = idle && self.inner.size() == 0;
            match self.inner.stage.get() {
                Stage::Ending => continue,
                Stage::Closing => {
                    if self.say_goodbye(idle, context).is_ready() {
                        return Poll::Ready(Next::End { graceful: true });
                    }
                    if self.inner.stage.get() == Stage::Ending
                        || self.hear_goodbye(context).is_ready()
                    {
                        continue;
                    }
                    return Poll::Pending;
                }
                Stage::Open => {}
            }
            if self.inner.asked.borrow().is_some() {
                return match idle {
                    true => Poll::Ready(Next::StartTls),
                    false => Poll::Pending,
                };
            }
            if idle && self.inner.eof_wanted.get() {
                let mut writing = self.inner.writing.borrow_mut();
                let finished = writing.poll_finish(Side::Sender, context);
                drop(writing);
                if let Poll::Ready(Err(error)) = finished {
                    self.fail("Fatal write error on socket transport", error);
                    continue;
                }
            }
            if self.read_ended {
                return Poll::Pending;
            }
            if self.inner.reading_paused.get() {
                match self.read_ahead(context) {
                    Poll::Ready(()) => continue,
                    Poll::Pending => return Poll::Pending,
                }
            }
            if !self.ahead.unread().is_empty() {
                self.deliver();
                continue;
            }
            match self.reading.poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(true)) => self.deliver(),
                Poll::Ready(Ok(false)) => self.end_of_file(),
                Poll::Ready(Err(error)) => self.end_of_reading(error),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// While the protocol does not want it: with TLS, asyncio keeps the peer from waiting, up to a limit. `Pending`: no more
    /// for now.
    fn read_ahead(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let limits = self.inner.read_limits.get();
        if !self.inner.tls.get() || !self.ahead.wants(limits) {
            return Poll::Pending;
        }
        match ready!(self.reading.poll(context)) {
            Ok(true) => {
                let unread = self.reading.unread();
                self.ahead.push(unread);
                let count = unread.len();
                self.reading.consume(count);
                Poll::Ready(())
            }
            // The end waits until the protocol reads again; one without a goodbye is an end too.
            Ok(false) => {
                self.ahead.ended = true;
                Poll::Pending
            }
            Err(error) if matches!(error.failure(), Failure::Tls(TlsFailure::Truncated)) => {
                self.ahead.ended = true;
                Poll::Pending
            }
            // An error does not wait, and what was read ahead is lost, as in asyncio.
            Err(error) => {
                self.end_of_reading(error);
                Poll::Ready(())
            }
        }
    }

    /// With TLS, the peer's own goodbye is waited for. What it says before that is for nobody: asyncio makes it an error if
    /// it comes after ours. `Pending`: nothing has come.
    fn hear_goodbye(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.inner.tls.get() || self.read_ended {
            return Poll::Pending;
        }
        match ready!(self.reading.poll(context)) {
            Ok(true) => {
                let unread = self.reading.unread().len();
                self.reading.consume(unread);
                self.unheard = self.unheard.map(|it| it + unread);
            }
            Ok(false) => self.end_of_file(),
            // Nothing is missing that somebody would have read.
            Err(error) if matches!(error.failure(), Failure::Tls(TlsFailure::Truncated)) => {
                self.end_of_file();
            }
            Err(error) => self.end_of_reading(error),
        }
        Poll::Ready(())
    }

    /// Once all is sent, tells the peer that no more will come. `Ready`: it knows, and with TLS has said the same.
    fn say_goodbye(&mut self, idle: bool, context: &mut Context<'_>) -> Poll<()> {
        if idle {
            let mut writing = self.inner.writing.borrow_mut();
            match writing.poll_finish(Side::Sender, context) {
                Poll::Ready(Ok(())) if !self.inner.tls.get() || self.read_ended => {
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) if self.unheard.is_some_and(|it| it > UNHEARD) => {
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) => {
                    self.unheard.get_or_insert(0);
                }
                Poll::Ready(Err(error)) => {
                    drop(writing);
                    self.fail("Fatal write error on socket transport", error);
                    return Poll::Pending;
                }
                Poll::Pending => {}
            }
        }
        // asyncio's plain transports flush as long as it takes.
        let limit = self.inner.shutdown_timeout;
        let limit = limit.or(self.inner.tls.get().then_some(SHUTDOWN));
        if let Some(limit) = limit {
            let timer = &mut self.too_late;
            let timer = timer.get_or_insert_with(|| Box::pin(sleep(limit)));
            if timer.as_mut().poll(context).is_ready() {
                self.inner.end(Some(too_late()));
            }
        }
        Poll::Pending
    }

    fn fail(&self, message: &str, error: Error) {
        self.inner.fail(message, error);
    }

    /// What has come, and was not given to the protocol.
    pub(super) fn unread(&self) -> &[u8] {
        match self.ahead.unread() {
            [] => self.reading.unread(),
            ahead => ahead,
        }
    }

    fn consume(&mut self, count: usize) {
        match self.ahead.unread() {
            [] => self.reading.consume(count),
            _ => self.ahead.consume(count),
        }
    }

    /// Gives the protocol what has come.
    fn deliver(&mut self) {
        let Some(handler) = self.inner.handler() else {
            return;
        };
        match handler {
            Handler::Stream(protocol) => {
                let unread = self.unread();
                let result = protocol.data_received(unread);
                let count = unread.len();
                self.consume(count);
                self.check("data_received", result);
            }
            Handler::Buffered(protocol) => {
                let unread = self.unread();
                let hint = self.inner.tls.get().then_some(unread.len());
                let mut buffer = match protocol.get_buffer(hint) {
                    Ok(buffer) => buffer,
                    Err(error) => return self.check("get_buffer", Err(error)),
                };
                let count = buffer.len().min(unread.len());
                if count == 0 {
                    let empty = "get_buffer() returned an empty buffer";
                    return self.check("get_buffer", Err(empty.into()));
                }
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), unread.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.consume(count);
                let result = protocol.buffer_updated(buffer, count);
                self.check("buffer_updated", result);
            }
        }
    }

    /// Ends the connection if a callback has failed.
    fn check(&self, name: &str, result: super::Callback) {
        if let Err(error) = result {
            let message = match (self.inner.tls.get(), name) {
                (true, "eof_received") => "Error calling eof_received()".to_owned(),
                (true, _) => "Fatal error on SSL protocol".to_owned(),
                (false, name) => format!("Fatal error: protocol.{name}() call failed."),
            };
            self.fail(&message, from_callback(error));
        }
    }

    fn end_of_file(&mut self) {
        self.read_ended = true;
        let Some(handler) = self.inner.handler() else {
            return;
        };
        match handler.eof_received() {
            Ok(true) if self.inner.tls.get() => {
                let text = "returning true from eof_received() has no effect when using ssl";
                tell(text, None);
                self.inner.close();
            }
            Ok(true) => {}
            Ok(false) => self.inner.close(),
            Err(error) => self.check("eof_received", Err(error)),
        }
    }

    fn end_of_reading(&mut self, error: Error) {
        self.read_ended = true;
        // Somebody has closed it below: it is no error of the network's.
        let reason = match error.failure() {
            Failure::Aborted => None,
            _ => Some(error),
        };
        match reason {
            Some(error) => self.fail("Fatal read error on socket transport", error),
            None => self.inner.end(None),
        }
    }
}

/// The task was dropped, with the export that had spawned it: nobody moves the bytes any more.
impl Drop for Driven {
    fn drop(&mut self) {
        let inner = &self.inner;
        if inner.closed.is_set() {
            return;
        }
        inner.end(Some(Error::new(Failure::Aborted)));
        self.reading.stop();
        inner.writing.borrow_mut().stop();
        let raw = inner.raw.borrow_mut().take();
        if let Some(raw) = raw {
            raw.abort();
        }
        let asked = inner.asked.take();
        inner.lost();
        if let Some(asked) = asked {
            asked.answer(Err(Error::new(Failure::Aborted)));
        }
    }
}
