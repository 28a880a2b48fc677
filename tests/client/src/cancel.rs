//! `cancel ROUNDS how=whole|halves|upgradable|datagrams server=ADDRESS [ca=FILE]`: against an echo, calls that are dropped at any
//! moment lose nothing and double nothing.

use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use crate::{Outcome, pattern};
use futures_lite::future::{or, poll_once, yield_now};
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use switchboard_client::{Datagram, ReadHalf, WriteHalf};

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// The call, given up at some moment; or not, where `hope` says that it will return.
async fn perhaps<T>(chance: &mut Chance, hope: bool, call: impl Future<Output = T>) -> Option<T> {
    match chance.below(3 + u64::from(hope)) {
        0 => poll_once(call).await,
        1 => {
            let times = chance.below(5);
            let passed = async {
                for _ in 0..times {
                    yield_now().await;
                }
                None
            };
            or(async { Some(call.await) }, passed).await
        }
        2 => {
            let time = Duration::from_micros(chance.below(200));
            let passed = async {
                sleep(time).await;
                None
            };
            or(async { Some(call.await) }, passed).await
        }
        _ => Some(call.await),
    }
}

/// The halves of a connection, together again for the test alone.
struct Halves(ReadHalf, WriteHalf);

impl AsyncRead for Halves {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Halves {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.1).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_close(context)
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let rounds = arguments.count(1)?;
    match arguments.get("how") {
        Some("datagrams") => datagrams(arguments.required("server")?, rounds).await,
        Some("halves") => {
            let (reader, writer) = arguments.connector()?.connect().await?.split();
            streams(Halves(reader, writer), rounds).await
        }
        Some("upgradable") => {
            let plain = arguments.plain()?.connect_upgradable().await?;
            streams(plain, rounds).await
        }
        _ => streams(arguments.connector()?.connect().await?, rounds).await,
    }
}

async fn streams(mut connection: impl AsyncRead + AsyncWrite + Unpin, rounds: u64) -> Outcome {
    let mut chance = Chance(rounds + 0x9e37_79b9);
    let (mut sent, mut received, mut given_up) = (0u64, 0u64, 0u64);
    let mut piece = Vec::new();
    let mut buffer = vec![0; 100_000];
    for _ in 0..rounds {
        // The small ones let reading catch up.
        let most = if chance.below(2) == 0 { 10 } else { 90_000 };
        let count = 1 + chance.below(most) as usize;
        piece.clear();
        pattern::fill(sent, count, &mut piece);
        match perhaps(&mut chance, true, connection.write(&piece)).await {
            Some(written) => sent += written? as u64,
            None => given_up += 1,
        }
        if chance.below(4) == 0 {
            match perhaps(&mut chance, false, connection.flush()).await {
                Some(flushed) => flushed?,
                None => given_up += 1,
            }
        }
        let room = 1 + chance.below(99_000) as usize;
        // Nothing comes if nothing is under way; then the call is given up, and what it had begun goes on.
        let into = buffer.get_mut(..room).unwrap_or_default();
        match perhaps(&mut chance, received < sent, connection.read(into)).await {
            Some(read) => {
                let read = read?;
                pattern::check(received, buffer.get(..read).unwrap_or_default())?;
                received += read as u64;
            }
            None => given_up += 1,
        }
    }
    // The end of what is sent is said once, however often it was begun to be said.
    loop {
        if let Some(closed) = poll_once(connection.close()).await {
            closed?;
            break;
        }
        // The peer may wait for what it has sent to be read.
        let room = buffer.get_mut(..1000).unwrap_or_default();
        if received < sent
            && let Some(read) = perhaps(&mut chance, false, connection.read(room)).await
        {
            let read = read?;
            pattern::check(received, buffer.get(..read).unwrap_or_default())?;
            received += read as u64;
        } else {
            sleep(Duration::from_millis(1)).await;
        }
    }
    loop {
        let read = promptly(connection.read(&mut buffer)).await??;
        if read == 0 {
            break;
        }
        pattern::check(received, buffer.get(..read).unwrap_or_default())?;
        received += read as u64;
    }
    assert_eq!(sent, received);
    println!("{given_up} calls given up, {sent} bytes");
    Ok(())
}

/// Each is its number. What is sent may be given up too, and has left or not; so a datagram is asked for only when one is
/// sure to come.
async fn datagrams(server: SocketAddr, rounds: u64) -> Outcome {
    let mut chance = Chance(rounds + 0x9e37_79b9);
    let endpoint = Datagram::to(server.ip().to_string(), server.port())
        .open()
        .await?;
    let mut given_up = 0u64;
    for number in 0..rounds {
        endpoint.send(&number.to_be_bytes()).await?;
        let (data, _) = loop {
            match perhaps(&mut chance, true, endpoint.recv_from()).await {
                Some(received) => break received?,
                None => given_up += 1,
            }
        };
        assert_eq!(data, number.to_be_bytes());
    }
    endpoint.close().await;
    println!("{given_up} calls given up, {rounds} datagrams");
    Ok(())
}
