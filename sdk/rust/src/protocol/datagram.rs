//! What a protocol does to its endpoint for datagrams.

use super::DatagramProtocol;
use super::closed::Closed;
use super::exception::{only_tell, tell};
use super::extra::{Extra, Known};
use super::flow::{Flow, Limits, Turn};
use crate::address::Address;
use crate::bindings::switchboard::connect::datagrams as wit;
use crate::endpoint::{Endpoint, Event, failed_to_send};
use crate::error::{Error, Failure};
use crate::wakers::Place;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What a datagram counts besides its bytes, while it waits.
const HEADER: usize = 8;

/// From which write on each that is dropped is told.
const SILENT: u32 = 5;

/// How many callbacks come before others have their turn.
const BUDGET: usize = 64;

/// An endpoint for datagrams, as its protocol sees it: asyncio's `DatagramTransport`. Cheap to clone, all clones are the
/// same. It stays open until it is closed, whoever has the transport.
///
/// ```no_run
/// use switchboard_client::protocol::{DatagramProtocol, create_datagram_endpoint};
/// use switchboard_client::Datagram;
/// # struct Ignore;
/// # impl DatagramProtocol for Ignore {}
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let (transport, _) = create_datagram_endpoint(|| Ignore, Datagram::to("localhost", 9)).await?;
/// transport.sendto(b"hello", None)?;
/// transport.close();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatagramTransport(Rc<Inner>);

/// A call that sends datagrams, and what they count.
type Sending = Pin<Box<dyn Future<Output = Result<(), wit::SendFailure>>>>;

struct Inner {
    raw: Arc<wit::Endpoint>,
    known: Known,
    protocol: RefCell<Option<Rc<dyn DatagramProtocol>>>,
    unsent: RefCell<VecDeque<(Vec<u8>, Option<Address>)>>,
    sending: RefCell<Option<(Sending, usize)>>,
    /// What could not be sent, and is not told yet.
    refused: RefCell<VecDeque<Error>>,
    size: Cell<usize>,
    flow: Cell<Flow>,
    /// As that of a stream's.
    resume_due: Cell<bool>,
    closing: Cell<bool>,
    ending: Cell<bool>,
    reading_paused: Cell<bool>,
    dropped: Cell<u32>,
    /// The protocol was told that it is over.
    closed: Closed,
    reason: RefCell<Option<Error>>,
    waker: RefCell<Option<Waker>>,
}

impl DatagramTransport {
    /// The transport, and what moves its datagrams, to be spawned.
    pub(super) fn new(
        endpoint: Endpoint,
        protocol: Rc<dyn DatagramProtocol>,
    ) -> (Self, impl Future<Output = ()> + 'static) {
        let inner = Rc::new(Inner {
            raw: endpoint.raw.clone(),
            known: Known {
                sockname: endpoint.local_addr(),
                peername: endpoint.peer_addr(),
                peercred: None,
                tls: None,
            },
            protocol: RefCell::new(Some(protocol)),
            unsent: RefCell::default(),
            sending: RefCell::new(None),
            refused: RefCell::default(),
            size: Cell::new(0),
            flow: Cell::new(Flow::new(false)),
            resume_due: Cell::new(false),
            closing: Cell::new(false),
            ending: Cell::new(false),
            reading_paused: Cell::new(false),
            dropped: Cell::new(0),
            closed: Closed::default(),
            reason: RefCell::new(None),
            waker: RefCell::new(None),
        });
        (Self(inner.clone()), run(Driven(inner), endpoint))
    }

