//! `endpoint-storm COUNT SEED ip=IP echo=ADDRESS [gate=ADDRESS]`: calls `create-datagram-endpoint` that often, 16 at a
//! time, and calls it off at a random moment; sends and receives on what was created, and lets go of everything in random
//! order at random moments.
//!
//! `ip` is one of this machine's addresses that nobody else uses; `echo` is at 127.0.0.1. Prints what became of the calls.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::datagrams::{
    Attempt, Endpoint, EndpointError, EndpointOptions, Event, Outgoing, create_datagram_endpoint,
};
use crate::bindings::switchboard::connect::types::{Failure, HostAddress, Service};
use crate::chance::Chance;
use crate::drop_storm::{Piece, let_go};
use crate::together::{self, Work};
use crate::{endpoint, gate};
use futures_lite::future::{or, zip};
use std::cell::Cell;
use std::future::pending;
use std::net::SocketAddr;
use std::rc::Rc;

/// How many calls and endpoints there are at a time.
const LANES: u64 = 16;

/// In nanoseconds.
const A_MILLISECOND: u64 = 1_000_000;

/// How much is sent at a time, again and again.
const BATCH: usize = 4;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let (count, seed) = (arguments.count(1)?, arguments.count(2)?);
    let storm = Storm {
        ip: arguments.required("ip")?,
        echo: arguments.server("echo")?,
        created: Cell::new(0),
        dropped: Cell::new(0),
        cancelled: Cell::new(0),
        failed: Cell::new(0),
    };
    let lanes = (0..LANES).map(|lane| {
        let rounds = count / LANES + u64::from(lane < count % LANES);
        let chance = Chance::new(seed.wrapping_mul(LANES).wrapping_add(lane));
        Box::pin(storm.lane(rounds, chance)) as Work
    });
    together::all(lanes.collect()).await?;
    storm.print();
    gate::wait(arguments).await
}

struct Storm {
    ip: String,
    echo: SocketAddr,
    created: Cell<u64>,
    /// Its future was dropped before it returned.
    dropped: Cell<u64>,
    cancelled: Cell<u64>,
    /// There was no address to bind to.
    failed: Cell<u64>,
}

fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

fn at(host: &str, port: u16) -> Option<HostAddress> {
    Some(HostAddress {
        host: Some(host.to_owned()),
        service: Service::Port(port),
    })
}

impl Storm {
    fn print(&self) {
        println!("created {}", self.created.get());
        println!("dropped {}", self.dropped.get());
        println!("cancelled {}", self.cancelled.get());
        println!("failed {}", self.failed.get());
    }

    async fn lane(&self, rounds: u64, mut chance: Chance) -> Result<(), String> {
        for _ in 0..rounds {
            let options = self.options(&mut chance);
            let endpoint = match chance.below(2) {
                0 => self.by_drop(options, &mut chance).await?,
                _ => self.by_attempt(options, &mut chance).await?,
            };
            if let Some(endpoint) = endpoint {
                let pieces = self.pieces(endpoint, &mut chance);
                let_go(pieces, &mut chance).await;
            }
        }
        Ok(())
    }

    fn options(&self, chance: &mut Chance) -> EndpointOptions {
        let port = self.echo.port();
        let (local, remote) = match chance.below(5) {
            0 => (None, at("localhost", port)),
            1 => (None, at("127.0.0.1", port)),
            2 => (at(&self.ip, 0), None),
            3 => (at(&self.ip, 0), at("localhost", port)),
            // Not one's own.
            _ => (at("198.51.100.1", 0), at("localhost", port)),
        };
        EndpointOptions {
            local_address: local,
            remote_address: remote,
            // Small, so that it is full at times.
            queue_limit: Some(4096),
            ..EndpointOptions::default()
        }
    }

    /// The way of Rust: the future is dropped.
    async fn by_drop(
        &self,
        options: EndpointOptions,
        chance: &mut Chance,
    ) -> Result<Option<Endpoint>, String> {
        let moment = chance.moment();
        let call = async { Some(create_datagram_endpoint(options).await) };
        let drop = async {
            moment.pass().await;
            None
        };
        match or(call, drop).await {
            Some(result) => self.returned(result),
            None => {
                count(&self.dropped);
                Ok(None)
            }
        }
    }

    /// The way of languages that cannot do that.
    async fn by_attempt(
        &self,
        options: EndpointOptions,
        chance: &mut Chance,
    ) -> Result<Option<Endpoint>, String> {
        let moment = chance.moment();
        let attempt = Attempt::new();
        let cancel = async {
            moment.pass().await;
            attempt.cancel();
        };
        let (result, ()) = zip(attempt.run(options), cancel).await;
        self.returned(result)
    }

    fn returned(
        &self,
        result: Result<Endpoint, EndpointError>,
    ) -> Result<Option<Endpoint>, String> {
        match result {
            Ok(endpoint) => {
                count(&self.created);
                return Ok(Some(endpoint));
            }
            Err(error) => match error.failure {
                Failure::Cancelled => count(&self.cancelled),
                Failure::Os(_) => count(&self.failed),
                _ => return Err(endpoint::failed(error)),
            },
        }
        Ok(None)
    }

    /// Somebody waits for events, somebody sends, and somebody aborts, closes or does not care.
    fn pieces(&self, endpoint: Endpoint, chance: &mut Chance) -> Vec<Piece> {
        let endpoint = Rc::new(endpoint);
        let mut pieces: Vec<Piece> = Vec::new();
        match chance.below(4) {
            0 => {}
            1 => pieces.push(Box::pin(listen(endpoint.clone()))),
            2 => pieces.push(Box::pin(listen_in_batches(endpoint.clone()))),
            _ => {
                pieces.push(Box::pin(listen(endpoint.clone())));
                pieces.push(Box::pin(listen_in_batches(endpoint.clone())));
            }
        }
        if chance.below(2) == 0 {
            pieces.push(Box::pin(speak(endpoint.clone(), self.echo)));
        }
        let (moment, ending) = (chance.moment(), chance.below(3));
        pieces.push(Box::pin(async move {
            moment.pass().await;
            match ending {
                0 => {}
                1 => endpoint.abort(),
                _ => endpoint.close().await,
            }
            pending().await
        }));
        pieces
    }
}

async fn listen(endpoint: Rc<Endpoint>) {
    while !matches!(endpoint.next(None).await, Some(Event::Closed)) {}
    pending().await
}

async fn listen_in_batches(endpoint: Rc<Endpoint>) {
    loop {
        let events = endpoint.next_batch(8, Some(A_MILLISECOND)).await;
        if matches!(events.last(), Some(Event::Closed)) {
            return pending().await;
        }
    }
}

async fn speak(endpoint: Rc<Endpoint>, to: SocketAddr) {
    let address = match endpoint.remote_address() {
        Some(_) => None,
        None => Some(to.into()),
    };
    let datagram = || Outgoing {
        data: vec![0x5a; 500],
        address: address.clone(),
    };
    loop {
        let batch = (0..BATCH).map(|_| datagram()).collect();
        let (_, result) = endpoint.send_batch(batch).await;
        if result.is_err() {
            return pending().await;
        }
    }
}
