//! An open connection: asyncio's transport.

use super::bindings::wasi::sockets::types::ErrorCode;
use super::bindings::{wit_future, wit_stream};
use super::clock::{Clock, sleep};
use super::failure::StreamFailure;
use super::handshake::handshake;
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::pump;
use super::receiver::Receiver;
use super::signal::Signal;
use super::sockets::StreamSocket;
use super::suspended::suspended;
use crate::address::Address;
use crate::failure::{AttemptFailure, Failure, OsFailure, SocketError, TlsFailure};
use crate::timeline::Step;
use crate::tls::session::{Facts, Session};
use crate::unix::Credentials;
use async_lock::Mutex;
use futures_lite::future::{or, poll_once};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader, spawn_local};

/// How much is encrypted or handed to the socket at a time, and the most that one `read` gives.
const PIECE: usize = 256 * 1024;
const LARGEST_READ: usize = 1024 * 1024;

/// How many pieces that nobody will read are taken out of a socket before it is closed.
const DRAINED: usize = 64;

/// Who moves the bytes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Nobody yet.
    Free,
    /// `read` or `write`.
    Lists,
    /// `receive` or `send`.
    Stream,
    /// Nobody any more.
    Over,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// Gone when the connection was closed.
    socket: RefCell<Option<StreamSocket>>,
    session: Option<RefCell<Session>>,
    /// The socket's streams, once they are needed. Without TLS, `receive` and `send` go around them.
    receiver: Mutex<Option<Receiver>>,
    outbound: Mutex<Option<Outbound>>,
    receiving: Cell<Direction>,
    sending: Cell<Direction>,
    /// `close` was called: nothing more is taken from the stream of `send`.
    pub(super) closing: Signal,
    /// It is closed: whatever is pending ends.
    ended: Signal,
    failure: RefCell<Option<StreamFailure>>,
    shutdown_timeout: Duration,
    /// How many bytes `receive_all` and `send_all` have moved.
    pub(super) received: Cell<u64>,
    pub(super) sent: Cell<u64>,
    /// How many more `send_all` has taken and is sending.
    pub(super) unsent: Cell<u64>,
    local_address: Option<Address>,
    remote_address: Option<Address>,
    credentials: Option<Credentials>,
    /// What was done to connect, by this clock.
    pub(super) timeline: RefCell<Vec<Step>>,
    pub(super) clock: Cell<Clock>,
}

impl Connection {
    /// A connection on this socket; with TLS, to be followed by [`Connection::handshake`].
    pub(super) fn new(
        socket: StreamSocket,
        session: Option<Session>,
        shutdown_timeout: Duration,
    ) -> Rc<Self> {
        Rc::new(Self::on(socket, session, shutdown_timeout))
    }

    fn on(socket: StreamSocket, session: Option<Session>, shutdown_timeout: Duration) -> Self {
        Self {
            local_address: socket.local_address(),
            remote_address: socket.remote_address(),
            credentials: socket.credentials(),
            socket: RefCell::new(Some(socket)),
            session: session.map(RefCell::new),
            receiver: Mutex::new(None),
            outbound: Mutex::new(None),
            receiving: Cell::new(Direction::Free),
            sending: Cell::new(Direction::Free),
            closing: Signal::default(),
            ended: Signal::default(),
            failure: RefCell::new(None),
            shutdown_timeout,
            received: Cell::new(0),
            sent: Cell::new(0),
            unsent: Cell::new(0),
            timeline: RefCell::default(),
            clock: Cell::new(Clock::start()),
        }
    }

