//! `misuse echo=ADDRESS tls=ADDRESS stall=ADDRESS reset=ADDRESS truncate=ADDRESS dead=ADDRESS udp=ADDRESS ca=FILE`: does
//! what one should not do, and looks whether the answer is clear. Prints a line for each.
//!
//! `echo` and `tls` are echoes, `stall` neither reads nor writes; `reset` sends 100,000 bytes of the pattern and resets,
//! `truncate` sends as many over TLS and finishes without close_notify; `dead` never answers; `udp` is
//! an echo of datagrams.

mod attempts;
mod contexts;
mod datagrams;
mod expect;
mod lists;
mod options;
mod peers;
mod streams;

use crate::arguments::Arguments;
use crate::bindings::switchboard::connect::streams::{
    Connection, ConnectionOptions, create_connection,
};
use crate::bindings::switchboard::connect::tls::Context;
use crate::clock::within;
use crate::options::{secure, to};
use crate::tell;
use crate::together::Work;
use std::net::SocketAddr;
use std::time::Duration;

/// How long one misuse may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The servers.
struct Servers {
    echo: SocketAddr,
    tls: SocketAddr,
    stall: SocketAddr,
    reset: SocketAddr,
    truncate: SocketAddr,
    dead: SocketAddr,
    udp: SocketAddr,
    context: Context,
}

/// What is done, and what it is called.
type Misuse<'a> = (&'static str, Work<'a>);

pub(crate) async fn run(arguments: &Arguments) -> Result<(), String> {
    let servers = Servers {
        echo: arguments.server("echo")?,
        tls: arguments.server("tls")?,
        stall: arguments.server("stall")?,
        reset: arguments.server("reset")?,
        truncate: arguments.server("truncate")?,
        dead: arguments.server("dead")?,
        udp: arguments.server("udp")?,
        context: arguments.context()?.ok_or("ca= is missing")?,
    };
    let plain = lists::all(&servers, Way::Plain)
        .into_iter()
        .chain(streams::all(&servers, Way::Plain))
        .map(|misuse| ("plain: ", misuse));
    let secure = lists::all(&servers, Way::Tls)
        .into_iter()
        .chain(streams::all(&servers, Way::Tls))
        .map(|misuse| ("tls: ", misuse));
    let others = attempts::all(&servers)
        .into_iter()
        .chain(contexts::all(&servers))
        .chain(options::all(&servers))
        .chain(peers::all(&servers))
        .map(|misuse| ("", misuse));
    let datagrams = datagrams::all(&servers)
        .into_iter()
        .map(|misuse| ("datagrams: ", misuse));
    let mut wrong = 0;
    for (way, (name, work)) in plain.chain(secure).chain(others).chain(datagrams) {
        match within(LIMIT, work).await {
            Ok(()) => println!("ok {way}{name}"),
            Err(why) => {
                wrong += 1;
                println!("WRONG {way}{name}: {why}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(format!("{wrong} were not as they should be")),
    }
}

/// How to connect to an echo.
#[derive(Clone, Copy)]
enum Way {
    Plain,
    Tls,
}

impl Servers {
    fn options(&self, way: Way) -> ConnectionOptions<'_> {
        match way {
            Way::Plain => to(self.echo),
            Way::Tls => secure(self.tls, &self.context),
        }
    }

    /// A connection to an echo.
    async fn connect(&self, way: Way) -> Result<Connection, String> {
        let connection = create_connection(self.options(way)).await;
        connection.map_err(tell::connect_error)
    }
}
