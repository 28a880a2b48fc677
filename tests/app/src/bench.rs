//! `bench connects|resumes|pingpong|bulk|send|receive|datagrams|writes COUNT server=ADDRESS|path=PATH [ca=FILE] [via=streams|lists]
//! [no-delay=BOOL]`: measures an echo, step by step as the tests' native client and asyncio's do, and prints what came out as
//! JSON.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, UnixOptions, create_connection, create_unix_connection,
};
use crate::bindings::switchboard::connect::tls::Context;
use crate::bulk::{self, Content, PIECE};
use crate::clock::Instant;
use crate::ends::{Sink, Source};
use crate::flood::Plan;
use crate::{bench_tls, endpoint, options, tell};
use std::net::SocketAddr;
use std::time::Duration;

const PING: &[u8] = b"ping";

/// The size of a datagram, and how many are under way at a time.
const DATAGRAM: usize = 1200;
const WINDOW: u64 = 32;

/// Where the echo is.
enum Server {
    Ip(SocketAddr),
    Unix(String),
}

/// The time it took, how many operations that was, and how many bytes went there and back.
pub(crate) type Measured = (Duration, u64, u64);

struct Target {
    server: Server,
    no_delay: Option<bool>,
    context: Option<Context>,
    lists: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let (mode, count) = (arguments.word(1)?, arguments.count(2)?);
    let measured = match mode {
        "seal" | "open" | "engine" => bench_tls::run(arguments, mode, count)?,
        _ => connected(arguments, mode, count).await?,
    };
    let (took, ops, bytes) = measured;
    let seconds = took.as_secs_f64();
    println!(r#"{{"mode": "{mode}", "seconds": {seconds}, "ops": {ops}, "bytes": {bytes}}}"#);
    Ok(())
}

async fn connected(arguments: &Arguments, mode: &str, count: u64) -> Result<Measured, String> {
    let target = Target {
        server: match arguments.get("path") {
            Some(path) => Server::Unix(path.to_owned()),
            None => Server::Ip(arguments.server("server")?),
        },
        no_delay: arguments.parsed("no-delay")?,
        context: arguments.context()?,
        lists: arguments.get("via") == Some("lists"),
    };
    match mode {
        "connects" => {
            if let Some(context) = &target.context {
                context.set_session_cache_size(0);
            }
            target.connects(count, false).await
        }
        "resumes" => target.connects(count, true).await,
        "pingpong" => target.pingpong(count).await,
        "bulk" => target.bulk(count).await,
        "send" => target.one_way(count, 0).await,
        "receive" => target.one_way(0, count).await,
        "datagrams" => target.datagrams(count).await,
        "writes" => target.writes(count).await,
        other => Err(format!("no such mode of bench: {other}")),
    }
}

impl Target {
    async fn connect(&self) -> Result<Connection, String> {
        let connection = match &self.server {
            Server::Ip(server) => {
                let options = ConnectionOptions {
                    no_delay: self.no_delay,
                    ..options::maybe_secure(*server, self.context.as_ref())
                };
                create_connection(options).await
            }
            Server::Unix(path) => {
                let options = UnixOptions {
                    path: Some(path.clone().into_bytes()),
                    ..options::maybe_secure_unix(self.context.as_ref())
                };
                create_unix_connection(options).await
            }
        };
        connection.map_err(tell::connect_error)
    }

    /// One connection after the other.
    async fn connects(&self, count: u64, resumes: bool) -> Result<Measured, String> {
        let begun = Instant::now();
        let mut resumed = 0;
        for _ in 0..count {
            let connection = self.connect().await?;
            resumed += u64::from(connection.tls().is_some_and(|facts| facts.resumed));
            if self.context.is_some() {
                // With a close_notify there and one back, as asyncio does it.
                connection.write_eof().await.map_err(tell::stream_failure)?;
                let rest = connection.read(1).await.map_err(tell::stream_failure)?;
                expect(rest.is_empty(), "an echo of nothing")?;
            }
            connection.close().await.map_err(tell::stream_failure)?;
        }
        let took = begun.elapsed();
        let expected = if resumes { count - 1 } else { 0 };
        expect(
            resumed == expected,
            "other sessions were resumed than should be",
        )?;
        Ok((took, count, 0))
    }

    /// A few bytes there and back on one connection, again and again.
    async fn pingpong(&self, count: u64) -> Result<Measured, String> {
        let connection = self.connect().await?;
        let took = match self.lists {
            true => pingpong_by_lists(&connection, count).await?,
            false => pingpong_by_streams(&connection, count).await?,
        };
        connection.close().await.map_err(tell::stream_failure)?;
        Ok((took, count, count * PING.len() as u64))
    }

