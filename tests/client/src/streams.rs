//! `streams server=ADDRESS [ca=FILE]`: against an echo, the streams of a connection after some use of it.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::future::{poll_once, zip};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let mut connection = arguments.connector()?.connect().await?;
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
