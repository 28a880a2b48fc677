//! `cancel-storm COUNT SEED echo=PORT dead=ADDRESS stall=ADDRESS tls=ADDRESS ca=FILE [gate=ADDRESS]`: calls
//! `create-connection` that often and calls it off at a random moment, 16 at a time.
//!
//! `echo` is the port of an echo on localhost, `dead` never answers, `stall` accepts and says nothing, `tls` is an echo
//! over TLS. Prints in which phase the calls were that could tell.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Attempt, ConnectionOptions, HostAddress, Milestone, Service, create_connection,
};
use crate::bindings::switchboard::connect::tls::Context;
use crate::bindings::switchboard::connect::types::{ConnectError, Failure, Phase};
use crate::chance::Chance;
use crate::together::{self, Work};
use crate::{gate, options, tell};
use futures_lite::future::{or, zip};
use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How many calls are in flight.
const LANES: u64 = 16;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let (count, seed) = (arguments.count(1)?, arguments.count(2)?);
    let storm = Storm {
        echo: arguments.required("echo")?,
        dead: arguments.server("dead")?,
        stall: arguments.server("stall")?,
        tls: arguments.server("tls")?,
        context: arguments.context()?.ok_or("ca= is missing")?,
        tally: Tally::default(),
    };
    let lanes = (0..LANES).map(|lane| {
        let rounds = count / LANES + u64::from(lane < count % LANES);
        let chance = Chance::new(seed.wrapping_mul(LANES).wrapping_add(lane));
        Box::pin(storm.lane(rounds, chance)) as Work
    });
    together::all(lanes.collect()).await?;
    storm.tally.print();
    drop(storm);
    gate::wait(arguments).await
}

struct Storm {
    echo: u16,
    dead: SocketAddr,
    stall: SocketAddr,
    tls: SocketAddr,
    context: Context,
    tally: Tally,
}

/// What became of the calls.
#[derive(Default)]
struct Tally {
    /// It had a connection before it could be called off.
    connected: Cell<u64>,
    /// Its future was dropped, so nobody knows how far it was.
    dropped: Cell<u64>,
    lookup: Cell<u64>,
    connect: Cell<u64>,
    handshake: Cell<u64>,
}

impl Tally {
    fn cancelled(&self, error: &ConnectError) -> &Cell<u64> {
        match error.timeline.last().map(|step| step.phase) {
            None | Some(Phase::Lookup) => &self.lookup,
            Some(Phase::Bind | Phase::Connect) => &self.connect,
            Some(Phase::Handshake) => &self.handshake,
        }
    }

    fn print(&self) {
        let Self {
            connected,
            dropped,
            lookup,
            connect,
            handshake,
        } = self;
        println!(
            "connected {}\ndropped {}\nlookup {}\nconnect {}\nhandshake {}",
            connected.get(),
            dropped.get(),
            lookup.get(),
            connect.get(),
            handshake.get(),
        );
    }
}

/// Any free port at one of this machine's addresses, or at one that is not.
fn local(ip: &str) -> HostAddress {
    HostAddress {
        host: Some(ip.to_owned()),
        service: Service::Port(0),
    }
}

fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

impl Storm {
    async fn lane(&self, rounds: u64, mut chance: Chance) -> Result<(), String> {
        for _ in 0..rounds {
            let options = self.options(&mut chance);
            match chance.below(2) {
                0 => self.by_drop(options, &mut chance).await?,
                _ => self.by_attempt(options, &mut chance).await?,
            }
        }
        Ok(())
    }

    fn options(&self, chance: &mut Chance) -> ConnectionOptions<'_> {
        match chance.below(8) {
            0 => ConnectionOptions {
                host: Some("localhost".to_owned()),
                service: Some(Service::Port(self.echo)),
                ..ConnectionOptions::default()
            },
            1 => options::to(self.dead),
            // Several attempts at once.
            2 => ConnectionOptions {
                addresses: Some(vec![IpAddr::into(self.dead.ip()); 4]),
                happy_eyeballs_delay: Some(Duration::from_millis(10).as_nanos() as u64),
                ..options::to(self.dead)
            },
            3 => options::secure(self.stall, &self.context),
            4 => options::secure(self.tls, &self.context),
            // A race through TLS, whose first address never gets there.
            5 => ConnectionOptions {
                addresses: Some(vec![self.stall.ip().into(); 3]),
                happy_eyeballs_delay: Some(Duration::from_millis(10).as_nanos() as u64),
                race_until: Some(Milestone::Tls),
                ..options::secure(self.stall, &self.context)
            },
            // Bound first, to one of two addresses.
            6 => ConnectionOptions {
                local_addresses: ["192.0.2.1", "127.0.0.1"].map(local).into(),
                ..options::to(self.dead)
            },
            _ => options::to(self.tls),
        }
    }

    /// The way of Rust: the future is dropped.
    async fn by_drop(
        &self,
        options: ConnectionOptions<'_>,
        chance: &mut Chance,
    ) -> Result<(), String> {
        let moment = chance.moment();
        let call = async { Some(create_connection(options).await) };
        let cancel = async {
            moment.pass().await;
            None
        };
        match or(call, cancel).await {
            None => count(&self.tally.dropped),
            Some(Ok(_connection)) => count(&self.tally.connected),
            Some(Err(error)) => return Err(tell::connect_error(error)),
        }
        Ok(())
    }

    /// The way of languages that cannot do that.
    async fn by_attempt(
        &self,
        options: ConnectionOptions<'_>,
        chance: &mut Chance,
    ) -> Result<(), String> {
        let moment = chance.moment();
        let attempt = Attempt::new();
        let cancel = async {
            moment.pass().await;
            attempt.cancel();
        };
        let (result, ()) = zip(attempt.run(options), cancel).await;
        match result {
            Ok(_connection) => count(&self.tally.connected),
            Err(error) if matches!(error.failure, Failure::Cancelled) => {
                count(self.tally.cancelled(&error));
            }
            Err(error) => return Err(tell::connect_error(error)),
        }
        Ok(())
    }
}