    /// That many MiB there and back on one connection.
    async fn bulk(&self, mebibytes: u64) -> Result<Measured, String> {
        let total = mebibytes * 1024 * 1024;
        let connection = self.connect().await?;
        let begun = Instant::now();
        match self.lists {
            true => bulk::by_lists(&connection, total, &Same).await?,
            false => bulk::by_streams(&connection, total, &Same).await?,
        }
        let took = begun.elapsed();
        connection.close().await.map_err(tell::stream_failure)?;
        Ok((took, total / PIECE as u64, total))
    }

    /// That many MiB to a peer that then finishes, or from one that sends just that much and finishes; by streams.
    async fn one_way(&self, there: u64, back: u64) -> Result<Measured, String> {
        let (there, back) = (there * 1024 * 1024, back * 1024 * 1024);
        let connection = self.connect().await?;
        let begun = Instant::now();
        bulk::send(&connection, there, &Same).await?;
        // Also of one who sends nothing: it finishes when it has read everything.
        bulk::receive(&connection, back, &Same).await?;
        let took = begun.elapsed();
        connection.close().await.map_err(tell::stream_failure)?;
        let total = there + back;
        Ok((took, total / PIECE as u64, total))
    }

    /// Two small writes and then a read, again and again: with Nagle's algorithm (RFC 9293, section 3.7.4) the second one
    /// waits until the peer has confirmed the first.
    async fn writes(&self, count: u64) -> Result<Measured, String> {
        let connection = self.connect().await?;
        let begun = Instant::now();
        for _ in 0..count {
            for half in [&PING[..2], &PING[2..]] {
                let written = connection.write(half.to_vec()).await;
                written.map_err(tell::stream_failure)?;
            }
            let mut message = Vec::new();
            while message.len() < PING.len() {
                let bytes = connection.read(PING.len() as u32).await;
                let bytes = bytes.map_err(tell::stream_failure)?;
                expect(!bytes.is_empty(), "the echo ended")?;
                message.extend(bytes);
            }
            expect(message == PING, "the echo sent something else")?;
        }
        let took = begun.elapsed();
        connection.close().await.map_err(tell::stream_failure)?;
        Ok((took, count, count * PING.len() as u64))
    }

    /// That many datagrams there and back; those that are lost do not count.
    async fn datagrams(&self, count: u64) -> Result<Measured, String> {
        let Server::Ip(server) = self.server else {
            return Err("datagrams go to server=".to_owned());
        };
        let endpoint = endpoint::create(endpoint::to(server)).await?;
        let plan = Plan {
            count,
            size: DATAGRAM,
            window: WINDOW,
            checked: false,
        };
        let begun = Instant::now();
        let tally = plan.flood(&endpoint).await?;
        let took = begun.elapsed();
        endpoint.close().await;
        let received = tally.received;
        Ok((took, received, received * DATAGRAM as u64))
    }
}

async fn pingpong_by_streams(connection: &Connection, count: u64) -> Result<Duration, String> {
    let (mut sink, outgoing) = Sink::new();
    let sent = connection.send(outgoing).await;
    let (incoming, _received) = connection.receive().await;
    let mut source = Source::new(incoming);
    let mut message = PING.to_vec();
    let begun = Instant::now();
    for _ in 0..count {
        expect(sink.write(&mut message).await, "nobody listens")?;
        while message.len() < PING.len() {
            expect(source.read(&mut message).await, "the echo ended")?;
        }
    }
    let took = begun.elapsed();
    expect(message == PING, "the echo sent something else")?;
    drop(sink);
    sent.await.map_err(|code| tell::ending(connection, code))?;
    Ok(took)
}

async fn pingpong_by_lists(connection: &Connection, count: u64) -> Result<Duration, String> {
    let mut message = PING.to_vec();
    let begun = Instant::now();
    for _ in 0..count {
        let written = connection.write(std::mem::take(&mut message)).await;
        written.map_err(tell::stream_failure)?;
        while message.len() < PING.len() {
            let missing = (PING.len() - message.len()) as u32;
            let bytes = connection.read(missing).await;
            let bytes = bytes.map_err(tell::stream_failure)?;
            expect(!bytes.is_empty(), "the echo ended")?;
            message.extend(bytes);
        }
    }
    let took = begun.elapsed();
    expect(message == PING, "the echo sent something else")?;
    Ok(took)
}

/// The same byte all the time, and no time spent on looking at it.
struct Same;

impl Content for Same {
    fn fill(&self, _from: u64, count: usize, into: &mut Vec<u8>) {
        into.resize(into.len() + count, 0x5a);
    }

    fn check(&self, _from: u64, _bytes: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

pub(crate) fn expect(right: bool, otherwise: &str) -> Result<(), String> {
    match right {
        true => Ok(()),
        false => Err(otherwise.to_owned()),
    }
}
