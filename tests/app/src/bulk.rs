//! `bulk MIB server=ADDRESS|path=PATH [ca=FILE] [via=streams|lists]`: sends that much to an echo and checks what comes back.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Connection, UnixOptions, create_connection, create_unix_connection,
};
use crate::ends::{Sink, Source};
use crate::{options, pattern, tell};
use futures_lite::future::try_zip;

/// How much is written at a time, and the most that is read.
pub(crate) const PIECE: usize = 64 * 1024;

/// What is sent, and what is thought of what comes back.
pub(crate) trait Content {
    /// Appends that many bytes from this position on.
    fn fill(&self, from: u64, count: usize, into: &mut Vec<u8>);
    /// Looks at the bytes from this position on.
    fn check(&self, from: u64, bytes: &[u8]) -> Result<(), String>;
}

struct Pattern;

impl Content for Pattern {
    fn fill(&self, from: u64, count: usize, into: &mut Vec<u8>) {
        pattern::fill(from, count, into);
    }

    fn check(&self, from: u64, bytes: &[u8]) -> Result<(), String> {
        pattern::check(from, bytes)
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let total = arguments.count(1)? * 1024 * 1024;
    let context = arguments.context()?;
    let connection = match arguments.get("path") {
        Some(path) => {
            let options = UnixOptions {
                path: Some(path.as_bytes().to_vec()),
                ..options::maybe_secure_unix(context.as_ref())
            };
            create_unix_connection(options).await
        }
        None => {
            let options = options::maybe_secure(arguments.server("server")?, context.as_ref());
            create_connection(options).await
        }
    };
    let connection = connection.map_err(tell::connect_error)?;
    match arguments.get("via") {
        Some("lists") => by_lists(&connection, total, &Pattern).await?,
        _ => by_streams(&connection, total, &Pattern).await?,
    }
    connection.close().await.map_err(tell::stream_failure)?;
    println!("{total} bytes there and back");
    Ok(())
}

/// Writes and reads at the same time, by streams.
pub(crate) async fn by_streams(
    connection: &Connection,
    total: u64,
    content: &impl Content,
) -> Result<(), String> {
    let writing = send(connection, total, content);
    try_zip(writing, receive(connection, total, content))
        .await
        .map(|_| ())
}

/// Sends that much by a stream, and says that no more will come.
pub(crate) async fn send(
    connection: &Connection,
    total: u64,
    content: &impl Content,
) -> Result<(), String> {
    let (mut sink, outgoing) = Sink::new();
    let sent = connection.send(outgoing).await;
    let mut piece = Vec::with_capacity(PIECE);
    let mut position = 0;
    while position < total {
        let count = PIECE.min((total - position) as usize);
        content.fill(position, count, &mut piece);
        if !sink.write(&mut piece).await {
            break;
        }
        position += count as u64;
    }
    drop(sink);
    sent.await.map_err(|code| tell::ending(connection, code))
}

/// Receives all that the peer sends, by a stream: exactly that much.
pub(crate) async fn receive(
    connection: &Connection,
    total: u64,
    content: &impl Content,
) -> Result<(), String> {
    let (incoming, received) = connection.receive().await;
    let mut source = Source::new(incoming);
    let mut piece = Vec::with_capacity(PIECE);
    let mut position = 0;
    while source.read(&mut piece).await {
        content.check(position, &piece)?;
        position += piece.len() as u64;
        piece.clear();
    }
    let received = received.await;
    received.map_err(|code| tell::ending(connection, code))?;
    all_there(position, total)
}

/// Writes and reads at the same time, by lists.
pub(crate) async fn by_lists(
    connection: &Connection,
    total: u64,
    content: &impl Content,
) -> Result<(), String> {
    let writing = async {
        let mut position = 0;
        while position < total {
            let count = PIECE.min((total - position) as usize);
            let mut piece = Vec::with_capacity(count);
            content.fill(position, count, &mut piece);
            let written = connection.write(piece).await;
            written.map_err(tell::stream_failure)?;
            position += count as u64;
        }
        connection.write_eof().await.map_err(tell::stream_failure)
    };
    let reading = async {
        let mut position = 0;
        loop {
            let piece = connection.read(PIECE as u32).await;
            let piece = piece.map_err(tell::stream_failure)?;
            if piece.is_empty() {
                return all_there(position, total);
            }
            content.check(position, &piece)?;
            position += piece.len() as u64;
        }
    };
    try_zip(writing, reading).await.map(|_| ())
}

fn all_there(came: u64, total: u64) -> Result<(), String> {
    match came == total {
        true => Ok(()),
        false => Err(format!("{came} bytes came back, not {total}")),
    }
}
