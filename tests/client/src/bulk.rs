//! `bulk MIB how=together|halves|turns server=ADDRESS [ca=FILE]`: sends that much to an echo and checks what comes back;
//! `bulk MIB how=left`: to a peer that answers when it has all, of which the sender leaves the end to the receiver.

use crate::arguments::Arguments;
use crate::sleep::promptly;
use crate::{Outcome, allocations, pattern};
use futures_lite::future::{poll_once, try_zip};
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use switchboard_client::wit_bindgen::spawn_local;

const PIECE: usize = 64 * 1024;

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let total = arguments.count(1)? * 1024 * 1024;
    let connection = arguments.connector()?.connect().await?;
    match arguments.get("how") {
        Some("turns") => {
            // Far more than fits on the way is written without a flush, then the answer is awaited: to wait drives it on.
            let mut connection = connection;
            let mut position = 0;
            let mut piece = Vec::new();
            while position < total {
                let count = total.min(position + 1024 * 1024) - position;
                piece.clear();
                pattern::fill(position, count as usize, &mut piece);
                for part in piece.chunks(128 * 1024) {
                    let mut part = part;
                    while !part.is_empty() {
                        let count = connection.write(part).await?;
                        part = part.get(count..).unwrap_or_default();
                        let mut back = vec![0; count];
                        connection.read_exact(&mut back).await?;
                        pattern::check(position, &back)?;
                        position += count as u64;
                    }
                }
            }
            connection.close().await?;
        }
        Some("left") => {
            let (mut reader, mut writer) = connection.split();
            assert!(poll_once(reader.read(&mut [0])).await.is_none());
            spawn_local(async move {
                let all = vec![1; total as usize];
                if let Err(error) = writer.write_all(&all).await {
                    eprintln!("{error}");
                }
                // Nobody flushes, nobody comes back.
            });
            let mut answer = [0; 4];
            promptly(reader.read_exact(&mut answer)).await??;
            println!("{}", String::from_utf8_lossy(&answer));
            return Ok(());
        }
        _ => {
            let (reader, writer) = connection.split();
            let (reader, writer) = try_zip(read(reader, total), write(writer, total)).await?;
            let connection = reader.reunite(writer).map_err(|_| "not the same")?;
            connection.close().await?;
        }
    }
    println!("{total} bytes there and back");
    Ok(())
}

async fn write<W: AsyncWrite + Unpin>(mut writer: W, total: u64) -> Outcome<W> {
    let mut piece = Vec::with_capacity(PIECE);
    let mut position = 0;
    while position < total {
        let count = PIECE.min((total - position) as usize);
        piece.clear();
        pattern::fill(position, count, &mut piece);
        writer.write_all(&piece).await?;
        position += count as u64;
    }
    writer.close().await?;
    Ok(writer)
}

async fn read<R: AsyncRead + Unpin>(mut reader: R, total: u64) -> Outcome<R> {
    let mut piece = vec![0; PIECE];
    let mut position = 0;
    let mut before = 0;
    let mut reads = 0;
    loop {
        let count = reader.read(&mut piece).await?;
        if count == 0 {
            break;
        }
        pattern::check(position, piece.get(..count).unwrap_or_default())?;
        position += count as u64;
        if position < total / 2 {
            before = allocations::count();
        } else {
            reads += 1;
        }
    }
    println!(
        "{} allocations in {reads} reads",
        allocations::count() - before
    );
    match position == total {
        true => Ok(reader),
        false => Err(format!("{position} bytes came back, not {total}").into()),
    }
}
