//! `read`, `write`, `write-eof`, `close` and `abort`.

use super::expect::{aborted, echoes, equal, fine, invalid_state, that};
use super::{Misuse, Servers, Way};
use crate::bindings::switchboard::connect::streams::StreamFailure;
use crate::bindings::wasi::sockets::types::ErrorCode;
use crate::pattern;
use futures_lite::future::{or, try_zip, zip};

pub(super) fn all(servers: &Servers, way: Way) -> Vec<Misuse<'_>> {
    vec![
        ("read nothing", Box::pin(read_nothing(servers, way))),
        ("read very much", Box::pin(read_very_much(servers, way))),
        ("write nothing", Box::pin(write_nothing(servers, way))),
        ("write a megabyte", Box::pin(write_a_megabyte(servers, way))),
        ("read again at the end", Box::pin(read_at_end(servers, way))),
        (
            "write after write-eof",
            Box::pin(write_after_eof(servers, way)),
        ),
        ("two reads at once", Box::pin(two_reads(servers, way))),
        ("two writes at once", Box::pin(two_writes(servers, way))),
        (
            "a read that is dropped",
            Box::pin(read_dropped(servers, way)),
        ),
        (
            "a write that is dropped",
            Box::pin(write_dropped(servers, way)),
        ),
        ("use after close", Box::pin(after_close(servers, way))),
        ("use after abort", Box::pin(after_abort(servers, way))),
        ("abort in a read", Box::pin(abort_in_read(servers, way))),
        ("close in a read", Box::pin(close_in_read(servers, way))),
    ]
}

async fn read_nothing(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let read = connection.read(0).await;
    let right = matches!(read, Err(StreamFailure::Socket(ErrorCode::InvalidArgument)));
    that(&read, right)?;
    echoes(&connection, b"still there").await
}

async fn read_very_much(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    fine(connection.write(b"little".to_vec()).await)?;
    let read = fine(connection.read(u32::MAX).await)?;
    that(&read, b"little".starts_with(&read))
}

async fn write_nothing(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    fine(connection.write(Vec::new()).await)?;
    echoes(&connection, b"something").await
}

async fn write_a_megabyte(servers: &Servers, way: Way) -> Result<(), String> {
    const MEGABYTE: usize = 1024 * 1024;
    let connection = servers.connect(way).await?;
    let mut data = Vec::new();
    pattern::fill(0, MEGABYTE, &mut data);
    let writing = async { fine(connection.write(data).await) };
    let reading = async {
        let mut position = 0;
        while position < MEGABYTE {
            let bytes = fine(connection.read(u32::MAX).await)?;
            that(&position, !bytes.is_empty())?;
            pattern::check(position as u64, &bytes)?;
            position += bytes.len();
        }
        equal(position, MEGABYTE)
    };
    try_zip(writing, reading).await.map(|_| ())
}

async fn read_at_end(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    fine(connection.write_eof().await)?;
    for _ in 0..3 {
        equal(fine(connection.read(10).await)?, Vec::new())?;
    }
    that(&connection.failure(), connection.failure().is_none())
}

async fn write_after_eof(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    fine(connection.write_eof().await)?;
    invalid_state(connection.write(b"late".to_vec()).await)?;
    invalid_state(connection.write(Vec::new()).await)?;
    fine(connection.write_eof().await)?;
    // Reading goes on: an end of file, for the echo had nothing to send back.
    equal(fine(connection.read(10).await)?, Vec::new())?;
    fine(connection.close().await)
}

/// They take turns.
async fn two_reads(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let read = || async { fine(connection.read(1).await) };
    let writing = async { fine(connection.write(b"ab".to_vec()).await) };
    let ((one, other), written) = zip(zip(read(), read()), writing).await;
    written?;
    equal((one?, other?), (b"a".to_vec(), b"b".to_vec()))
}

/// They take turns, and nothing is lost.
async fn two_writes(servers: &Servers, way: Way) -> Result<(), String> {
    const EACH: usize = 600_000;
    let connection = servers.connect(way).await?;
    let write = |byte| {
        let connection = &connection;
        async move { fine(connection.write(vec![byte; EACH]).await) }
    };
    let reading = async {
        let mut counts = [0; 2];
        while counts.iter().sum::<usize>() < 2 * EACH {
            let bytes = fine(connection.read(u32::MAX).await)?;
            that(&counts, !bytes.is_empty())?;
            for byte in bytes {
                counts[usize::from(byte == b'b')] += 1;
            }
        }
        equal(counts, [EACH, EACH])
    };
    let writing = try_zip(write(b'a'), write(b'b'));
    try_zip(writing, reading).await.map(|_| ())
}

/// The bytes that it would have given are for the next one.
async fn read_dropped(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    for _ in 0..3 {
        let read = async { Some(connection.read(10).await) };
        let dropped = or(read, async { None }).await;
        that(&dropped, dropped.is_none())?;
    }
    echoes(&connection, b"all of it").await
}

/// A part may be sent; what follows is not mixed up with it.
async fn write_dropped(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let write = async { Some(connection.write(vec![b'x'; 16_000_000]).await) };
    let dropped = or(write, async { None }).await;
    that(&dropped, dropped.is_none())?;
    let writing = async {
        fine(connection.write(b"end".to_vec()).await)?;
        fine(connection.write_eof().await)
    };
    let reading = async {
        let mut all = Vec::new();
        loop {
            let bytes = fine(connection.read(u32::MAX).await)?;
            if bytes.is_empty() {
                let rest = all.iter().skip_while(|&&byte| byte == b'x');
                return equal(rest.copied().collect(), b"end".to_vec());
            }
            all.extend(bytes);
        }
    };
    try_zip(writing, reading).await.map(|_| ())
}

async fn after_close(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    echoes(&connection, b"before").await?;
    fine(connection.close().await)?;
    fine(connection.close().await)?;
    aborted(connection.read(1).await)?;
    aborted(connection.write(b"late".to_vec()).await)?;
    aborted(connection.write_eof().await)?;
    connection.abort();
    fine(connection.close().await)?;
    let facts = connection.remote_address().is_some() && !connection.timeline().is_empty();
    that(&facts, facts)?;
    that(&connection.failure(), connection.failure().is_none())
}

async fn after_abort(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    connection.abort();
    connection.abort();
    aborted(connection.read(1).await)?;
    aborted(connection.write(b"late".to_vec()).await)?;
    aborted(connection.write_eof().await)?;
    fine(connection.close().await)?;
    let failure = connection.failure();
    that(&failure, matches!(failure, Some(StreamFailure::Aborted)))
}

async fn abort_in_read(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (read, ()) = zip(connection.read(1), async { connection.abort() }).await;
    aborted(read)
}

/// Unless the echo was quick to finish too.
async fn close_in_read(servers: &Servers, way: Way) -> Result<(), String> {
    let connection = servers.connect(way).await?;
    let (read, closed) = zip(connection.read(1), connection.close()).await;
    fine(closed)?;
    let at_end = matches!(&read, Ok(bytes) if bytes.is_empty());
    that(&read, at_end || matches!(read, Err(StreamFailure::Aborted)))
}