    /// Sends a datagram: to the peer if there is one, else to this address. It does not wait; what the network says against it is
    /// told to `error_received`. An address that is not the peer's is an error. After the endpoint was closed, datagrams are
    /// dropped.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) -> Result<(), switchboard_client::Error> {
    /// transport.sendto(b"hello", None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sendto(&self, data: &[u8], address: Option<&Address>) -> Result<(), Error> {
        let inner = &self.0;
        let peer = inner.known.peername.as_ref();
        if let (Some(peer), Some(address)) = (peer, address)
            && peer != address
        {
            return Err(Error::invalid(format!(
                "Invalid address: must be None or {peer}"
            )));
        }
        let flushing = inner.closing.get() && peer.is_none() && inner.size.get() > 0;
        if inner.ending.get() || (inner.closing.get() && !flushing) {
            let dropped = inner.dropped.get() + 1;
            inner.dropped.set(dropped);
            if dropped >= SILENT {
                tell("socket.send() raised exception.", None);
            }
            return Ok(());
        }
        let mut unsent = inner.unsent.borrow_mut();
        unsent.push_back((data.to_vec(), address.cloned()));
        drop(unsent);
        inner.size.set(inner.size.get() + data.len() + HEADER);
        let waker = inner.waker.borrow().clone();
        let waker = waker.unwrap_or_else(|| Waker::noop().clone());
        let _ = inner.send(&mut Context::from_waker(&waker));
        inner.added();
        // As a stream's does: what this has sent the task does not see.
        if inner.flow.get().paused() {
            inner.resume_due.set(true);
            inner.wake();
        }
        Ok(())
    }

    /// As [`Transport::get_write_buffer_size`](super::Transport::get_write_buffer_size); a datagram that waits counts 8 bytes
    /// more than it has.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// println!("{} bytes wait", transport.get_write_buffer_size());
    /// # }
    /// ```
    #[must_use]
    pub fn get_write_buffer_size(&self) -> usize {
        self.0.size.get()
    }

    /// As [`Transport::get_write_buffer_limits`](super::Transport::get_write_buffer_limits).
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// let (low, high) = transport.get_write_buffer_limits();
    /// # }
    /// ```
    #[must_use]
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        let Limits { high, low } = self.0.flow.get().limits;
        (low, high)
    }

    /// As [`Transport::set_write_buffer_limits`](super::Transport::set_write_buffer_limits).
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) -> Result<(), switchboard_client::Error> {
    /// transport.set_write_buffer_limits(Some(1 << 20), None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_write_buffer_limits(
        &self,
        high: Option<usize>,
        low: Option<usize>,
    ) -> Result<(), Error> {
        let limits = Limits::new(high, low, Limits::PLAIN)?;
        let flow = self.0.flow.get();
        self.0.flow.set(flow.with(limits));
        self.0.added();
        Ok(())
    }

    /// No more datagrams are given to the protocol, until [`resume_reading`](Self::resume_reading).
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// transport.pause_reading();
    /// # }
    /// ```
    pub fn pause_reading(&self) {
        if !self.is_closing() {
            self.0.reading_paused.set(true);
        }
    }

    /// Datagrams are given to the protocol again.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// transport.resume_reading();
    /// # }
    /// ```
    pub fn resume_reading(&self) {
        if !self.is_closing() && self.0.reading_paused.replace(false) {
            self.0.wake();
        }
    }

    /// Whether datagrams are given to the protocol.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// assert!(transport.is_reading());
    /// # }
    /// ```
    #[must_use]
    pub fn is_reading(&self) -> bool {
        !self.is_closing() && !self.0.reading_paused.get()
    }

    /// Whether it is closed, or about to be.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// assert!(!transport.is_closing());
    /// # }
    /// ```
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.0.closing.get() || self.0.ending.get()
    }

    /// Stops receiving, sends what is unsent, and closes; then comes `connection_lost`.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// transport.close();
    /// # }
    /// ```
    pub fn close(&self) {
        if !self.0.closing.replace(true) {
            self.0.wake();
        }
    }

    /// Closes at once: what is unsent is lost.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// transport.abort();
    /// # }
    /// ```
    pub fn abort(&self) {
        self.0.end(None);
    }

    /// Waits until the endpoint is closed, and its protocol was told, as
    /// [`Transport::wait_closed`](super::Transport::wait_closed) does.
    ///
    /// ```no_run
    /// # async fn example(transport: switchboard_client::protocol::DatagramTransport) {
    /// transport.close();
    /// transport.wait_closed().await;
    /// # }
    /// ```
    pub async fn wait_closed(&self) {
        self.0.closed.wait().await;
    }

    /// What is known of the endpoint: `sockname` and `peername`.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// println!("{:?}", transport.get_extra_info("sockname"));
    /// # }
    /// ```
    #[must_use]
    pub fn get_extra_info(&self, name: &str) -> Option<Extra> {
        self.0.known.get(name)
    }

    /// From now on this protocol is told what happens.
    ///
    /// ```no_run
    /// # use switchboard_client::protocol::{DatagramProtocol, DatagramTransport};
    /// # fn example(transport: &DatagramTransport, other: std::rc::Rc<dyn DatagramProtocol>) {
    /// transport.set_protocol(other);
    /// # }
    /// ```
    pub fn set_protocol(&self, protocol: Rc<dyn DatagramProtocol>) {
        // The old one may call the transport when it is dropped: not while it is borrowed.
        let old = match &mut *self.0.protocol.borrow_mut() {
            Some(slot) => std::mem::replace(slot, protocol),
            None => protocol,
        };
        drop(old);
    }

    /// The protocol that is told what happens; `None` after the endpoint was closed.
    ///
    /// ```no_run
    /// # fn example(transport: &switchboard_client::protocol::DatagramTransport) {
    /// let over = transport.get_protocol().is_none();
    /// # }
    /// ```
    #[must_use]
    pub fn get_protocol(&self) -> Option<Rc<dyn DatagramProtocol>> {
        self.0.protocol()
    }
}

