//! Steps that take time.

use crate::ends::{Sink, Source};
use crate::script::{Outcome, failed};
use std::time::Instant;

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
