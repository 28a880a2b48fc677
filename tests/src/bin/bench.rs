//! `make bench`: one echo server, three clients, one run. Native tokio is the yardstick.

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use switchboard_tests::bench_native::{self, Measured, Workload};
use switchboard_tests::bench_wasm::{Plugged, Via};
use switchboard_tests::certs::Pki;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::{self, TlsServer};
use switchboard_tests::udp::UdpPeer;
use switchboard_tests::{behaviour::Behaviour, python};

/// Each row is measured this often, by turns, and the best counts: what disturbs only ever slows down.
const ROUNDS: usize = 3;
const LIMIT: Duration = Duration::from_secs(120);
const NAME: &str = "localhost";

struct Row {
    title: &'static str,
    workload: Workload,
    tls: bool,
    via: Via,
    unit: &'static str,
}

impl Row {
    /// How much of its unit it did.
    fn amount(&self) -> f64 {
        let count = self.workload.count() as f64;
        match self.workload {
            Workload::Bulk(_) => count * 1024.0 * 1024.0 / 1e6,
            _ => count,
        }
    }

    /// The time for all of it, also if some was lost.
    fn seconds(&self, measured: &Measured) -> f64 {
        match self.workload {
            Datagrams(count) => measured.seconds * count as f64 / measured.ops as f64,
            _ => measured.seconds,
        }
    }
}

const fn row(title: &'static str, workload: Workload, tls: bool, via: Via) -> Row {
    let unit = match workload {
        Workload::Connects(_) => "connects/s",
        Workload::PingPong(_) => "round trips/s",
        Workload::Bulk(_) => "MB/s",
        Workload::Datagrams(_) => "datagrams/s",
    };
    Row {
        title,
        workload,
        tls,
        via,
        unit,
    }
}

use Via::{Lists, Streams};
use Workload::{Bulk, Connects, Datagrams, PingPong};

const ROWS: [Row; 10] = [
    row("plain, connects", Connects(1000), false, Streams),
    row(
        "plain, 4 bytes there and back, streams",
        PingPong(2000),
        false,
        Streams,
    ),
    row(
        "plain, 4 bytes there and back, read and write",
        PingPong(2000),
        false,
        Lists,
    ),
    row("plain, echo of 512 MiB, streams", Bulk(512), false, Streams),
    row(
        "plain, echo of 512 MiB, read and write",
        Bulk(512),
        false,
        Lists,
    ),
    row(
        "datagrams of 1,200 bytes, 32 at a time",
        Datagrams(50_000),
        false,
        Streams,
    ),
    row("TLS, connects", Connects(100), true, Streams),
    row(
        "TLS, 4 bytes there and back, streams",
        PingPong(2000),
        true,
        Streams,
    ),
    row("TLS, echo of 64 MiB, streams", Bulk(64), true, Streams),
    row("TLS, echo of 64 MiB, read and write", Bulk(64), true, Lists),
];

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let pki = Pki::new()?;
    let leaf = pki.issue(&[NAME])?;
    let plain = TcpServer::start("127.0.0.1", Behaviour::Echo)?;
    let secure = TlsServer::echo("127.0.0.1", &leaf)?;
    let reflector = UdpPeer::reflector("127.0.0.1")?;
    let config = tls::client_config(tls::classical(), pki.roots()?)?;
    let native = bench_native::Tls {
        config: config.into(),
        name: ServerName::try_from(NAME)?,
    };
    let plugged = Plugged::new().context("the application with Switchboard plugged in")?;
    let ca: PathBuf = pki.ca_path().into();

    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "",
        "",
        "native tokio",
        "Switchboard",
        "asyncio",
        "Switchboard : tokio",
        ": asyncio",
    ]);
    for row in ROWS {
        eprintln!("measuring {}", row.title);
        let addr: SocketAddr = match row.workload {
            Datagrams(_) => reflector.addr(),
            _ if row.tls => secure.addr(),
            _ => plain.addr(),
        };
        let [mut tokio, mut switchboard, mut asyncio] = [f64::INFINITY; 3];
        for _ in 0..ROUNDS {
            let measured =
                bench_native::measure(addr, row.tls.then_some(&native), row.workload, LIMIT);
            tokio = tokio.min(row.seconds(&runtime.block_on(measured)?));
            let trusted = row.tls.then_some((ca.as_path(), NAME));
            let ca = trusted.map(|(ca, _)| ca);
            let measured = plugged.measure(addr, ca, row.workload, row.via, LIMIT);
            switchboard = switchboard.min(row.seconds(&runtime.block_on(measured)?));
            let measured = python::measure(addr, trusted, row.workload, LIMIT)?;
            asyncio = asyncio.min(row.seconds(&measured));
        }
        let rate = |seconds: f64| format!("{:.0}", row.amount() / seconds);
        table.add_row([
            row.title.to_owned(),
            row.unit.to_owned(),
            rate(tokio),
            rate(switchboard),
            rate(asyncio),
            format!("{:.2}", tokio / switchboard),
            format!("{:.2}", asyncio / switchboard),
        ]);
    }
    for column in 2..7 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("{table}");
    println!(
        "Against an echo server on tokio in the process of the first two; TLS there by ring and AWS-LC, in"
    );
    println!(
        "Switchboard by the primitives of crypto/, in asyncio by OpenSSL. No session is resumed. Best of {ROUNDS}."
    );
    Ok(())
}
