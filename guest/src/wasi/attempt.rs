//! One attempt at one address (ASYNCIO A.5).

use super::connection::Connection;
use super::secure::handshake;
use super::signal::Signal;
use super::sockets::StreamSocket;
use super::steps::Steps;
use crate::address;
use crate::failure::{AttemptFailure, OsFailure, Phase, SocketError, TlsFailure};
use crate::options::{Milestone, Options};
use futures_lite::future::or;
use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use wit_bindgen::rt::async_support::yield_async;

/// What an attempt came to.
pub(super) enum Established {
    /// TCP is connected to this address.
    Tcp(StreamSocket, SocketAddr),
    /// TLS stands.
    Tls(Rc<Connection>),
}

/// What all attempts of a call have in common.
#[derive(Clone, Copy)]
pub(super) struct Attempts<'a> {
    pub(super) options: &'a Options,
    pub(super) steps: &'a Steps,
    /// One's own addresses to connect from, of both families; absent if any will do.
    pub(super) local: Option<&'a [SocketAddr]>,
}

/// What the race and an attempt tell each other.
#[derive(Default)]
pub(super) struct Word {
    /// The race: the attempt has had its time.
    pub(super) give_up: Signal,
    /// The attempt: TCP is connected, and there is more to do.
    pub(super) progressed: Cell<bool>,
}

impl Attempts<'_> {
    /// Makes this attempt. All that failed is told, in its order.
    pub(super) async fn run(
        self,
        to: SocketAddr,
        word: Rc<Word>,
    ) -> Result<Established, Vec<AttemptFailure>> {
        let mut failures = Vec::new();
        let Some(socket) = self.connect(to, &word, &mut failures).await else {
            return Err(failures);
        };
        if self.options.race_until == Milestone::Tcp {
            return Ok(Established::Tcp(socket, to));
        }
        word.progressed.set(true);
        match self.secure(socket, to, &word).await {
            Ok(connection) => Ok(Established::Tls(connection)),
            Err(failure) => {
                failures.push(failure);
                Err(failures)
            }
        }
    }

    /// Connects, from each of one's own addresses of the right family until one of them does.
    async fn connect(
        self,
        to: SocketAddr,
        word: &Word,
        failures: &mut Vec<AttemptFailure>,
    ) -> Option<StreamSocket> {
        let Some(local) = self.local else {
            let connected = self.connect_from(None, to, word).await;
            return connected.map_err(|failure| failures.push(failure)).ok();
        };
        let ipv6 = address::destination(to).is_ipv6();
        let fitting = local
            .iter()
            .filter(|&&from| address::local(from).is_ipv6() == ipv6);
        for &from in fitting {
            match self.connect_from(Some(from), to, word).await {
                Ok(socket) => return Some(socket),
                Err(failure) => failures.push(failure),
            }
            if word.give_up.is_raised() {
                return None;
            }
            yield_async().await;
        }
        if failures.is_empty() {
            let failure = OsFailure::no_local_address(ipv6);
            self.steps.failed(Phase::Bind, to, failure.clone().into());
            failures.push(failure.into());
        }
        None
    }

    async fn connect_from(
        self,
        from: Option<SocketAddr>,
        to: SocketAddr,
        word: &Word,
    ) -> Result<StreamSocket, AttemptFailure> {
        let Self { options, steps, .. } = self;
        // Each time a new one: a socket whose connect has failed is of no use any more.
        let socket = StreamSocket::tcp(to, &options.socket).inspect_err(|failure| {
            steps.failed(Phase::Connect, to, failure.clone().into());
        })?;
        if let Some(from) = from {
            let bind = async { socket.bind(from) };
            steps.step(Phase::Bind, Some(from.into()), bind).await?;
        }
        let given_up = OsFailure::connect(SocketError::Timeout, to);
        let connect = word.or_give_up(given_up.into(), socket.connect(to));
        steps.step(Phase::Connect, Some(to.into()), connect).await?;
        Ok(socket)
    }

    async fn secure(
        self,
        socket: StreamSocket,
        to: SocketAddr,
        word: &Word,
    ) -> Result<Rc<Connection>, AttemptFailure> {
        let Self { options, steps, .. } = self;
        // That there can be one was found out before the race.
        let session = options.security().session().map_err(|failure| {
            AttemptFailure::Tls(TlsFailure::Configuration(failure.to_string()))
        })?;
        let connection = Connection::new(socket, session, options.tls_timeouts.shutdown());
        let given_up = AttemptFailure::TimedOut(Phase::Handshake);
        let handshake = word.or_give_up(given_up, handshake(&connection, options.tls_timeouts));
        steps
            .step(Phase::Handshake, Some(to.into()), handshake)
            .await?;
        Ok(connection)
    }
}

impl Word {
    /// Runs a part of an attempt until it is done, or the race has had enough of it.
    async fn or_give_up<T>(
        &self,
        failure: AttemptFailure,
        work: impl Future<Output = Result<T, AttemptFailure>>,
    ) -> Result<T, AttemptFailure> {
        let given_up = async {
            self.give_up.wait().await;
            Err(failure)
        };
        or(given_up, work).await
    }
}
