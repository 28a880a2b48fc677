//! `cancel-io WHAT SEED server=ADDRESS [ca=FILE]`: calls on a connection that are cancelled at any moment, and what the
//! next call makes of it.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{Connection, create_connection};
use crate::chance::Chance;
use crate::clock::{sleep, within};
use crate::{options, tell};
use futures_lite::future::or;
use std::future::Future;
use std::time::Duration;

/// How long the next call may take after one was cancelled.
const PROMPT: Duration = Duration::from_secs(10);

const ROUNDS: usize = 300;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let mut chance = Chance::new(arguments.count(2)?);
    let context = arguments.context()?;
    let server = arguments.server("server")?;
    let connection = create_connection(options::maybe_secure(server, context.as_ref())).await;
    let connection = connection.map_err(tell::connect_error)?;
    match arguments.word(1)? {
        "reads" => reads(&connection, &mut chance).await,
        "writes" => writes(&connection).await,
        "write-eof" => write_eof(&connection).await,
        "flood" => flood(&connection).await,
        "write-only" => write_only(&connection).await,
        other => Err(format!("no such thing to cancel: {other}")),
    }
}

/// Gives up on a call after this time.
async fn for_a_while<T>(call: impl Future<Output = T>, time: Duration) -> Option<T> {
    let call = async { Some(call.await) };
    let given_up = async {
        sleep(time).await;
        None
    };
    or(call, given_up).await
}

/// Against an echo: whatever was cancelled, the answer comes. A call that is cancelled just as it returns loses what it
/// returns, as the WIT says: here one byte.
async fn reads(connection: &Connection, chance: &mut Chance) -> Result<(), String> {
    let message = vec![7; 5000];
    let (mut sent, mut received, mut cancelled) = (0, 0, 0);
    for round in 0..ROUNDS {
        let written = connection.write(message.clone()).await;
        written.map_err(tell::stream_failure)?;
        sent += message.len();
        for _ in 0..chance.below(4) {
            let moment = chance.moment();
            let read = async { Some(connection.read(1).await) };
            let passed = async {
                moment.pass().await;
                None
            };
            match or(read, passed).await {
                Some(read) => received += read.map_err(tell::stream_failure)?.len(),
                None => cancelled += 1,
            }
        }
        while received + cancelled < sent {
            let read = async { connection.read(65536).await.map_err(tell::stream_failure) };
            let bytes = within(PROMPT, read).await;
            let bytes = bytes.map_err(|why| format!("round {round}, {received}/{sent}: {why}"))?;
            received += bytes.len();
            if bytes.is_empty() || received > sent {
                return Err(format!("round {round}: not the answer, {received}/{sent}"));
            }
        }
    }
    println!("cancelled {cancelled}");
    println!("lost {}", sent - received);
    Ok(())
}

/// Against a peer that does not read: nothing piles up, which the test sees by the memory in the end.
async fn writes(connection: &Connection) -> Result<(), String> {
    let mut cancelled = 0;
    for _ in 0..ROUNDS {
        let write = connection.write(vec![1; 200_000]);
        match for_a_while(write, Duration::from_millis(2)).await {
            None => cancelled += 1,
            Some(written) => written.map_err(tell::stream_failure)?,
        }
    }
    println!("cancelled {cancelled}");
    Ok(())
}

/// Against a peer that does not read: what could not be told is not done.
async fn write_eof(connection: &Connection) -> Result<(), String> {
    while let Some(written) = for_a_while(
        connection.write(vec![1; 200_000]),
        Duration::from_millis(200),
    )
    .await
    {
        written.map_err(tell::stream_failure)?;
    }
    for _ in 0..2 {
        let told = for_a_while(connection.write_eof(), Duration::from_millis(50)).await;
        if let Some(result) = told {
            return Err(format!("told to a peer that does not read: {result:?}"));
        }
    }
    Ok(())
}

/// Against a peer that sends without end: closing comes to an end.
async fn flood(connection: &Connection) -> Result<(), String> {
    let read = connection.read(1).await;
    read.map_err(tell::stream_failure)?;
    let close = async { connection.close().await.map_err(tell::stream_failure) };
    within(PROMPT, close).await
}

/// Against a peer that speaks first: what is written last arrives, though nothing was read.
async fn write_only(connection: &Connection) -> Result<(), String> {
    sleep(Duration::from_millis(50)).await;
    let written = connection.write(vec![9; 100_000]).await;
    written.map_err(tell::stream_failure)?;
    connection.close().await.map_err(tell::stream_failure)
}
