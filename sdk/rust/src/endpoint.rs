//! An open endpoint for datagrams.

use crate::address::Address;
use crate::bindings::switchboard::connect::datagrams as wit;
use crate::error::{Error, Failure};
use crate::timeline::{self, Step};
use crate::wakers::{Crowd, Place};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::{fmt, mem};

/// How many events are taken over at a time.
const BATCH: u32 = 64;

/// An open endpoint for datagrams. Dropping it is [`abort`](Self::abort).
///
/// ```no_run
/// use switchboard_client::Datagram;
/// # async fn example() -> Result<(), switchboard_client::Error> {
/// let endpoint = Datagram::at("127.0.0.1", 0).open().await?;
/// loop {
///     let (data, from) = endpoint.recv_from().await?;
///     endpoint.send_to(&data, from).await?;
/// }
/// # }
/// ```
pub struct Endpoint {
    receiving: Mutex<Receiving>,
    waiting: Arc<Crowd>,
    pub(crate) raw: Arc<wit::Endpoint>,
}

type Asking = Pin<Box<dyn Future<Output = Vec<wit::Event>> + Send>>;

/// What was received and not asked for yet. A call that was dropped leaves what it had begun to the next one.
#[derive(Default)]
struct Receiving {
    asking: Option<Asking>,
    events: VecDeque<wit::Event>,
}

/// What happened at an endpoint: the callbacks of asyncio's `DatagramProtocol`.
///
/// ```
/// # fn example(event: switchboard_client::Event) {
/// use switchboard_client::Event;
///
/// match event {
///     Event::Received(data, from) => println!("{} bytes from {from}", data.len()),
///     Event::Failed(error) => println!("not delivered, perhaps: {error}"),
///     Event::Closed => println!("over"),
///     _ => {}
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A datagram has arrived, from this address.
    Received(Vec<u8>, Address),
    /// The network or the system could not deliver a datagram, perhaps an earlier one, or could not receive. The endpoint
    /// stays open.
    Failed(Error),
    /// The endpoint is closed, and so it stays.
    Closed,
}

impl Endpoint {
    pub(crate) fn new(raw: wit::Endpoint) -> Self {
        Self {
            receiving: Mutex::default(),
            waiting: Arc::default(),
            raw: Arc::new(raw),
        }
    }

    /// Sends a datagram to the peer of [`Datagram::to`](crate::Datagram::to). What the network says against it is told as an [`Event`].
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// endpoint.send(b"hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, data: &[u8]) -> Result<(), Error> {
        self.give(data, None).await
    }

    /// Sends a datagram to this address; if there is a peer, it has to be the peer's.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// use std::net::SocketAddr;
    /// endpoint.send_to(b"hello", SocketAddr::from(([192, 0, 2, 1], 9))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_to(&self, data: &[u8], address: impl Into<Address>) -> Result<(), Error> {
        self.give(data, Some(address.into())).await
    }

    async fn give(&self, data: &[u8], address: Option<Address>) -> Result<(), Error> {
        let address = address.as_ref().map(Address::to_wit);
        let sent = self.raw.send_to(data.to_vec(), address).await;
        sent.map_err(failed_to_send)
    }

    /// Waits for a datagram. An error that the network told is an error here too; the next call goes on. Dropping the call
    /// loses nothing.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) -> Result<(), switchboard_client::Error> {
    /// let (data, from) = endpoint.recv_from().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_from(&self) -> Result<(Vec<u8>, Address), Error> {
        match self.next().await {
            Event::Received(data, from) => Ok((data, from)),
            Event::Failed(error) => Err(error),
            Event::Closed => Err(Error::new(Failure::Aborted)),
        }
    }

    /// Waits for what happens next. Dropping the call loses nothing. Of several that wait, one is told.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) {
    /// use switchboard_client::Event;
    ///
    /// while let Event::Received(data, from) = endpoint.next().await {
    ///     println!("{} bytes from {from}", data.len());
    /// }
    /// # }
    /// ```
    pub async fn next(&self) -> Event {
        let place = self.place();
        poll_fn(|context| self.poll_next(&place, context)).await
    }

    /// For who waits for what happens next.
    pub(crate) fn place(&self) -> Place {
        self.waiting.enter()
    }

    fn receiving(&self) -> MutexGuard<'_, Receiving> {
        self.receiving
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn poll_next(&self, place: &Place, context: &mut Context<'_>) -> Poll<Event> {
        let mut receiving = self.receiving();
        loop {
            if let Some(event) = receiving.events.pop_front() {
                return Poll::Ready(event.into());
            }
            let asking = receiving.asking.get_or_insert_with(|| {
                let raw = self.raw.clone();
                Box::pin(async move { raw.next_batch(BATCH, None).await })
            });
            place.register(context);
            let waker = Waker::from(self.waiting.clone());
            let events = ready!(asking.as_mut().poll(&mut Context::from_waker(&waker)));
            receiving.asking = None;
            receiving.events.extend(events);
            // There may be enough for the others too.
            place.leave();
            waker.wake();
        }
    }

    /// How many events were lost because nobody asked for them in time.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("{} lost", endpoint.dropped());
    /// # }
    /// ```
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.raw.dropped()
    }

    /// The address of this side.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("at {:?}", endpoint.local_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn local_addr(&self) -> Option<Address> {
        self.raw.local_address().map(Address::from_wit)
    }

    /// The peer, if there is one.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// println!("with {:?}", endpoint.peer_addr());
    /// # }
    /// ```
    #[must_use]
    pub fn peer_addr(&self) -> Option<Address> {
        self.raw.remote_address().map(Address::from_wit)
    }

    /// What was done to create it.
    ///
    /// ```no_run
    /// # fn example(endpoint: &switchboard_client::Endpoint) {
    /// for step in endpoint.timeline() {
    ///     println!("{step}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn timeline(&self) -> Vec<Step> {
        timeline::steps(self.raw.timeline())
    }

    /// Waits for what is being sent, and closes; the port is free when it returns.
    ///
    /// ```no_run
    /// # async fn example(endpoint: switchboard_client::Endpoint) {
    /// endpoint.close().await;
    /// # }
    /// ```
    pub async fn close(self) {
        drop(mem::take(&mut *self.receiving()));
        self.raw.close().await;
    }

    /// Closes at once: what is being sent may be lost.
    ///
    /// ```no_run
    /// # fn example(endpoint: switchboard_client::Endpoint) {
    /// endpoint.abort();
    /// # }
    /// ```
    pub fn abort(self) {
        self.raw.abort();
    }
}

pub(crate) fn failed_to_send(failure: wit::SendFailure) -> Error {
    Error::new(match failure {
        wit::SendFailure::InvalidArgument(text) => Failure::InvalidArgument(text),
        wit::SendFailure::RefusedNetwork(text) => Failure::RefusedNetwork(text),
        wit::SendFailure::Closed => Failure::Aborted,
    })
}

impl From<wit::Event> for Event {
    fn from(event: wit::Event) -> Self {
        match event {
            wit::Event::Received(datagram) => {
                Event::Received(datagram.data, Address::from_wit(datagram.address))
            }
            wit::Event::Failed(failure) => Event::Failed(Error::new(Failure::Os(failure.into()))),
            wit::Event::Closed => Event::Closed,
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.raw).finish()
    }
}