    /// The same connection with TLS on it, still to be followed by [`Connection::handshake`].
    pub(super) async fn with_tls(
        self: Rc<Self>,
        session: Session,
        shutdown_timeout: Duration,
    ) -> Result<Rc<Self>, Failure> {
        let in_use = || OsFailure::new(SocketError::InvalidState);
        let free = [self.receiving.get(), self.sending.get()]
            .iter()
            .all(|it| matches!(it, Direction::Free | Direction::Lists));
        if !free || self.closing.is_raised() {
            return Err(in_use().into());
        }
        // What a cancelled call has left is not lost.
        if let Some(outbound) = self.outbound.lock().await.as_mut() {
            self.flush(outbound).await?;
        }
        let this = Rc::try_unwrap(self).map_err(|_| in_use())?;
        let mut carrier = this.session.map(RefCell::into_inner);
        let mut receiver = this.receiver.into_inner();
        if let Some(receiver) = &mut receiver {
            if let Some(carrier) = &mut carrier {
                let mut ciphertext = std::mem::take(receiver.inbound.buffer());
                let fed = carrier.feed(&mut ciphertext, &mut receiver.plaintext);
                fed.map_err(Failure::Tls)?;
            }
            // Somebody in between may have put it there, to be taken for the peer's own words behind TLS (RFC 3207,
            // section 6; CVE-2011-0411).
            match receiver.unread(carrier.is_some()) {
                0 => {}
                bytes => {
                    return Err(Failure::Tls(TlsFailure::Protocol(format!(
                        "it has said {bytes} bytes before TLS that nobody has read"
                    ))));
                }
            }
            let ended = carrier.as_ref().is_some_and(Session::peer_closed);
            if ended || receiver.end.is_some() {
                return Err(OsFailure::new(SocketError::ConnectionReset).into());
            }
        }
        let socket = this.socket.into_inner().ok_or_else(in_use)?;
        let session = match carrier {
            Some(carrier) => session.inside(carrier),
            None => session,
        };
        Ok(Rc::new(Self {
            receiver: Mutex::new(receiver),
            outbound: this.outbound,
            timeline: this.timeline,
            clock: this.clock,
            ..Self::on(socket, Some(session), shutdown_timeout)
        }))
    }

    pub(super) fn local_address(&self) -> Option<&Address> {
        self.local_address.as_ref()
    }

    pub(super) fn remote_address(&self) -> Option<&Address> {
        self.remote_address.as_ref()
    }

    pub(super) fn credentials(&self) -> Option<Credentials> {
        self.credentials
    }

    pub(super) fn facts(&self) -> Option<Facts> {
        self.session
            .as_ref()
            .and_then(|session| session.borrow().facts())
    }

    pub(super) fn failure(&self) -> Option<StreamFailure> {
        self.failure.borrow().clone()
    }

