//! `make bench`: one echo server, three clients, one run. Native tokio is the yardstick; for what TLS costs beyond its
//! cipher, the cipher; and for programs in Python, CPython. `bench cipher`, `bench client` (what the Rust SDK costs) and
//! `bench python` do that alone.

mod cipher;
mod client;
mod python_programs;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use rustls::CipherSuite;
use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use switchboard_tests::bench_native::{self, Measured, Workload};
use switchboard_tests::bench_wasm::{Plugged, Via};
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::{self, TlsServer};
use switchboard_tests::udp::UdpPeer;
use switchboard_tests::unix_servers::{Folder, UnixServer};
use switchboard_tests::{behaviour::Behaviour, python};

/// Each row is measured this often, by turns, and the best counts: what disturbs only ever slows down.
const ROUNDS: usize = 3;
const LIMIT: Duration = Duration::from_secs(120);
const NAME: &str = "localhost";

/// Whom a row is measured against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peer {
    Plain,
    /// TLS as both sides like it best.
    Tls,
    /// TLS by ring, and so with X25519, and with this suite alone.
    ChaCha20,
    Aes128,
    /// At a Unix socket.
    Unix,
}

struct Row {
    title: &'static str,
    workload: Workload,
    peer: Peer,
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

    /// Whether asyncio can do it: it resumes no sessions (cpython#79152).
    fn is_for_asyncio(&self) -> bool {
        !matches!(self.workload, Workload::Resumes(_)) && self.peer != Peer::Unix
    }

    /// The time for all of it, also if some was lost.
    fn seconds(&self, measured: &Measured) -> f64 {
        match self.workload {
            Datagrams(count) => measured.seconds * count as f64 / measured.ops as f64,
            _ => measured.seconds,
        }
    }
}

const fn row(title: &'static str, workload: Workload, peer: Peer, via: Via) -> Row {
    let unit = match workload {
        Workload::Connects(_) | Workload::Resumes(_) => "connects/s",
        Workload::PingPong(_) => "round trips/s",
        Workload::Bulk(_) => "MB/s",
        Workload::Datagrams(_) => "datagrams/s",
    };
    Row {
        title,
        workload,
        peer,
        via,
        unit,
    }
}

use Via::{Lists, Streams};
use Workload::{Bulk, Connects, Datagrams, PingPong, Resumes};

