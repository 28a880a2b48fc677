//! `flood to=ADDRESS count=N size=BYTES window=N`: sends that many numbered datagrams to an echo, that many of them under
//! way at a time, and looks at the order and the bytes of what returns. Prints what became of them.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::datagrams::{Endpoint, Outgoing};
use crate::{endpoint, pattern};

/// Since loopback takes microseconds, what has not returned by then, in nanoseconds, is lost.
const LOST: u64 = 200_000_000;

/// Bytes of the number at the beginning of a datagram.
const NUMBER: usize = 8;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["to", "count", "size", "window"])?;
    let endpoint = endpoint::create(endpoint::to(arguments.server("to")?)).await?;
    let plan = Plan {
        count: arguments.required("count")?,
        size: arguments.required("size")?,
        window: arguments.required("window")?,
        checked: true,
    };
    let Tally {
        sent,
        received,
        lost,
        reordered,
    } = plan.flood(&endpoint).await?;
    println!("sent {sent}\nreceived {received}\nlost {lost}\nreordered {reordered}");
    println!("dropped {}", endpoint.dropped());
    endpoint.close().await;
    Ok(())
}

/// What to send.
pub(crate) struct Plan {
    pub(crate) count: u64,
    pub(crate) size: usize,
    pub(crate) window: u64,
    /// Whether the bytes after the number are looked at.
    pub(crate) checked: bool,
}

/// What became of it.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) lost: u64,
    pub(crate) reordered: u64,
}

impl Plan {
    pub(crate) async fn flood(&self, endpoint: &Endpoint) -> Result<Tally, String> {
        let mut tally = Tally::default();
        // The number after the last one that returned, or was given up.
        let mut expected = 0;
        while expected < self.count {
            let until = self.count.min(expected + self.window);
            let batch: Vec<_> = (tally.sent..until).map(|it| self.datagram(it)).collect();
            tally.sent = until;
            let (_, result) = endpoint.send_batch(batch).await;
            result.map_err(endpoint::not_sent)?;
            let events = endpoint.next_batch(u32::MAX, Some(LOST)).await;
            if events.is_empty() {
                tally.lost += tally.sent - expected;
                expected = tally.sent;
            }
            for event in events {
                let number = self.number(&endpoint::received(event)?)?;
                tally.received += 1;
                match number.checked_sub(expected) {
                    Some(skipped) => {
                        tally.lost += skipped;
                        expected = number + 1;
                    }
                    None => {
                        tally.lost -= 1;
                        tally.reordered += 1;
                    }
                }
            }
        }
        Ok(tally)
    }

    fn datagram(&self, number: u64) -> Outgoing {
        let mut data = Vec::with_capacity(self.size);
        data.extend(number.to_be_bytes());
        match self.checked {
            true => pattern::fill(number, self.size.saturating_sub(NUMBER), &mut data),
            false => data.resize(self.size, 0x5a),
        }
        Outgoing {
            data,
            address: None,
        }
    }

    fn number(&self, data: &[u8]) -> Result<u64, String> {
        let (number, rest) = data.split_first_chunk().ok_or("a datagram is too short")?;
        let number = u64::from_be_bytes(*number);
        if data.len() != self.size || number >= self.count {
            return Err(format!("{} bytes with the number {number}", data.len()));
        }
        if self.checked {
            pattern::check(number, rest)?;
        }
        Ok(number)
    }
}
