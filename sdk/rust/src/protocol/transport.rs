//! What a protocol does to its connection.

use super::closed::Closed;
use super::driver::Driven;
use super::extra::{Extra, Known};
use super::flow::{Flow, Limits};
use super::handler::Handler;
use super::inner::{Inner, Stage};
use super::upgrade::Starting;
use super::{BufferedProtocol, Protocol};
use crate::error::{Error, Failure};
use crate::opening::Opened;
use crate::reading::Reading;
use crate::timeline::{self, Step};
use crate::tls::Tls;
use crate::writing::Writing;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::IoSlice;
use std::rc::Rc;
use std::sync::Arc;

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

impl Transport {
    /// The transport, and what moves its bytes.
    pub(super) fn new(opened: Opened, handler: Handler) -> (Self, Driven) {
        let Opened {
            raw,
            way,
            shutdown_timeout,
        } = opened;
        let raw = Arc::new(raw);
        let known = Known::of(&raw);
        let tls = known.tls.is_some();
        let inner = Rc::new(Inner {
            raw: RefCell::new(Some(raw.clone())),
            way: Cell::new(way),
            tls: Cell::new(tls),
            asked: RefCell::new(None),
            shutdown_timeout,
            known: RefCell::new(known),
            handler: RefCell::new(Some(handler)),
            writing: RefCell::new(Writing::new(raw.clone(), way)),
            unsent: RefCell::default(),
            flow: Cell::new(Flow::new(tls)),
            resume_due: Cell::new(false),
            read_limits: Cell::new(Limits::READ),
            stage: Cell::new(Stage::Open),
            reading_paused: Cell::new(false),
            eof_wanted: Cell::new(false),
            dropped_writes: Cell::new(0),
            closed: Closed::default(),
            reason: RefCell::new(None),
            waker: RefCell::new(None),
        });
        let reading = Reading::new(raw, way);
        (Self(inner.clone()), Driven::new(inner, reading))
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
        if self.0.tls.get() {
            let text = "write_eof() is not supported with TLS".to_owned();
            return Err(Error::new(Failure::NotSupported(text)));
        }
        if self.0.asked.borrow().is_some() {
            let text = "Cannot call write_eof() while TLS is being started";
            return Err(Error::invalid(text));
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
        !self.0.tls.get()
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
        let default = if self.0.tls.get() {
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

    /// The limits of what is read ahead while reading is paused: the lower one, and the higher one. Only with TLS; without,
    /// nothing is.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// let (low, high) = transport.get_read_buffer_limits()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_read_buffer_limits(&self) -> Result<(usize, usize), Error> {
        self.0.only_tls("get_read_buffer_limits")?;
        let Limits { high, low } = self.0.read_limits.get();
        Ok((low, high))
    }

    /// Sets how much is read ahead while reading is paused, so that the peer need not wait: no more is taken from it at the higher
    /// limit, until the lower one is reached. What is left out is a quarter, or four times, of what is given; both left out, it is
    /// 256 KiB and 64 KiB. Only with TLS.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// transport.set_read_buffer_limits(Some(1 << 20), None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_read_buffer_limits(
        &self,
        high: Option<usize>,
        low: Option<usize>,
    ) -> Result<(), Error> {
        self.0.only_tls("set_read_buffer_limits")?;
        let limits = Limits::new(high, low, Limits::READ.high)?;
        self.0.read_limits.set(limits);
        self.0.wake();
        Ok(())
    }

    /// Speaks TLS from now on, once both sides have agreed to: asyncio's `loop.start_tls`. It needs a connection that was opened
    /// [`upgradable`](crate::Connector::upgradable). What was written before is sent before; until it is done, writing is an
    /// error. What the peer has said before and was not given to the protocol is no part of TLS: then it fails, for somebody
    /// else may have put it there. What arrives at this very moment may be lost, and is never taken for TLS. The protocol is not told that the connection was made again.
    ///
    /// Where asyncio returns a new transport, this is the same one, with the limits of TLS. Reading is resumed. If it fails the
    /// connection is closed, and the protocol is told the same error by `connection_lost`. Dropping the future is
    /// [`abort`](Self::abort).
    ///
    /// ```no_run
    /// use switchboard_client::Tls;
    /// # async fn example(transport: switchboard_client::protocol::Transport) -> Result<(), switchboard_client::Error> {
    /// transport.start_tls(Tls::new().server_name("mail.example.com")).await?;
    /// transport.write(b"EHLO client\r\n")?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_tls(&self, tls: Tls) -> Result<(), Error> {
        Starting::new(self.0.clone(), tls)?.await
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

    /// Stops reading, sends what is unsent, says goodbye and closes; then comes `connection_lost`.
    ///
    /// Without TLS that takes as long as it takes, unless a [`shutdown_timeout`](crate::Connector::shutdown_timeout) was asked
    /// for. With TLS the peer's own goodbye is waited for, and told by `eof_received`, if it was not told before. For all of that
    /// there is the `shutdown_timeout`, 30 seconds unless said otherwise: when it has run out, the connection is aborted, and
    /// `connection_lost` is told so. A peer that goes on for more than 16 MiB after our goodbye is not waited for.
    ///
    /// asyncio does the same, but for three things. What the peer says after `close` is for nobody here; asyncio goes on to tell
    /// `data_received` while it sends what is unsent, and what comes after that is an `SSLError` there
    /// (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`), although the peer was free to say it. And what is unread is taken out of the
    /// socket, so that the peer gets no reset in place of the last words.
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
        self.0.closed.wait().await;
    }

    /// What is known of the connection: `sockname`, `peername`, on a Unix socket `peercred`, and with TLS
    /// `ssl_object`, `cipher` and `peercert`. What
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

    /// What was done to connect, in the order of its start; nothing while TLS is being started.
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
        let raw = self.0.raw.borrow();
        raw.as_ref()
            .map_or_else(Vec::new, |raw| timeline::steps(raw.timeline()))
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
