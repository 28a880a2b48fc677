//! An open endpoint: asyncio's datagram transport.

use super::bindings::exports::switchboard::connect::datagrams::{Datagram, Event, Outgoing};
use super::clock::{Clock, sleep};
use super::signal::Signal;
use super::sockets::DatagramSocket;
use crate::address::Address;
use crate::destinations::{Destinations, Unsent, refusals};
use crate::failure::OsFailure;
use crate::networks::Networks;
use crate::queue::Queue;
use crate::timeline::Step;
use crate::turns::{TURN, Turn, Turns};
use futures_lite::future::{or, poll_once};
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::rt::async_support::{spawn_local, yield_async};

/// How much one `next-batch` gives, about.
const LARGEST_BATCH: u64 = 1024 * 1024;

/// How long a socket rests that fails again and again without having waited.
const REST: Duration = Duration::from_millis(10);

/// Why a datagram was not sent.
#[derive(Debug)]
pub(super) enum SendFailure {
    InvalidArgument(String),
    RefusedNetwork(String),
    Closed,
}

/// A socket that tells when it is closed.
#[derive(Debug)]
struct Socket {
    socket: DatagramSocket,
    closed: Rc<Signal>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Whoever is woken by it has its turn when all of this is dropped.
        self.closed.raise();
    }
}

impl Deref for Socket {
    type Target = DatagramSocket;

    fn deref(&self) -> &DatagramSocket {
        &self.socket
    }
}

/// An open endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Gone when nothing new may begin. Whoever uses it at that time holds it for so long.
    socket: RefCell<Option<Rc<Socket>>>,
    /// The socket is closed.
    closed: Rc<Signal>,
    /// `abort`: whatever is pending ends.
    ended: Signal,
    local_address: Option<Address>,
    destinations: Destinations,
    networks: Networks,
    queue: RefCell<Queue<Event>>,
    /// There is something in the queue, or never will be again.
    arrived: event_listener::Event,
    /// How many calls are sending.
    sending: Cell<u32>,
    sent: event_listener::Event,
    /// What was done to create it.
    pub(super) timeline: Vec<Step>,
}

impl Endpoint {
    /// An endpoint on a socket that is bound, if it can be; `chosen` is to whom alone it sends. It receives from now on,
    /// whether anybody asks for it or not.
    pub(super) fn open(
        socket: DatagramSocket,
        chosen: Option<Address>,
        networks: Networks,
        queue_limit: u64,
        timeline: Vec<Step>,
    ) -> Rc<Self> {
        let closed = Rc::new(Signal::default());
        let destinations = Destinations {
            family: socket.family(),
            peer: socket.remote_address(),
            chosen,
        };
        let can_receive = socket.can_receive();
        let local_address = socket.local_address();
        let socket = Rc::new(Socket {
            socket,
            closed: closed.clone(),
        });
        let endpoint = Rc::new(Self {
            socket: RefCell::new(Some(socket.clone())),
            closed,
            ended: Signal::default(),
            local_address,
            destinations,
            networks,
            queue: RefCell::new(Queue::new(queue_limit)),
            arrived: event_listener::Event::new(),
            sending: Cell::new(0),
            sent: event_listener::Event::new(),
            timeline,
        });
        // What has no name nobody can send to: a Unix socket's alone.
        if can_receive {
            spawn_local(endpoint.clone().receive(socket));
        }
        endpoint
    }

    /// Moves what arrives into the queue, until the endpoint is closed.
    async fn receive(self: Rc<Self>, socket: Rc<Socket>) {
        let mut ended = pin!(self.ended.wait());
        let mut turns = Turns::default();
        while !self.ended.is_raised() {
            let mut receiving = pin!(socket.receive());
            let at_once = poll_once(receiving.as_mut()).await;
            let waited = at_once.is_none();
            let received = match at_once {
                Some(received) => received,
                None => {
                    let ended = async {
                        ended.as_mut().await;
                        None
                    };
                    let received = async { Some(receiving.await) };
                    match or(ended, received).await {
                        Some(received) => received,
                        None => return,
                    }
                }
            };
            let failed = received.is_err();
            match received {
                Ok((data, address)) => self.received(data, address),
                Err(code) => self.failed(OsFailure::new(code)),
            }
            match turns.after(waited, failed) {
                Turn::GoOn => {}
                Turn::Yield => yield_async().await,
                Turn::Rest => or(ended.as_mut(), sleep(REST)).await,
            }
        }
    }

    fn received(&self, data: Vec<u8>, address: Address) {
        if self.destinations.is_from_peer(&address) {
            let bytes = data.len();
            let address = address.into();
            self.push(Event::Received(Datagram { data, address }), bytes);
        }
    }

    /// What went wrong, which is no end (D.5).
    fn failed(&self, failure: OsFailure) {
        let bytes = failure.message.len();
        self.push(Event::Failed(failure.into()), bytes);
    }

    fn push(&self, event: Event, bytes: usize) {
        if !self.ended.is_raised() {
            self.queue.borrow_mut().push(event, bytes);
            self.arrived.notify(1);
        }
    }

