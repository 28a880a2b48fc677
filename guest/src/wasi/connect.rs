//! `create-connection`: lookup, race, handshake. Each await may be the last one: dropping the future closes everything.

use super::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use super::bindings::wasi::sockets::types::{IpAddressFamily, TcpSocket};
use super::clock::Clock;
use super::connection::Connection;
use super::signal::Signal;
use crate::eyeballs::{Next, Race};
use crate::failure::{Failure, OsFailure, Phase, SocketError, combine};
use crate::interleave::interleave;
use crate::lookup::{Host, candidates, parse_host};
use crate::options::{HANDSHAKE_TIMEOUT, Options, SHUTDOWN_TIMEOUT};
use crate::timeline::{Outcome, Step, StepId, Timeline};
use crate::tls::session::Session;
use futures_lite::future::or;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Why a call failed, and what was tried.
#[derive(Debug)]
pub(super) struct ConnectError {
    pub(super) failure: Failure,
    pub(super) message: String,
    pub(super) timeline: Vec<Step>,
}

impl ConnectError {
    /// The options could not even be understood.
    pub(super) fn before_the_call(failure: Failure) -> Self {
        Self {
            message: failure.to_string(),
            failure,
            timeline: Vec::new(),
        }
    }
}

/// A failure, with a text of its own where the failure itself does not know enough for one.
struct Told(Failure, Option<String>);

impl From<Failure> for Told {
    fn from(failure: Failure) -> Self {
        Told(failure, None)
    }
}

/// Opens a connection. Ends with `cancelled` when the signal is raised.
pub(super) async fn create_connection(
    options: Options,
    cancelled: &Signal,
) -> Result<Rc<Connection>, ConnectError> {
    let call = Call {
        clock: Clock::start(),
        timeline: RefCell::default(),
    };
    let timeout = async {
        match options.timeout {
            Some(timeout) => call.clock.wait_until(timeout).await,
            None => std::future::pending().await,
        }
        Err(Failure::TimedOut(call.timeline.borrow().phase()).into())
    };
    let cancel = async {
        cancelled.wait().await;
        Err(Failure::Cancelled.into())
    };
    // The first of them that is ready wins: a connection that stands is never lost to a timeout of the same moment.
    let result = or(cancel, or(call.run(&options), timeout)).await;
    let timeline = call.timeline.take().finish(call.clock.now());
    match result {
        Ok(connection) => {
            connection.timeline.replace(timeline);
            Ok(connection)
        }
        Err(Told(failure, text)) => Err(ConnectError {
            message: text.unwrap_or_else(|| failure.to_string()),
            failure,
            timeline,
        }),
    }
}

/// One call of `create-connection`.
struct Call {
    clock: Clock,
    timeline: RefCell<Timeline>,
}

impl Call {
    fn start(&self, phase: Phase, address: Option<SocketAddr>) -> StepId {
        let now = self.clock.now();
        self.timeline.borrow_mut().start(phase, address, now)
    }

    fn end(&self, step: StepId, outcome: Outcome) {
        let now = self.clock.now();
        self.timeline.borrow_mut().end(step, now, outcome);
    }

    /// Does something as a step of the timeline.
    async fn step<T>(
        &self,
        phase: Phase,
        address: Option<SocketAddr>,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let step = self.start(phase, address);
        let result = work.await;
        self.end(
            step,
            match &result {
                Ok(_) => Outcome::Succeeded,
                Err(failure) => Outcome::Failed(failure.clone()),
            },
        );
        result
    }

    async fn run(&self, options: &Options) -> Result<Rc<Connection>, Told> {
        options.check()?;
        let candidates = self.step(Phase::Lookup, None, lookup(options)).await?;
        let candidates = interleave(candidates, options.first_address_family_count());
        let (socket, address) = self.race(&candidates, options).await?;
        options.check_timeouts()?;
        let shutdown_timeout = options.shutdown_timeout.unwrap_or(SHUTDOWN_TIMEOUT);
        let Some(config) = &options.tls else {
            return Ok(Connection::plain(socket, shutdown_timeout));
        };
        let session = Session::new(config.clone(), options.effective_server_name())?;
        let connection = Connection::tls(socket, session, shutdown_timeout);
        let limit = options.handshake_timeout.unwrap_or(HANDSHAKE_TIMEOUT);
        let until = self.clock.now().saturating_add(limit);
        let too_long = async {
            self.clock.wait_until(until).await;
            Err(Failure::TimedOut(Phase::Handshake))
        };
        let handshake = or(connection.handshake(), too_long);
        let done = self.step(Phase::Handshake, Some(address), handshake).await;
        done.map_err(|failure| {
            // D.2: the text is asyncio's.
            let text = (failure == Failure::TimedOut(Phase::Handshake)).then(|| {
                format!(
                    "SSL handshake is taking longer than {:?} seconds: aborting the connection",
                    limit.as_secs_f64()
                )
            });
            Told(failure, text)
        })?;
        Ok(connection)
    }

