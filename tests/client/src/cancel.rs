//! `cancel ROUNDS server=ADDRESS [ca=FILE]`: against an echo, reads and writes that are dropped at any moment lose nothing
//! and double nothing.

use crate::arguments::Arguments;
use crate::sleep::{promptly, sleep};
use crate::{Outcome, pattern};
use futures_lite::future::{or, poll_once, yield_now};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use std::future::Future;
use std::time::Duration;

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

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let rounds = arguments.count(1)?;
    let mut chance = Chance(rounds + 0x9e37_79b9);
    let mut connection = arguments.connector()?.connect().await?;
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
    connection.flush().await?;
    while received < sent {
        let read = promptly(connection.read(&mut buffer)).await??;
        pattern::check(received, buffer.get(..read).unwrap_or_default())?;
        received += read as u64;
    }
    assert_eq!(sent, received);
    connection.close().await?;
    println!("{given_up} calls given up, {sent} bytes");
    Ok(())
}