    /// Sends a datagram; to the peer, if it is nowhere.
    pub(super) async fn send_to(
        &self,
        data: Vec<u8>,
        address: Option<Address>,
    ) -> Result<(), SendFailure> {
        let socket = self.socket.borrow().clone();
        let socket = socket.ok_or(SendFailure::Closed)?;
        let ip = address.as_ref().and_then(Address::ip);
        if let (Some(address), None) = (ip, &self.destinations.peer) {
            let allowed = self.networks.check(address);
            allowed.map_err(|failure| SendFailure::RefusedNetwork(failure.to_string()))?;
        }
        let to = match self.destinations.resolve(data.len(), address) {
            Ok(to) => to,
            Err(Unsent::Refused(text)) => return Err(SendFailure::InvalidArgument(text)),
            Err(Unsent::Failed(failure)) => {
                self.failed(failure);
                return Ok(());
            }
        };
        let _sending = Sending::begin(self);
        let ended = async {
            self.ended.wait().await;
            Err(SendFailure::Closed)
        };
        // Of a copy, since the system takes the list; only where there is a peer it tells of earlier datagrams.
        let again = self.destinations.peer.as_ref().map(|_| data.clone());
        let sent = async {
            let Err(first) = socket.send(data, to.clone()).await else {
                return Ok(Vec::new());
            };
            let Some(data) = again else {
                return Ok(vec![first]);
            };
            let second = socket.send(data, to).await;
            Ok(refusals(first, second))
        };
        for refusal in or(ended, sent).await? {
            self.failed(OsFailure::new(refusal));
        }
        Ok(())
    }

    /// Sends datagrams in their order, and says how many before the first that was not.
    pub(super) async fn send_batch(
        &self,
        datagrams: Vec<Outgoing>,
    ) -> (u32, Result<(), SendFailure>) {
        let mut count = 0;
        for Outgoing { data, address } in datagrams {
            if let Err(failure) = self.send_to(data, address.map(Into::into)).await {
                return (count, Err(failure));
            }
            count += 1;
            if count % TURN == 0 {
                yield_async().await;
            }
        }
        (count, Ok(()))
    }

    /// Waits for the next event, and no longer than that.
    pub(super) async fn next(&self, timeout: Option<Duration>) -> Option<Event> {
        self.next_batch(1, timeout).await.pop()
    }

    /// Waits for an event, and gives it with what is there beside it; nothing, if that takes longer.
    pub(super) async fn next_batch(&self, limit: u32, timeout: Option<Duration>) -> Vec<Event> {
        let clock = Clock::start();
        // It always suspends, for `suspended` can only do that after an event was taken, and a call that is cancelled then
        // would lose it.
        let mut suspended = false;
        loop {
            let listener = self.arrived.listen();
            let is_there = !self.queue.borrow().is_empty() || self.ended.is_raised();
            match (is_there, suspended) {
                (true, true) => break,
                // What is there needs no time, even if there is none.
                (true, false) => yield_async().await,
                (false, _) => {
                    let arrived = async {
                        listener.await;
                        true
                    };
                    let too_long = async {
                        clock.run_out(timeout).await;
                        false
                    };
                    if !or(arrived, too_long).await {
                        yield_async().await;
                        return Vec::new();
                    }
                }
            }
            suspended = true;
        }
        let events = self.take(limit as usize);
        match events.is_empty() {
            true => vec![Event::Closed],
            false => events,
        }
    }

    fn take(&self, most: usize) -> Vec<Event> {
        let mut queue = self.queue.borrow_mut();
        let events = queue.pop_some(most, LARGEST_BATCH);
        // Whoever else waits has not been told of what is left.
        if !queue.is_empty() {
            self.arrived.notify(1);
        }
        events
    }

    /// How many events were lost.
    pub(super) fn dropped(&self) -> u64 {
        self.queue.borrow().dropped()
    }

    /// The address of this side.
    pub(super) fn local_address(&self) -> Option<&Address> {
        self.local_address.as_ref()
    }

    /// The peer.
    pub(super) fn remote_address(&self) -> Option<&Address> {
        self.destinations.peer.as_ref()
    }

    /// Waits for what is being sent, and closes.
    pub(super) async fn close(&self) {
        drop(self.socket.take());
        while self.sending.get() > 0 {
            let listener = self.sent.listen();
            if self.sending.get() > 0 {
                listener.await;
            }
        }
        self.abort();
        self.closed.wait().await;
    }

    /// Closes at once. What is pending holds the socket until it has its turn, and ends then.
    pub(super) fn abort(&self) {
        drop(self.socket.take());
        self.queue.borrow_mut().clear();
        self.ended.raise();
        self.arrived.notify(usize::MAX);
    }
}

/// A call that is sending, until this is dropped.
struct Sending<'a>(&'a Endpoint);

impl<'a> Sending<'a> {
    fn begin(endpoint: &'a Endpoint) -> Self {
        endpoint.sending.set(endpoint.sending.get() + 1);
        Self(endpoint)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.sending.set(self.0.sending.get() - 1);
        self.0.sent.notify(usize::MAX);
    }
}
