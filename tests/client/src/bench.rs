//! `bench pingpong|bulk COUNT server=ADDRESS [ca=FILE] [via=buffers]`: what `tests/app` measures on the component's own streams,
//! through the SDK; `via=buffers` looks at what was read where it is, `via=protocol` is told by callbacks.

use crate::arguments::Arguments;
use crate::{Outcome, allocations};
use futures_lite::future::try_zip;
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};
use switchboard_client::protocol::{Callback, Protocol, Transport, create_connection};
use switchboard_client::{Connection, Connector};

const PIECE: usize = 64 * 1024;
const PING: &[u8] = b"ping";

pub(crate) async fn run(arguments: &Arguments) -> Outcome {
    let (mode, count) = (arguments.word(1)?, arguments.count(2)?);
    let total = count * 1024 * 1024;
    let mut tally = Tally::new(total);
    let (took, ops, bytes) = match (mode, arguments.get("via")) {
        ("pingpong", _) => {
            let took = pingpong(arguments.connector()?.connect().await?, count).await?;
            (took, count, count * PING.len() as u64)
        }
        ("bulk", Some("protocol")) => {
            let took;
            (took, tally) = told(arguments.connector()?, total).await?;
            (took, total / PIECE as u64, total)
        }
        ("bulk", via) => {
            let in_place = via == Some("buffers");
            let connection = arguments.connector()?.connect().await?;
            let took = bulk(connection, total, in_place, &mut tally).await?;
            (took, total / PIECE as u64, total)
        }
        (other, _) => return Err(format!("no such mode of bench: {other}").into()),
    };
    let seconds = took.as_secs_f64();
    let (allocations, reads) = (tally.allocations(), tally.reads);
    println!(
        r#"{{"mode": "{mode}", "seconds": {seconds}, "ops": {ops}, "bytes": {bytes}, "allocations": [{allocations}, {reads}]}}"#
    );
    Ok(())
}

/// What has come, and how often memory was asked for while the second half of it did.
struct Tally {
    total: u64,
    came: u64,
    reads: u64,
    before: usize,
    after: usize,
}

impl Tally {
    fn new(total: u64) -> Self {
        Self {
            total,
            came: 0,
            reads: 0,
            before: 0,
            after: 0,
        }
    }

    fn read(&mut self, count: usize) {
        self.came += count as u64;
        self.after = allocations::count();
        if self.came < self.total / 2 {
            self.before = self.after;
        } else {
            self.reads += 1;
        }
    }

    fn allocations(&self) -> usize {
        self.after - self.before
    }

    fn complete(&self) -> Outcome {
        match self.came == self.total {
            true => Ok(()),
            false => Err(format!("{} bytes came back, not {}", self.came, self.total).into()),
        }
    }
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

async fn bulk(
    connection: Connection,
    total: u64,
    in_place: bool,
    tally: &mut Tally,
) -> Outcome<Duration> {
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
            if count == 0 {
                return tally.complete();
            }
            tally.read(count);
        }
    };
    try_zip(writing, reading).await?;
    let took = begun.elapsed();
    let connection = reader.reunite(writer).map_err(|_| "not the same")?;
    connection.close().await?;
    Ok(took)
}

/// Writes when it may, and counts what comes.
struct Told {
    tally: RefCell<Tally>,
    unwritten: Cell<u64>,
    paused: Cell<bool>,
    piece: Vec<u8>,
    transport: RefCell<Option<Transport>>,
}

impl Told {
    fn write(&self) -> Callback {
        let transport = self.transport.borrow();
        let transport = transport.as_ref().ok_or("no transport")?;
        while self.unwritten.get() > 0 && !self.paused.get() {
            self.unwritten.set(self.unwritten.get() - PIECE as u64);
            transport.write(&self.piece)?;
        }
        Ok(())
    }
}

impl Protocol for Told {
    fn connection_made(&self, transport: &Transport) -> Callback {
        self.transport.replace(Some(transport.clone()));
        self.write()
    }

    fn data_received(&self, data: &[u8]) -> Callback {
        let mut tally = self.tally.borrow_mut();
        tally.read(data.len());
        if tally.came == tally.total
            && let Some(transport) = &*self.transport.borrow()
        {
            transport.close();
        }
        Ok(())
    }

    fn pause_writing(&self) -> Callback {
        self.paused.set(true);
        Ok(())
    }

    fn resume_writing(&self) -> Callback {
        self.paused.set(false);
        self.write()
    }
}

async fn told(connector: Connector, total: u64) -> Outcome<(Duration, Tally)> {
    let begun = Instant::now();
    let factory = || Told {
        tally: RefCell::new(Tally::new(total)),
        unwritten: Cell::new(total),
        paused: Cell::new(false),
        piece: vec![0x5a; PIECE],
        transport: RefCell::new(None),
    };
    let (transport, told) = create_connection(factory, connector).await?;
    transport.wait_closed().await;
    let took = begun.elapsed();
    drop(told.transport.take());
    let tally = told.tally.replace(Tally::new(0));
    tally.complete()?;
    Ok((took, tally))
}
