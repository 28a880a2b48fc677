//! What a protocol does to its connection.

use super::driver::Driven;
use super::exception::{only_tell, tell};
use super::extra::{Extra, Known};
use super::flow::{Flow, Limits, Turn};
use super::handler::Handler;
use super::{BufferedProtocol, Protocol};
use crate::bindings::switchboard::connect::streams as wit;
use crate::connection::Connection;
use crate::error::{Error, Failure};
use crate::timeline::{self, Step};
use crate::wakers::Side;
use crate::writing::Writing;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io::IoSlice;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How many writes are dropped in silence before each is told: asyncio's `LOG_THRESHOLD_FOR_CONNLOST_WRITES`.
const SILENT: u32 = 5;

/// A stream connection, as its protocol sees it: asyncio's `Transport`. Cheap to clone, all clones are the same. The
/// connection stays open until it is closed, whoever has the transport.
///
/// ```no_run
/// use switchboard_client::protocol::{Transport, Protocol, create_connection};
/// # struct Ignore;
/// # impl Protocol for Ignore {}
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// # let connector = switchboard_client::Connector::new("localhost", 7);
/// let (transport, _protocol) = create_connection(|| Ignore, connector).await?;
/// transport.write(b"goodbye\n")?;
/// transport.close();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Transport(pub(super) Rc<Inner>);

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
    pub(super) raw: Arc<wit::Connection>,
    pub(super) tls: bool,
    pub(super) shutdown_timeout: Option<Duration>,
    known: RefCell<Known>,
    pub(super) handler: RefCell<Option<Handler>>,
    pub(super) writing: RefCell<Writing>,
    pub(super) unsent: RefCell<VecDeque<u8>>,
    flow: Cell<Flow>,
    pub(super) stage: Cell<Stage>,
    pub(super) reading_paused: Cell<bool>,
    pub(super) eof_wanted: Cell<bool>,
    dropped_writes: Cell<u32>,
    /// The protocol was told that it is lost, for which these wait.
    over: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    /// Why it ended.
    pub(super) reason: RefCell<Option<Error>>,
    /// Of the task that moves the bytes.
    pub(super) waker: RefCell<Option<Waker>>,
}

impl Transport {
    /// The transport, and what moves its bytes.
    pub(super) fn new(
        connection: Connection,
        shutdown_timeout: Option<Duration>,
        handler: Handler,
    ) -> Result<(Self, Driven), Error> {
        let known = Known {
            sockname: connection.local_addr(),
            peername: connection.peer_addr(),
            tls: connection.tls(),
        };
        let Connection { reading, shared } = connection;
        let shared = Arc::into_inner(shared);
        let shared = shared.ok_or_else(|| Error::invalid("the connection is in use"))?;
        let writing = shared.writing.into_inner();
        let tls = known.tls.is_some();
        let inner = Rc::new(Inner {
            raw: shared.raw,
            tls,
            shutdown_timeout,
            known: RefCell::new(known),
            handler: RefCell::new(Some(handler)),
            writing: RefCell::new(writing.unwrap_or_else(PoisonError::into_inner)),
            unsent: RefCell::default(),
            flow: Cell::new(Flow::new(tls)),
            stage: Cell::new(Stage::Open),
            reading_paused: Cell::new(false),
            eof_wanted: Cell::new(false),
            dropped_writes: Cell::new(0),
            over: Cell::new(false),
            waiting: RefCell::default(),
            reason: RefCell::new(None),
            waker: RefCell::new(None),
        });
        Ok((Self(inner.clone()), Driven::new(inner, reading)))
    }

