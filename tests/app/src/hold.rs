//! `hold COUNT server=ADDRESS [ca=FILE] [gate=ADDRESS]`: opens that many connections to an echo, and once all are open
//! says a word on each.

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{Connection, create_connection};
use crate::together::{self, Work};
use crate::{gate, options, tell};
use std::cell::{Cell, RefCell};

/// How many are being opened at a time.
const AT_ONCE: u64 = 20;

const WORD: &[u8] = b"word";

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    arguments.only(&["server", "ca", "gate"])?;
    let (count, server) = (arguments.count(1)?, arguments.server("server")?);
    let context = arguments.context()?;
    let open = RefCell::new(Vec::new());
    let begun = Cell::new(0);
    let work = async || {
        while begun.get() < count {
            begun.set(begun.get() + 1);
            let options = options::maybe_secure(server, context.as_ref());
            let connection = create_connection(options).await;
            let connection = connection.map_err(tell::connect_error)?;
            open.borrow_mut().push(connection);
        }
        Ok(())
    };
    let works = (0..AT_ONCE.min(count)).map(|_| Box::pin(work()) as Work<'_>);
    together::all(works.collect()).await?;
    let open = open.into_inner();
    for connection in &open {
        say(connection).await?;
    }
    println!("held {}", open.len());
    gate::wait(arguments).await?;
    for connection in open {
        connection.close().await.map_err(tell::stream_failure)?;
    }
    Ok(())
}

async fn say(connection: &Connection) -> Result<(), String> {
    let written = connection.write(WORD.to_vec()).await;
    written.map_err(tell::stream_failure)?;
    let mut back = Vec::new();
    while back.len() < WORD.len() {
        let bytes = connection.read(WORD.len() as u32).await;
        let bytes = bytes.map_err(tell::stream_failure)?;
        if bytes.is_empty() {
            return Err("an echo of a word ended".to_owned());
        }
        back.extend(bytes);
    }
    match back == WORD {
        true => Ok(()),
        false => Err(format!("an echo of a word is {back:?}")),
    }
}