    /// Connects to the first address that answers. The others are closed when this returns.
    async fn race(
        &self,
        candidates: &[SocketAddr],
        options: &Options,
    ) -> Result<(TcpSocket, SocketAddr), Failure> {
        let mut race = Race::new(candidates.len(), options.happy_eyeballs_delay);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut failures: Vec<Option<OsFailure>> = vec![None; candidates.len()];
        loop {
            let (candidate, result) = match race.next(self.clock.now()) {
                Next::Start(candidate) => {
                    if let Some(&address) = candidates.get(candidate) {
                        attempts.push(Attempt {
                            candidate,
                            address,
                            step: self.start(Phase::Connect, Some(address)),
                            connecting: Box::pin(connect(address)),
                        });
                    }
                    continue;
                }
                Next::GiveUp(candidate) => (candidate, Err(SocketError::Timeout)),
                Next::Wait(until) => match self.first(&mut attempts, until).await {
                    Some(ended) => ended,
                    None => continue,
                },
                Next::Exhausted => {
                    let failures = failures.into_iter().flatten().collect();
                    return Err(combine(failures, options.all_errors));
                }
            };
            let Some(at) = attempts.iter().position(|it| it.candidate == candidate) else {
                continue;
            };
            // Dropping an attempt calls it off and closes its socket.
            let Attempt { address, step, .. } = attempts.remove(at);
            match result {
                Ok(socket) => {
                    self.end(step, Outcome::Succeeded);
                    for loser in attempts.drain(..) {
                        self.end(loser.step, Outcome::Abandoned);
                    }
                    return Ok((socket, address));
                }
                Err(error) => {
                    let failure = OsFailure::connect(error, address);
                    self.end(step, Outcome::Failed(Failure::Os(failure.clone())));
                    if let Some(slot) = failures.get_mut(candidate) {
                        *slot = Some(failure);
                    }
                    race.failed(candidate);
                }
            }
        }
    }

    /// Waits for the first attempt that ends, and gives its candidate and result; or until that time, and gives nothing.
    async fn first(
        &self,
        attempts: &mut [Attempt],
        until: Option<Duration>,
    ) -> Option<(usize, Result<TcpSocket, SocketError>)> {
        let ended = poll_fn(|context| {
            for attempt in attempts.iter_mut() {
                if let Poll::Ready(result) = attempt.connecting.as_mut().poll(context) {
                    return Poll::Ready(Some((attempt.candidate, result)));
                }
            }
            Poll::Pending
        });
        let time = async {
            match until {
                Some(until) => self.clock.wait_until(until).await,
                None => std::future::pending().await,
            }
            None
        };
        or(ended, time).await
    }
}

/// An attempt in flight.
struct Attempt {
    candidate: usize,
    address: SocketAddr,
    step: StepId,
    connecting: Pin<Box<dyn Future<Output = Result<TcpSocket, SocketError>>>>,
}

/// The addresses to try, in the resolver's order.
async fn lookup(options: &Options) -> Result<Vec<SocketAddr>, Failure> {
    let port = match &options.service {
        Some(service) => service.port()?,
        None => 0,
    };
    let addresses: Vec<IpAddr> = match &options.addresses {
        Some(addresses) => addresses.clone(),
        None => match parse_host(options.host.as_deref())? {
            Host::Known(addresses) => addresses,
            Host::Name(name) => {
                let resolved = resolve_addresses(name).await;
                let resolved = resolved.map_err(|code| Failure::Lookup(code.into()))?;
                resolved.into_iter().map(Into::into).collect()
            }
        },
    };
    candidates(addresses, options.family, port)
}

async fn connect(address: SocketAddr) -> Result<TcpSocket, SocketError> {
    if address.port() == 0 {
        // WASI refuses this port as an argument; on a network nobody can listen there (ASYNCIO A.3).
        return Err(SocketError::ConnectionRefused);
    }
    let family = match address {
        SocketAddr::V4(_) => IpAddressFamily::Ipv4,
        SocketAddr::V6(_) => IpAddressFamily::Ipv6,
    };
    let socket = TcpSocket::create(family)?;
    socket.connect(address.into()).await?;
    Ok(socket)
}