    /// Sends these bytes, after all that was written before. It does not wait: what is not sent at once is kept, and
    /// [`pause_writing`](Protocol::pause_writing) asks for a pause. After the connection has ended they are dropped.
    /// Fails after `write_eof`.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// transport.write(b"hello\n")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn write(&self, data: &[u8]) -> Result<(), Error> {
        self.0.write("write", &[IoSlice::new(data)])
    }

    /// Sends all of these together, as one write.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// transport.writelines(["one\n", "two\n"])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn writelines(
        &self,
        lines: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<(), Error> {
        let lines: Vec<_> = lines.into_iter().collect();
        let slices = lines.iter().map(|it| IoSlice::new(it.as_ref()));
        self.0.write("writelines", &slices.collect::<Vec<_>>())
    }

    /// Tells the peer that no more will come, once all is sent; again, or when it is closing: nothing. Not with TLS.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// if transport.can_write_eof() {
    ///     transport.write_eof()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn write_eof(&self) -> Result<(), Error> {
        if self.0.tls {
            let text = "write_eof() is not supported with TLS".to_owned();
            return Err(Error::new(Failure::NotSupported(text)));
        }
        if self.0.stage.get() == Stage::Open && !self.0.eof_wanted.replace(true) {
            self.0.wake();
        }
        Ok(())
    }

    /// Whether [`write_eof`](Self::write_eof) can be called: not with TLS.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// let half_close = transport.can_write_eof();
    /// # }
    /// ```
    #[must_use]
    pub fn can_write_eof(&self) -> bool {
        !self.0.tls
    }

    /// How much is written and not sent yet, in bytes.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// println!("{} bytes wait", transport.get_write_buffer_size());
    /// # }
    /// ```
    #[must_use]
    pub fn get_write_buffer_size(&self) -> usize {
        self.0.size()
    }

    /// The limits of the flow control: the lower one, and the higher one.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// let (low, high) = transport.get_write_buffer_limits();
    /// # }
    /// ```
    #[must_use]
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        let Limits { high, low } = self.0.flow.get().limits;
        (low, high)
    }

    /// Sets at how much that is not sent writing is paused and resumed. What is left out is a quarter, or four times, of what is
    /// given; both left out, it is 64 KiB and 16 KiB, with TLS 512 KiB and 128 KiB.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// transport.set_write_buffer_limits(Some(1 << 20), None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_write_buffer_limits(
        &self,
        high: Option<usize>,
        low: Option<usize>,
    ) -> Result<(), Error> {
        let default = if self.0.tls {
            Limits::TLS
        } else {
            Limits::PLAIN
        };
        let limits = Limits::new(high, low, default)?;
        let flow = self.0.flow.get();
        self.0.flow.set(flow.with(limits));
        self.0.added();
        Ok(())
    }

    /// No more bytes are given to the protocol, until [`resume_reading`](Self::resume_reading).
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// transport.pause_reading();
    /// # }
    /// ```
    pub fn pause_reading(&self) {
        if self.0.stage.get() == Stage::Open {
            self.0.reading_paused.set(true);
        }
    }

    /// Bytes are given to the protocol again.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// transport.resume_reading();
    /// # }
    /// ```
    pub fn resume_reading(&self) {
        if self.0.stage.get() == Stage::Open && self.0.reading_paused.replace(false) {
            self.0.wake();
        }
    }

    /// Whether bytes are given to the protocol: it is neither closing nor paused.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// assert!(transport.is_reading());
    /// # }
    /// ```
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.0.stage.get() == Stage::Open && !self.0.reading_paused.get()
    }

    /// Whether it is closed, or about to be.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// assert!(!transport.is_closing());
    /// # }
    /// ```
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.0.stage.get() > Stage::Open
    }

    /// Stops reading, sends what is unsent, and closes; then comes `connection_lost`. With TLS that may take as long as the
    /// [`shutdown_timeout`](crate::Connector::shutdown_timeout); without, as long as it takes, unless one was asked for.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// transport.close();
    /// # }
    /// ```
    pub fn close(&self) {
        self.0.close();
    }

    /// Closes at once: what is unsent is lost. `connection_lost` comes a moment later.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// transport.abort();
    /// # }
    /// ```
    pub fn abort(&self) {
        self.0.end(None);
    }

    /// Waits until the connection is lost, and its protocol was told. An export that returns before may take the whole program
    /// along: `wasmtime run` ends with `run`. asyncio: `StreamWriter.wait_closed`.
    ///
    /// ```no_run
    /// # async fn example(transport: switchboard_client::protocol::Transport) {
    /// transport.close();
    /// transport.wait_closed().await;
    /// # }
    /// ```
    pub async fn wait_closed(&self) {
        poll_fn(|context| {
            if self.0.over.get() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            self.0.waiting.borrow_mut().push(waker);
            Poll::Pending
        })
        .await;
    }

    /// What is known of the connection: `sockname`, `peername`, and with TLS `ssl_object`, `cipher` and `peercert`. What
    /// TLS agreed on is forgotten when the connection is lost.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// println!("{:?}", transport.get_extra_info("peername"));
    /// # }
    /// ```
    #[must_use]
    pub fn get_extra_info(&self, name: &str) -> Option<Extra> {
        self.0.known.borrow().get(name)
    }

    /// What was done to connect, in the order of its start.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// for step in transport.timeline() {
    ///     println!("{step}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn timeline(&self) -> Vec<Step> {
        timeline::steps(self.0.raw.timeline())
    }

    /// From now on this protocol is told what happens; it is not told that the connection was made.
    ///
    /// ```no_run
    /// # use switchboard_client::protocol::{Protocol, Transport};
    /// # struct Body;
    /// # impl Protocol for Body {}
    /// # fn example(transport: &Transport) {
    /// transport.set_protocol(std::rc::Rc::new(Body));
    /// # }
    /// ```
    pub fn set_protocol(&self, protocol: Rc<dyn Protocol>) {
        self.0.set_handler(Handler::Stream(protocol));
    }

    /// The same with a [`BufferedProtocol`].
    ///
    /// ```no_run
    /// # use switchboard_client::protocol::{BufferedProtocol, Transport};
    /// # fn example(transport: &Transport, body: std::rc::Rc<dyn BufferedProtocol>) {
    /// transport.set_buffered_protocol(body);
    /// # }
    /// ```
    pub fn set_buffered_protocol(&self, protocol: Rc<dyn BufferedProtocol>) {
        self.0.set_handler(Handler::Buffered(protocol));
    }

    /// The protocol that is told what happens; `None` after the connection was lost.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) {
    /// let over = transport.get_protocol().is_none();
    /// # }
    /// ```
    #[must_use]
    pub fn get_protocol(&self) -> Option<Handler> {
        self.0.handler()
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("known", &self.0.known)
            .field("stage", &self.0.stage)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn handler(&self) -> Option<Handler> {
        self.handler.borrow().clone()
    }

    fn set_handler(&self, handler: Handler) {
        if let Some(slot) = &mut *self.handler.borrow_mut() {
            *slot = handler;
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

    fn write(&self, name: &str, pieces: &[IoSlice<'_>]) -> Result<(), Error> {
        if self.eof_wanted.get() {
            return Err(Error::invalid(format!(
                "Cannot call {name}() after write_eof()"
            )));
        }
        if pieces.iter().all(|it| it.is_empty()) {
            return Ok(());
        }
        let accepted = match self.stage.get() {
            Stage::Open => true,
            // asyncio's plain transports take more while they flush, those of TLS do not.
            Stage::Closing => !self.tls && self.size() > 0,
            Stage::Ending => false,
        };
        if !accepted {
            self.drop_write();
            return Ok(());
        }
        let mut unsent = self.unsent.borrow_mut();
        for piece in pieces {
            unsent.extend(piece.iter());
        }
        drop(unsent);
        // As much as is taken at once.
        let waker = self.waker.borrow().clone();
        let waker = waker.unwrap_or_else(|| Waker::noop().clone());
        if self.send(&Context::from_waker(&waker)).is_err() {
            // It is told when its turn comes, as every end is.
            self.wake();
        }
        self.added();
        if self.tls {
            self.sent();
        }
        Ok(())
    }

    fn drop_write(&self) {
        let dropped = self.dropped_writes.get() + 1;
        self.dropped_writes.set(dropped);
        match self.tls {
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
    fn added(&self) {
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

    /// Ends it because of an error; one that is not the network's is told to the exception handler too.
    pub(super) fn fail(&self, message: &str, error: Error) {
        if matches!(
            error.failure(),
            Failure::Callback(_) | Failure::InvalidArgument(_)
        ) {
            tell(message, Some(&error));
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
        self.over.set(true);
        for waker in self.waiting.take() {
            waker.wake();
        }
    }
}

/// The error of a peer that did not take the end of what was sent in time.
pub(super) fn too_late() -> Error {
    Error::new(Failure::TimedOut(None))
}
