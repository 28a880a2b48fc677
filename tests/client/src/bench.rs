//! `bench pingpong|bulk COUNT server=ADDRESS [ca=FILE] [via=buffers]`: what `tests/app` measures on the component's own streams,
//! through the SDK; `via=buffers` looks at what was read where it is.

use crate::Outcome;
use crate::arguments::Arguments;
use futures_lite::future::try_zip;
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use std::time::{Duration, Instant};
use switchboard_client::Connection;

const PIECE: usize = 64 * 1024;
const PING: &[u8] = b"ping";

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let (mode, count) = (arguments.word(1)?, arguments.count(2)?);
    let connection = arguments.connector()?.connect().await?;
    let (took, ops, bytes) = match mode {
        "pingpong" => {
            let took = pingpong(connection, count).await?;
            (took, count, count * PING.len() as u64)
        }
        "bulk" => {
            let total = count * 1024 * 1024;
            let in_place = arguments.get("via") == Some("buffers");
            let took = bulk(connection, total, in_place).await?;
            (took, total / PIECE as u64, total)
        }
        other => return Err(format!("no such mode of bench: {other}").into()),
    };
    let seconds = took.as_secs_f64();
    println!(r#"{{"mode": "{mode}", "seconds": {seconds}, "ops": {ops}, "bytes": {bytes}}}"#);
    Ok(())
}

async fn pingpong(mut connection: Connection, count: u64) -> Outcome<Duration> {
    let mut message = [0; PING.len()];
    let begun = Instant::now();
    for _ in 0..count {
        connection.write_all(PING).await?;
        connection.read_exact(&mut message).await?;
    }
    let took = begun.elapsed();
    assert_eq!(message, PING);
    connection.close().await?;
    Ok(took)
}

async fn bulk(connection: Connection, total: u64, in_place: bool) -> Outcome<Duration> {
    let begun = Instant::now();
    let (mut reader, mut writer) = connection.split();
    let writing = async {
        let mut piece = Vec::with_capacity(PIECE);
        for _ in 0..total / PIECE as u64 {
            piece.clear();
            piece.resize(PIECE, 0x5a);
            writer.write_all(&piece).await?;
        }
        Outcome::Ok(writer.close().await?)
    };
    let reading = async {
        let mut came = 0;
        let mut piece = vec![0; PIECE];
        loop {
            let count = match in_place {
                true => {
                    let count = reader.fill_buf().await?.len();
                    reader.consume(count);
                    count
                }
                false => reader.read(&mut piece).await?,
            };
            came += count as u64;
            if count == 0 {
                return match came == total {
                    true => Ok(()),
                    false => Err(format!("{came} bytes came back, not {total}").into()),
                };
            }
        }
    };
    try_zip(writing, reading).await?;
    let took = begun.elapsed();
    let connection = reader.reunite(writer).map_err(|_| "not the same")?;
    connection.close().await?;
    Ok(took)
}