    /// Says hello and waits until both sides agree.
    pub(super) async fn handshake(&self) -> Result<(), AttemptFailure> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        let mut receiver = self.receiver.lock().await;
        let mut outbound = self.outbound.lock().await;
        let receiver = self.open_receiver(&mut receiver);
        let outbound = self.open_outbound(&mut outbound);
        match (receiver, outbound) {
            (Some(receiver), Some(outbound)) => handshake(session, receiver, outbound).await,
            _ => Err(AttemptFailure::Os(OsFailure::new(
                SocketError::InvalidState,
            ))),
        }
    }

    /// Runs an operation until it is done or the signal is raised; lets go of everything if the connection has ended.
    async fn until<T>(
        &self,
        signal: &Signal,
        operation: impl Future<Output = Result<T, StreamFailure>>,
    ) -> Result<T, StreamFailure> {
        // Dropped last, also when the caller drops this call: then the operation has let go of its locks.
        let _release = ReleaseIfEnded(self);
        let stopped = async {
            signal.wait().await;
            Err(StreamFailure::Aborted)
        };
        let result = or(stopped, operation).await;
        match &result {
            // Of the caller's making: not why the connection ended.
            Err(
                StreamFailure::Aborted
                | StreamFailure::Socket(SocketError::InvalidState | SocketError::InvalidArgument),
            )
            | Ok(_) => {}
            Err(failure) => self.remember(failure),
        }
        result
    }

    /// Keeps the first reason why reading or writing ended.
    fn remember(&self, failure: &StreamFailure) {
        self.failure
            .borrow_mut()
            .get_or_insert_with(|| failure.clone());
    }

    /// The socket's receiving stream, from now on ours.
    fn open_receiver<'a>(&self, slot: &'a mut Option<Receiver>) -> Option<&'a mut Receiver> {
        if slot.is_none() {
            let socket = self.socket.borrow();
            *slot = Some(Receiver::new(socket.as_ref()?));
        }
        slot.as_mut()
    }

    /// The socket's sending stream, from now on ours.
    fn open_outbound<'a>(&self, slot: &'a mut Option<Outbound>) -> Option<&'a mut Outbound> {
        if slot.is_none() {
            let socket = self.socket.borrow();
            let (writer, reader) = wit_stream::new();
            let completion = socket.as_ref()?.send(reader);
            *slot = Some(Outbound::socket(writer, completion));
        }
        slot.as_mut()
    }

    pub(super) async fn read(&self, limit: u32) -> Result<Vec<u8>, StreamFailure> {
        if limit == 0 {
            return Err(SocketError::InvalidArgument.into());
        }
        match self.receiving.get() {
            Direction::Free => self.receiving.set(Direction::Lists),
            Direction::Lists => {}
            Direction::Stream | Direction::Over => return Err(self.unusable()),
        }
        let limit = (limit as usize).min(LARGEST_READ);
        self.until(&self.closing, async {
            let mut receiver = self.receiver.lock().await;
            let Some(receiver) = self.open_receiver(&mut receiver) else {
                return Err(self.unusable());
            };
            // Here and not around all of it: what is given out would be lost if the call was cancelled then.
            suspended(self.receive_more(receiver)).await?;
            Ok(receiver.give(self.session.is_some(), limit))
        })
        .await
    }

    /// Waits until there is something to give out, or the end. Nothing is lost when it is cancelled.
    async fn receive_more(&self, receiver: &mut Receiver) -> Result<(), StreamFailure> {
        loop {
            if !receiver.bytes(self.session.is_some()).is_empty() {
                return Ok(());
            }
            if let Some(end) = &receiver.end {
                return end.clone();
            }
            match self.receive_once(receiver).await {
                Ok(true) => {}
                Ok(false) => receiver.end = Some(Ok(())),
                Err(failure) => receiver.end = Some(Err(failure)),
            }
        }
    }

    /// Takes in what arrives next. `false`: nothing more will.
    async fn receive_once(&self, receiver: &mut Receiver) -> Result<bool, StreamFailure> {
        let Some(session) = &self.session else {
            if receiver.inbound.fill().await {
                return Ok(true);
            }
            receiver.inbound.outcome().await?;
            return Ok(false);
        };
        // It may have come together with what was given out last, even with the end of the handshake.
        if session.borrow().peer_closed() {
            return Ok(false);
        }
        // A call that was cancelled may have left ciphertext, which nobody would send again.
        if receiver.inbound.buffer().is_empty() && !receiver.inbound.fill().await {
            receiver.inbound.outcome().await?;
            session.borrow_mut().feed_end()?;
            return Ok(false);
        }
        let ciphertext = receiver.inbound.buffer();
        let fed = session
            .borrow_mut()
            .feed(ciphertext, &mut receiver.plaintext);
        ciphertext.clear();
        self.answer(session).await;
        fed?;
        Ok(true)
    }

    /// Sends what TLS itself has to say, such as an alert, as far as that needs no waiting: a peer that does not read must
    /// not keep us from reading. The rest goes with the next write.
    async fn answer(&self, session: &RefCell<Session>) {
        // Whoever holds the lock is sending, and sends this too.
        let Some(mut outbound) = self.outbound.try_lock() else {
            return;
        };
        let Some(outbound) = outbound.as_mut() else {
            return;
        };
        session.borrow_mut().take(outbound.buffer());
        if !outbound.buffer().is_empty() {
            let _ = poll_once(outbound.flush()).await;
        }
    }

    pub(super) async fn write(&self, data: Vec<u8>) -> Result<(), StreamFailure> {
        match self.sending.get() {
            Direction::Free => self.sending.set(Direction::Lists),
            Direction::Lists => {}
            Direction::Stream | Direction::Over => return Err(self.unusable()),
        }
        self.until(&self.ended, async {
            // Held for all of it, so that calls at the same time send one after the other.
            let mut outbound = self.outbound.lock().await;
            let Some(outbound) = self.open_outbound(&mut outbound) else {
                return Err(self.unusable());
            };
            if self.sending.get() != Direction::Lists {
                return Err(self.unusable());
            }
            for piece in data.chunks(PIECE) {
                self.send_piece(outbound, piece).await?;
            }
            Ok(())
        })
        .await
    }

    /// Sends some bytes, encrypted if there is TLS.
    async fn send_piece(&self, outbound: &mut Outbound, piece: &[u8]) -> Result<(), StreamFailure> {
        // First what a cancelled call has left: there is never more than one piece in memory.
        self.flush(outbound).await?;
        match &self.session {
            Some(session) => session.borrow_mut().write(piece, outbound.buffer())?,
            None => outbound.buffer().extend_from_slice(piece),
        }
        self.flush(outbound).await
    }

    /// Sends all that waits.
    async fn flush(&self, outbound: &mut Outbound) -> Result<(), StreamFailure> {
        loop {
            if let Err(_unwanted) = outbound.flush().await {
                let error = outbound.outcome().await.err();
                let error = error.unwrap_or(SocketError::ConnectionBroken);
                // The first reason: perhaps the peer has said why, in TLS.
                return Err(self.failure().unwrap_or(StreamFailure::Socket(error)));
            }
            match &self.session {
                Some(session) if session.borrow().wants_write() => {
                    session.borrow_mut().take(outbound.buffer());
                }
                _ => return Ok(()),
            }
        }
    }

    pub(super) async fn write_eof(&self) -> Result<(), StreamFailure> {
        match self.sending.get() {
            Direction::Free | Direction::Lists => self.sending.set(Direction::Over),
            // Perhaps the call that was to do it was cancelled: doing it again does no harm.
            Direction::Over if !self.ended.is_raised() => {}
            Direction::Over | Direction::Stream => return Err(self.unusable()),
        }
        self.until(&self.ended, self.finish_sending()).await
    }

    /// Tells the peer that no more will come.
    async fn finish_sending(&self) -> Result<(), StreamFailure> {
        let mut outbound = self.outbound.lock().await;
        let Some(outbound) = self.open_outbound(&mut outbound) else {
            return Err(self.unusable());
        };
        match &self.session {
            // The TCP connection stays open for what TLS itself may still have to say.
            Some(session) => {
                session.borrow_mut().close();
                session.borrow_mut().take(outbound.buffer());
                self.flush(outbound).await
            }
            None => {
                self.flush(outbound).await?;
                outbound.finish();
                Ok(outbound.outcome().await?)
            }
        }
    }

    pub(super) fn receive(
        self: &Rc<Self>,
    ) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        let free = self.receiving.get() == Direction::Free && !self.closing.is_raised();
        if free {
            self.receiving.set(Direction::Stream);
        }
        // The socket's own, untouched.
        if let (true, None, Some(socket)) = (free, &self.session, &*self.socket.borrow()) {
            return socket.receive();
        }
        let (writer, reader) = wit_stream::new();
        let (done, completion) = wit_future::new(|| Err(ErrorCode::InvalidState));
        if free {
            spawn_local(pump::receive(self.clone(), Outbound::new(writer), done));
        }
        (reader, completion)
    }

    /// Gives everything that the peer sends to a stream, until either side has enough.
    pub(super) async fn receive_all(&self, sink: &mut Outbound) -> Result<(), StreamFailure> {
        self.until(&self.closing, async {
            let mut receiver = self.receiver.lock().await;
            let Some(receiver) = self.open_receiver(&mut receiver) else {
                return Err(self.unusable());
            };
            loop {
                self.receive_more(receiver).await?;
                let bytes = receiver.bytes(self.session.is_some());
                if bytes.is_empty() {
                    return Ok(());
                }
                self.received.set(self.received.get() + bytes.len() as u64);
                // By turns: the buffer that was sent becomes the one to receive into.
                std::mem::swap(sink.buffer(), bytes);
                if let Err(_unwanted) = sink.flush().await {
                    return Ok(());
                }
            }
        })
        .await
    }

    pub(super) fn send(
        self: &Rc<Self>,
        data: StreamReader<u8>,
    ) -> FutureReader<Result<(), ErrorCode>> {
        let free = self.sending.get() == Direction::Free && !self.closing.is_raised();
        if free {
            self.sending.set(Direction::Stream);
        }
        if let (true, None, Some(socket)) = (free, &self.session, &*self.socket.borrow()) {
            return socket.send(data);
        }
        let (done, completion) = wit_future::new(|| Err(ErrorCode::InvalidState));
        if free {
            spawn_local(pump::send(self.clone(), Inbound::new(data), done));
        }
        completion
    }

    /// Sends everything of a stream, then says that no more will come.
    pub(super) async fn send_all(&self, data: &mut Inbound) -> Result<(), StreamFailure> {
        self.until(&self.ended, async {
            let closing = async {
                self.closing.wait().await;
                false
            };
            let mut closing = std::pin::pin!(closing);
            while or(closing.as_mut(), data.fill()).await {
                let mut outbound = self.outbound.lock().await;
                let Some(outbound) = self.open_outbound(&mut outbound) else {
                    return Err(self.unusable());
                };
                let taken = data.buffer().len() as u64;
                self.unsent.set(taken);
                self.send_piece(outbound, data.buffer()).await?;
                self.unsent.set(0);
                self.sent.set(self.sent.get() + taken);
                data.buffer().clear();
            }
            self.sending.set(Direction::Over);
            self.finish_sending().await
        })
        .await
    }

    pub(super) async fn close(&self) -> Result<(), StreamFailure> {
        self.closing.raise();
        if self.ended.is_raised() {
            return Ok(());
        }
        let too_long = async {
            sleep(self.shutdown_timeout).await;
            Err(StreamFailure::TimedOut)
        };
        let goodbye = or(self.say_goodbye(), too_long);
        let result = self.until(&self.ended, goodbye).await;
        self.end();
        result
    }

    async fn say_goodbye(&self) -> Result<(), StreamFailure> {
        let mut outbound = self.outbound.lock().await;
        if let Some(outbound) = outbound.as_mut() {
            if let Some(session) = &self.session {
                session.borrow_mut().close();
                session.borrow_mut().take(outbound.buffer());
            }
            self.flush(outbound).await?;
            outbound.finish();
            outbound.outcome().await?;
        }
        // What has arrived and nobody will read is taken out of the socket: closing it otherwise would reset the
        // connection, and the peer might lose what we have just sent (RFC 1122, section 4.2.2.13). Not without end: a
        // peer that goes on sending gets its reset.
        let ours = self.session.is_some() || self.receiving.get() != Direction::Stream;
        let mut receiver = self.receiver.lock().await;
        if let (true, Some(receiver)) = (ours, self.open_receiver(&mut receiver)) {
            for _ in 0..DRAINED {
                receiver.inbound.buffer().clear();
                if poll_once(receiver.inbound.fill()).await != Some(true) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Closes at once.
    pub(super) fn abort(&self) {
        if !self.ended.is_raised() {
            self.remember(&StreamFailure::Aborted);
        }
        self.end();
    }

    fn end(&self) {
        self.ended.raise();
        self.closing.raise();
        self.release();
    }

    /// Lets go of the socket and its streams; what is in use by a pending operation goes when that ends.
    fn release(&self) {
        self.receiving.set(Direction::Over);
        self.sending.set(Direction::Over);
        let receiver = self.receiver.try_lock().and_then(|mut slot| slot.take());
        let outbound = self.outbound.try_lock().and_then(|mut slot| slot.take());
        drop((receiver, outbound));
        self.socket.take();
    }

    /// Why a direction cannot be used.
    fn unusable(&self) -> StreamFailure {
        match self.closing.is_raised() {
            true => StreamFailure::Aborted,
            false => SocketError::InvalidState.into(),
        }
    }
}

/// Lets go of what a pending operation still held when the connection ended.
struct ReleaseIfEnded<'a>(&'a Connection);

impl Drop for ReleaseIfEnded<'_> {
    fn drop(&mut self) {
        if self.0.ended.is_raised() {
            self.0.release();
        }
    }
}
