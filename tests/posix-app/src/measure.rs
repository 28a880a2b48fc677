//! Steps that take time.

use crate::ends::{PIECE, Sink, Source};
use crate::script::{Outcome, failed};
use futures_lite::future::zip;
use std::time::Instant;

/// Sends so many MiB to an echo and reads them back at the same time. Tells the seconds.
pub(crate) async fn bulk(mut outgoing: Sink, mut incoming: Source, mib: usize) -> Outcome {
    let total = mib * 1024 * 1024;
    let begun = Instant::now();
    let writing = async move {
        let mut piece: Vec<_> = (0..PIECE).map(|at| (at % 251) as u8).collect();
        let whole = piece.clone();
        for _ in 0..total / PIECE {
            if !outgoing.write(&mut piece).await {
                return;
            }
            // The buffer comes back empty: whoever measures has something to send.
            piece.extend_from_slice(&whole);
        }
    };
    let reading = async {
        let (mut came, mut right) = (0_usize, true);
        let mut piece = Vec::with_capacity(PIECE);
        while incoming.read(&mut piece).await {
            // One byte of each shows what is lost or doubled.
            let expected = ((came % PIECE) % 251) as u8;
            right &= piece.first() == Some(&expected);
            came += piece.len();
            piece.clear();
        }
        right && came == total
    };
    let ((), right) = zip(writing, reading).await;
    match right {
        true => Ok(Ok(begun.elapsed().as_secs_f64().to_string())),
        false => failed("not what was sent"),
    }
}

/// So many times two writes of a byte, and then the answer, a byte too. Tells the seconds.
pub(crate) async fn rounds(outgoing: &mut Sink, incoming: &mut Source, count: usize) -> Outcome {
    let begun = Instant::now();
    for _ in 0..count {
        let both = outgoing.write(&mut vec![1]).await && outgoing.write(&mut vec![2]).await;
        let mut answer = Vec::with_capacity(1);
        if !both || !incoming.read(&mut answer).await {
            return failed("no answer");
        }
    }
    Ok(Ok(begun.elapsed().as_secs_f64().to_string()))
}
