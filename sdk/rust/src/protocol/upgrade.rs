//! TLS on a transport that had none: asyncio's `loop.start_tls`.

use super::driver::Driven;
use super::extra::Known;
use super::inner::{Inner, Stage};
use crate::TlsFailure;
use crate::bindings::switchboard::connect::streams as wit;
use crate::clock::nanoseconds;
use crate::error::{Error, Failure};
use crate::reading::{Reading, Way};
use crate::tls::Tls;
use crate::writing::Writing;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What passes between whoever wants TLS and the task that starts it.
pub(super) struct Asked {
    tls: Tls,
    answer: Rc<Answer>,
}

#[derive(Default)]
struct Answer {
    result: RefCell<Option<Result<(), Error>>>,
    waker: RefCell<Option<Waker>>,
}

impl Asked {
    pub(super) fn answer(self, result: Result<(), Error>) {
        *self.answer.result.borrow_mut() = Some(result);
        if let Some(waker) = self.answer.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// A call that waits until TLS has started. Dropping it ends the connection.
pub(super) struct Starting {
    inner: Rc<Inner>,
    answer: Rc<Answer>,
    answered: bool,
}

impl Starting {
    pub(super) fn new(inner: Rc<Inner>, tls: Tls) -> Result<Self, Error> {
        if inner.way.get() != Way::Lists || inner.asked.borrow().is_some() {
            let text = "the transport is not supported by start_tls(): it is not upgradable";
            return Err(Error::invalid(text));
        }
        if inner.stage.get() != Stage::Open {
            return Err(Error::new(Failure::Aborted));
        }
        if inner.eof_wanted.get() {
            let text = "Cannot call start_tls() after write_eof()";
            return Err(Error::invalid(text));
        }
        let answer = Rc::<Answer>::default();
        *inner.asked.borrow_mut() = Some(Asked {
            tls,
            answer: answer.clone(),
        });
        inner.wake();
        Ok(Self {
            inner,
            answer,
            answered: false,
        })
    }
}

impl Future for Starting {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        *self.answer.waker.borrow_mut() = Some(context.waker().clone());
        let result = self.answer.result.borrow_mut().take();
        match result {
            Some(result) => {
                self.answered = true;
                Poll::Ready(result)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        // asyncio forgets to tell the protocol (ASYNCIO D.3).
        if !self.answered {
            self.inner.end(None);
        }
    }
}

impl Driven {
    /// Starts the TLS that was asked for, after all was sent. If it fails, the connection ends.
    pub(super) async fn start_tls(&mut self) {
        let tls = self.inner.asked.borrow().as_ref().map(|it| it.tls.clone());
        let Some(tls) = tls else { return };
        match self.secured(&tls).await {
            Ok(raw) => {
                self.adopt(Arc::new(raw));
                if let Some(asked) = self.inner.asked.take() {
                    asked.answer(Ok(()));
                }
            }
            // Whoever asked is answered when the protocol was told.
            Err(reason) => self.inner.end(reason),
        }
    }

    /// The same connection with TLS, or why there is none; no reason if it was closed in the meantime.
    async fn secured(&mut self, tls: &Tls) -> Result<wit::Connection, Option<Error>> {
        // A read is under way unless reading was paused.
        self.reading.settle().await;
        let unread = self.unread().len();
        if unread > 0 {
            let text = format!("the peer has said {unread} bytes before TLS that nobody has read");
            return Err(Some(TlsFailure::Protocol(text).into()));
        }
        // Ends what is under way, so that nothing else has the connection.
        self.reading.stop();
        self.inner.writing.borrow_mut().stop();
        let raw = self.inner.raw.borrow_mut().take();
        let raw = raw.and_then(Arc::into_inner);
        let raw = raw.ok_or_else(|| Error::invalid("the connection is in use"))?;
        let options = wit::StartTlsOptions {
            tls: tls.option(),
            server_name: tls.server_name.clone(),
            handshake_timeout: tls.handshake_timeout.map(nanoseconds),
            shutdown_timeout: self.inner.shutdown_timeout.map(nanoseconds),
        };
        let mut call = pin!(wit::start_tls(raw, options));
        poll_fn(|context| {
            *self.inner.waker.borrow_mut() = Some(context.waker().clone());
            match self.inner.stage.get() {
                Stage::Open => {
                    let started = call.as_mut().poll(context);
                    started.map_err(|error| Some(error.into()))
                }
                // To close during the handshake is to abort (ASYNCIO D.2).
                Stage::Closing | Stage::Ending => Poll::Ready(Err(None)),
            }
        })
        .await
    }

    /// Goes on with this connection.
    fn adopt(&mut self, raw: Arc<wit::Connection>) {
        let inner = &self.inner;
        *inner.known.borrow_mut() = Known::of(&raw);
        inner.tls.set(true);
        inner.way.set(Way::Streams);
        inner.flow.set(inner.flow.get().secured());
        inner.resume_due.set(true);
        inner.reading_paused.set(false);
        *inner.writing.borrow_mut() = Writing::new(raw.clone(), Way::Streams);
        self.reading = Reading::new(raw.clone(), Way::Streams);
        *inner.raw.borrow_mut() = Some(raw);
    }
}