const ROWS: [Row; 16] = [
    row("plain, connects", Connects(1000), Peer::Plain, Streams),
    row(
        "plain, 4 bytes there and back, streams",
        PingPong(2000),
        Peer::Plain,
        Streams,
    ),
    row(
        "plain, 4 bytes there and back, read and write",
        PingPong(2000),
        Peer::Plain,
        Lists,
    ),
    row(
        "plain, echo of 512 MiB, streams",
        Bulk(512),
        Peer::Plain,
        Streams,
    ),
    row(
        "plain, echo of 512 MiB, read and write",
        Bulk(512),
        Peer::Plain,
        Lists,
    ),
    row(
        "datagrams of 1,200 bytes, 32 at a time",
        Datagrams(50_000),
        Peer::Plain,
        Streams,
    ),
    row(
        "Unix socket, 4 bytes there and back",
        PingPong(2000),
        Peer::Unix,
        Streams,
    ),
    row(
        "Unix socket, echo of 512 MiB",
        Bulk(512),
        Peer::Unix,
        Streams,
    ),
    row("TLS, connects", Connects(100), Peer::Tls, Streams),
    row(
        "TLS, 4 bytes there and back, streams",
        PingPong(2000),
        Peer::Tls,
        Streams,
    ),
    row("TLS, echo of 64 MiB, streams", Bulk(64), Peer::Tls, Streams),
    row(
        "TLS, echo of 64 MiB, read and write",
        Bulk(64),
        Peer::Tls,
        Lists,
    ),
    row(
        "TLS by X25519, connects",
        Connects(200),
        Peer::ChaCha20,
        Streams,
    ),
    row(
        "TLS by X25519, connects, resumed",
        Resumes(200),
        Peer::ChaCha20,
        Streams,
    ),
    row(
        "TLS, echo of 64 MiB, ChaCha20-Poly1305",
        Bulk(64),
        Peer::ChaCha20,
        Streams,
    ),
    row(
        "TLS, echo of 64 MiB, AES-128-GCM",
        Bulk(64),
        Peer::Aes128,
        Streams,
    ),
];

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let pki = Pki::new()?;
    let leaf = pki.issue(&[NAME])?;
    let plain = TcpServer::start("127.0.0.1", Behaviour::Echo)?;
    let secure = TlsServer::echo("127.0.0.1", &leaf)?;
    let chacha20 = only(
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        &leaf,
        Behaviour::Echo,
    )?;
    let aes128 = only(
        CipherSuite::TLS13_AES_128_GCM_SHA256,
        &leaf,
        Behaviour::Echo,
    )?;
    let folder = Folder::new()?;
    let path = folder.file("echo");
    let _unix = UnixServer::echo(&path)?;
    let reflector = UdpPeer::reflector("127.0.0.1")?;
    let config = tls::client_config(tls::classical(), pki.roots()?)?;
    let native = bench_native::Tls {
        config: config.into(),
        name: ServerName::try_from(NAME)?,
    };
    let ca: PathBuf = pki.ca_path().into();
    let part = std::env::args().nth(1);
    let client = || client::measure(&runtime, plain.addr(), secure.addr(), &ca);
    let python = || python_programs::print(&plain, &secure, &ca, &reflector);
    let cipher = |plugged| cipher::print(plugged, &runtime, pki.ca_path(), &leaf);
    match part.as_deref() {
        Some("client") => return client(),
        Some("python") => return python(),
        _ => {}
    }
    let plugged = Plugged::new().context("the application with Switchboard plugged in")?;
    if part.as_deref() == Some("cipher") {
        return cipher(&plugged);
    }

    let mut table = table([
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
            _ => match row.peer {
                Peer::Plain | Peer::Unix => plain.addr(),
                Peer::Tls => secure.addr(),
                Peer::ChaCha20 => chacha20.addr(),
                Peer::Aes128 => aes128.addr(),
            },
        };
        let tls = !matches!(row.peer, Peer::Plain | Peer::Unix);
        let [mut tokio, mut switchboard, mut asyncio] = [f64::INFINITY; 3];
        for _ in 0..ROUNDS {
            if row.peer == Peer::Unix {
                let measured = bench_native::measure_unix(&path, row.workload, LIMIT);
                tokio = tokio.min(row.seconds(&runtime.block_on(measured)?));
                let measured = plugged.measure_unix(&path, row.workload, LIMIT);
                switchboard = switchboard.min(row.seconds(&runtime.block_on(measured)?));
                continue;
            }
            let measured = bench_native::measure(addr, tls.then_some(&native), row.workload, LIMIT);
            tokio = tokio.min(row.seconds(&runtime.block_on(measured)?));
            let trusted = tls.then_some((ca.as_path(), NAME));
            let ca = trusted.map(|(ca, _)| ca);
            let measured = plugged.measure(addr, ca, row.workload, row.via, LIMIT);
            switchboard = switchboard.min(row.seconds(&runtime.block_on(measured)?));
            if row.is_for_asyncio() {
                let measured = python::measure(addr, trusted, row.workload, LIMIT)?;
                asyncio = asyncio.min(row.seconds(&measured));
            }
        }
        let rate = |seconds: f64| format!("{:.0}", row.amount() / seconds);
        let of_asyncio = |text: String| match row.is_for_asyncio() {
            true => text,
            false => "-".to_owned(),
        };
        table.add_row([
            row.title.to_owned(),
            row.unit.to_owned(),
            rate(tokio),
            rate(switchboard),
            of_asyncio(rate(asyncio)),
            format!("{:.2}", tokio / switchboard),
            of_asyncio(format!("{:.2}", asyncio / switchboard)),
        ]);
    }
    println!("{table}");
    println!(
        "Against an echo server on tokio in the process of the first two; TLS there by ring and AWS-LC, in"
    );
    println!(
        "Switchboard by the primitives of crypto/, in asyncio by OpenSSL. No session is resumed unless that is said. Best of {ROUNDS}."
    );
    println!();
    cipher(&plugged)?;
    client()?;
    python()
}

/// A table whose columns are of numbers from the third on.
fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    for column in 2..N {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A server of TLS 1.3 with this suite alone, by ring.
fn only(suite: CipherSuite, leaf: &Leaf, behaviour: Behaviour) -> Result<TlsServer> {
    let mut provider = (*tls::classical()).clone();
    provider.cipher_suites.retain(|it| it.suite() == suite);
    let options = tls::Options {
        provider: provider.into(),
        versions: vec![&TLS13],
        behaviour,
        ..tls::Options::default()
    };
    TlsServer::start("127.0.0.1", leaf, &options)
}