impl fmt::Debug for DatagramTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramTransport")
            .field("known", &self.0.known)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn protocol(&self) -> Option<Rc<dyn DatagramProtocol>> {
        self.protocol.borrow().clone()
    }

    fn wake(&self) {
        let waker = self.waker.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end(&self, reason: Option<Error>) {
        if !self.ending.replace(true) {
            *self.reason.borrow_mut() = reason;
            self.unsent.borrow_mut().clear();
            self.size.set(0);
            self.wake();
        }
    }

    /// Sends what is unsent, as far as it is taken.
    fn send(&self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut sending = self.sending.borrow_mut();
            if sending.is_none() {
                let next = self.unsent.borrow_mut().pop_front();
                let Some((data, address)) = next else {
                    return Poll::Ready(());
                };
                let counted = data.len() + HEADER;
                let raw = self.raw.clone();
                let address = address.as_ref().map(Address::to_wit);
                let call = async move { raw.send_to(data, address).await };
                *sending = Some((Box::pin(call), counted));
            }
            let Some((call, counted)) = sending.as_mut() else {
                return Poll::Ready(());
            };
            let Poll::Ready(result) = call.as_mut().poll(context) else {
                return Poll::Pending;
            };
            self.size.set(self.size.get().saturating_sub(*counted));
            *sending = None;
            drop(sending);
            if let Err(failure) = result {
                let error = failed_to_send(failure);
                match error.failure() {
                    // asyncio's PermissionError, an OSError: told, and the endpoint stays open (ASYNCIO D.5).
                    Failure::RefusedNetwork(_) => {
                        self.refused.borrow_mut().push_back(error);
                        self.wake();
                    }
                    // Somebody has closed it below.
                    Failure::Aborted => self.end(None),
                    _ => {
                        tell("Fatal write error on datagram transport", Some(&error));
                        self.end(Some(error));
                    }
                }
            }
        }
    }

    fn added(&self) {
        let mut flow = self.flow.get();
        let turn = flow.added(self.size.get());
        self.flow.set(flow);
        if turn == Some(Turn::Pause)
            && let Some(protocol) = self.protocol()
        {
            only_tell("protocol.pause_writing() failed", protocol.pause_writing());
        }
    }

    fn sent(&self) {
        let mut flow = self.flow.get();
        let turn = flow.sent(self.size.get());
        self.flow.set(flow);
        if turn == Some(Turn::Resume)
            && let Some(protocol) = self.protocol()
        {
            only_tell(
                "protocol.resume_writing() failed",
                protocol.resume_writing(),
            );
        }
    }

    /// Tells the protocol that it is over.
    fn lost(&self) {
        let protocol = self.protocol.borrow_mut().take();
        let reason = self.reason.borrow_mut().take();
        if let Some(protocol) = protocol {
            protocol.connection_lost(reason.as_ref());
        }
        self.closed.set();
    }

    /// Does what can be done now. `Ready`: it is over.
    fn turn(&self, endpoint: &Endpoint, place: &Place, context: &mut Context<'_>) -> Poll<()> {
        for _ in 0..BUDGET {
            *self.waker.borrow_mut() = Some(context.waker().clone());
            let before = self.size.get();
            let idle = !self.ending.get() && self.send(context).is_ready();
            if self.ending.get() {
                return Poll::Ready(());
            }
            if self.resume_due.take() || self.size.get() < before {
                self.sent();
            }
            let refused = self.refused.borrow_mut().pop_front();
            if let (Some(error), Some(protocol)) = (refused, self.protocol()) {
                let result = protocol.error_received(&error);
                only_tell("Exception in callback error_received()", result);
                continue;
            }
            if self.closing.get() {
                return match idle && self.size.get() == 0 {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                };
            }
            if self.reading_paused.get() {
                return Poll::Pending;
            }
            let Poll::Ready(event) = endpoint.poll_next(place, context) else {
                return Poll::Pending;
            };
            match (event, self.protocol()) {
                (Event::Closed, _) | (_, None) => self.end(None),
                (Event::Received(data, from), Some(protocol)) => {
                    let result = protocol.datagram_received(&data, &from);
                    only_tell("Exception in callback datagram_received()", result);
                }
                (Event::Failed(error), Some(protocol)) => {
                    let result = protocol.error_received(&error);
                    only_tell("Exception in callback error_received()", result);
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A task that moves datagrams; when it is dropped, with the export that had spawned it, nobody does any more.
struct Driven(Rc<Inner>);

impl Drop for Driven {
    fn drop(&mut self) {
        if !self.0.closed.is_set() {
            self.0.end(Some(Error::new(Failure::Aborted)));
            self.0.raw.abort();
            self.0.lost();
        }
    }
}

async fn run(driven: Driven, endpoint: Endpoint) {
    let inner = &driven.0;
    let place = endpoint.place();
    poll_fn(|context| inner.turn(&endpoint, &place, context)).await;
    inner.sending.borrow_mut().take();
    match inner.ending.replace(true) {
        true => endpoint.abort(),
        false => endpoint.close().await,
    }
    inner.lost();
}
