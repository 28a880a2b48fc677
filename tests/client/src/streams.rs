//! `streams server=ADDRESS [ca=FILE] [how=ended|unread|cut]`: against an echo, the streams of a connection after some use of it;
//! `how=ended`: against a peer that says hello and ends, after one read; `how=unread`: after none; `how=cut`: after a byte.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::future::{poll_once, zip};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use std::time::{Duration, Instant};
use switchboard_client::{Connection, Streams};
use wasip3::cli::stdout::write_via_stream;

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let mut connection = arguments.connector()?.connect().await?;
    match arguments.get("how") {
        Some("ended") => return ended(connection).await,
        Some("cut") => {
            connection.read_exact(&mut [0]).await?;
            println!(
                "before: {}",
                connection.into_streams().await?.received.len()
            );
            return Ok(());
        }
        Some("unread") => return hand_on(connection.into_streams().await?).await,
        _ => {}
    }
    connection.write_all(b"hello, world").await?;
    let mut first = [0; 12];
    connection.read_exact(&mut first).await?;
    // One that is given up is under way when the streams are taken.
    assert!(poll_once(connection.read(&mut [0; 100])).await.is_none());
    connection.write_all(b"; ").await?;

    let streams = connection.into_streams().await?;
    let mut outgoing = streams.outgoing.ok_or("no outgoing")?;
    let incoming = streams.incoming.ok_or("no incoming")?;
    let writing = async move { outgoing.write_all(b"goodbye".to_vec()).await };
    let (unsent, more) = zip(writing, incoming.collect()).await;
    assert!(unsent.is_empty());
    streams.outgoing_end.ok_or("no end")?.await?;
    streams.incoming_end.ok_or("no end")?.await?;
    let all = [streams.received, more].concat();
    streams.guard.close().await?;
    println!("{}", String::from_utf8_lossy(&first));
    println!("{}", String::from_utf8_lossy(&all));
    Ok(())
}

/// Nothing else runs in between: all that the peer says comes at once then, its end with it.
fn do_not_look() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(100) {}
}

async fn ended(mut connection: Connection) -> Outcome {
    let mut first = [0; 100];
    let early = poll_once(connection.read(&mut first)).await;
    do_not_look();
    let count = match early {
        Some(count) => count?,
        None => connection.read(&mut first).await?,
    };
    println!("{count}");
    hand_on(connection.into_streams().await?).await
}

/// Gives what is still to come to the host, which traps if that was told of its end.
async fn hand_on(streams: Streams) -> Outcome {
    println!("before: {}", streams.received.len());
    match streams.incoming {
        Some(incoming) => write_via_stream(incoming)
            .await
            .map_err(|it| format!("{it:?}"))?,
        None => println!("it has ended"),
    }
    if let Some(end) = streams.incoming_end {
        end.await?;
    }
    drop(streams.outgoing);
    streams.guard.close().await?;
    Ok(())
}
