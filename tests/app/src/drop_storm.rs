//! `drop-storm COUNT SEED echo=ADDRESS stall=ADDRESS tls-echo=ADDRESS tls-stall=ADDRESS ca=FILE [gate=ADDRESS]`: opens
//! that many connections, 16 at a time, starts to read and to write, and lets go of everything in random order at
//! random moments.
//!
//! The servers of `echo` send back what they get, those of `stall` neither read nor write.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, create_connection,
};
use crate::bindings::switchboard::connect::tls::Context;
use crate::chance::Chance;
use crate::ends::{Completion, Sink, Source};
use crate::together::{self, Work};
use crate::{gate, options, tell};
use futures_lite::future::or;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// How many connections are open.
const LANES: u64 = 16;

/// How much is written at a time, again and again, until the sockets of both sides take no more.
const PIECE: usize = 16 * 1024;

/// Something that is going on with a connection, for ever; it ends by being dropped.
pub(crate) type Piece = Pin<Box<dyn Future<Output = ()>>>;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let (count, seed) = (arguments.count(1)?, arguments.count(2)?);
    let storm = Storm {
        plain: [arguments.server("echo")?, arguments.server("stall")?],
        secure: [
            arguments.server("tls-echo")?,
            arguments.server("tls-stall")?,
        ],
        context: arguments.context()?.ok_or("ca= is missing")?,
    };
    let lanes = (0..LANES).map(|lane| {
        let rounds = count / LANES + u64::from(lane < count % LANES);
        let chance = Chance::new(seed.wrapping_mul(LANES).wrapping_add(lane));
        Box::pin(storm.lane(rounds, chance)) as Work
    });
    together::all(lanes.collect()).await?;
    println!("opened {count}");
    gate::wait(arguments).await
}

struct Storm {
    plain: [SocketAddr; 2],
    secure: [SocketAddr; 2],
    context: Context,
}

impl Storm {
    async fn lane(&self, rounds: u64, mut chance: Chance) -> Result<(), String> {
        for _ in 0..rounds {
            let connection = create_connection(self.options(&mut chance)).await;
            let connection = connection.map_err(tell::connect_error)?;
            let pieces = pieces(connection, &mut chance).await;
            let_go(pieces, &mut chance).await;
        }
        Ok(())
    }

    fn options(&self, chance: &mut Chance) -> ConnectionOptions<'_> {
        // Seldom one that stalls: it keeps what its kernel has received, megabytes for each connection.
        let server = usize::from(chance.below(8) == 0);
        let options = match chance.below(2) {
            0 => options::to(self.plain[server]),
            _ => options::secure(self.secure[server], &self.context),
        };
        ConnectionOptions {
            shutdown_timeout: Some(Duration::from_millis(20).as_nanos() as u64),
            ..options
        }
    }
}

/// Each direction idle, by lists or by a stream; and the connection itself: kept, aborted or closed.
async fn pieces(connection: Connection, chance: &mut Chance) -> Vec<Piece> {
    let connection = Rc::new(connection);
    let mut pieces: Vec<Piece> = Vec::new();
    match chance.below(3) {
        0 => {}
        1 => pieces.push(Box::pin(read(connection.clone()))),
        _ => {
            let (stream, completion) = connection.receive().await;
            pieces.push(Box::pin(drain(Source::new(stream))));
            pieces.push(Box::pin(keep(completion, chance.below(2) == 0)));
        }
    }
    match chance.below(3) {
        0 => {}
        1 => pieces.push(Box::pin(write(connection.clone()))),
        _ => {
            let (sink, stream) = Sink::new();
            let completion = connection.send(stream).await;
            pieces.push(Box::pin(pour(sink)));
            pieces.push(Box::pin(keep(completion, chance.below(2) == 0)));
        }
    }
    let moment = chance.moment();
    let ending = chance.below(3);
    pieces.push(Box::pin(async move {
        moment.pass().await;
        match ending {
            0 => {}
            1 => connection.abort(),
            _ => {
                let _ = connection.close().await;
            }
        }
        pending().await
    }));
    pieces
}

async fn read(connection: Rc<Connection>) {
    while let Ok(bytes) = connection.read(4096).await {
        if bytes.is_empty() {
            break;
        }
    }
    pending().await
}

async fn write(connection: Rc<Connection>) {
    while connection.write(vec![0x5a; PIECE]).await.is_ok() {}
    pending().await
}

async fn drain(mut source: Source) {
    let mut bytes = Vec::with_capacity(4096);
    while source.read(&mut bytes).await {
        bytes.clear();
    }
    pending().await
}

async fn pour(mut sink: Sink) {
    let mut bytes = vec![0x5a; PIECE];
    while sink.write(&mut bytes).await {
        bytes.resize(PIECE, 0x5a);
    }
    pending().await
}

/// Waits for it, or only has it.
async fn keep(completion: Completion, wait: bool) {
    if wait {
        let _ = completion.await;
        return pending().await;
    }
    pending::<()>().await;
    drop(completion);
}

/// Lets go of one after the other while the rest goes on.
pub(crate) async fn let_go(mut pieces: Vec<Piece>, chance: &mut Chance) {
    while !pieces.is_empty() {
        let going_on = async {
            let works = pieces.iter_mut().map(|piece| {
                let work = async {
                    piece.as_mut().await;
                    Ok(())
                };
                Box::pin(work) as Work
            });
            let _ = together::all(works.collect()).await;
        };
        or(going_on, chance.moment().pass()).await;
        drop(pieces.swap_remove(chance.below(pieces.len())));
    }
}
