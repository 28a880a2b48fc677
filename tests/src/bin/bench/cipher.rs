//! What TLS in the sandbox costs beyond its cipher: bulk against the bare cipher, in the same sandbox and the same run.

use crate::{LIMIT, only, table};
use anyhow::Result;
use rustls::CipherSuite;
use std::net::SocketAddr;
use std::path::Path;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::bench_native::Measured;
use switchboard_tests::bench_wasm::{Inside, OneWay, Plugged};
use switchboard_tests::certs::Leaf;
use switchboard_tests::echo::TcpServer;
use tokio::runtime::Runtime;

/// How much each row moves.
const MEBIBYTES: u64 = 64;

/// The plaintext of the largest record.
const RECORD: u32 = 16 * 1024;

/// As a ratio of two measurements counts here, it takes more rounds until each has had its undisturbed one.
const ROUNDS: usize = 15;

/// The suites by their names and by those of IANA.
const SUITES: [(&str, &str, CipherSuite); 2] = [
    (
        "ChaCha20-Poly1305",
        "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
    (
        "AES-128-GCM",
        "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_128_GCM_SHA256,
    ),
];

/// The best of some rounds: microseconds for 16 KiB.
struct Best(f64);

impl Default for Best {
    fn default() -> Self {
        Self(f64::INFINITY)
    }
}

impl Best {
    fn round(&mut self, measured: &Measured) {
        let records = measured.bytes as f64 / f64::from(RECORD);
        self.0 = self.0.min(measured.seconds * 1e6 / records);
    }
}

/// What a transfer took, and what of that is explained: microseconds for 16 KiB.
struct Row {
    all: f64,
    cipher: f64,
    /// The same transfer without TLS, if there is one.
    network: Option<f64>,
}

impl Row {
    fn cells(&self, title: &str, what: &str) -> [String; 9] {
        let rest = self.all - self.cipher - self.network.unwrap_or(0.0);
        [
            title.to_owned(),
            what.to_owned(),
            format!("{:.0}", f64::from(RECORD) / self.all),
            format!("{:.1}", self.all),
            format!("{:.1}", self.cipher),
            self.network.map_or("-".to_owned(), |it| format!("{it:.1}")),
            format!("{rest:.1}"),
            format!("{:.2}", self.all / self.cipher),
            format!("{:.2}", (self.cipher + rest) / self.cipher),
        ]
    }
}

/// Measures each suite and prints a table.
pub(crate) fn print(plugged: &Plugged, runtime: &Runtime, ca: &Path, leaf: &Leaf) -> Result<()> {
    let mut table = table([
        "bulk in the sandbox",
        "",
        "MB/s",
        "µs for 16 KiB",
        "cipher alone",
        "without TLS",
        "rest",
        "all : cipher",
        "cipher and rest : cipher",
    ]);
    let inside = |work, name| {
        runtime.block_on(plugged.measure_inside(work, name, MEBIBYTES, (ca, leaf), LIMIT))
    };
    for (title, name, suite) in SUITES {
        let mut ciphers = 0.0;
        for (what, way, work) in [
            ("sends", OneWay::Send, Inside::Seal),
            ("receives", OneWay::Receive, Inside::Open),
        ] {
            eprintln!("measuring {title}, {what}");
            let plain = TcpServer::start("127.0.0.1", behaviour(way))?;
            let secure = only(suite, leaf, behaviour(way))?;
            let one_way = |addr: SocketAddr, ca| {
                runtime.block_on(plugged.measure_one_way(way, addr, ca, MEBIBYTES, LIMIT))
            };
            let [mut cipher, mut network, mut all] = [(); 3].map(|()| Best::default());
            for _ in 0..ROUNDS {
                cipher.round(&inside(work, name)?);
                network.round(&one_way(plain.addr(), None)?);
                all.round(&one_way(secure.addr(), Some(ca))?);
            }
            let row = Row {
                all: all.0,
                cipher: cipher.0,
                network: Some(network.0),
            };
            table.add_row(row.cells(title, what));
            ciphers += cipher.0;
        }
        let mut engine = Best::default();
        for _ in 0..ROUNDS {
            engine.round(&inside(Inside::Engine, name)?);
        }
        let row = Row {
            all: engine.0,
            cipher: ciphers,
            network: None,
        };
        table.add_row(row.cells(title, "one engine to another, in memory"));
    }
    println!("{table}");
    println!(
        "The cipher alone: records of 16 KiB, in place, by the crates and settings that Switchboard has. Without TLS: the same"
    );
    println!(
        "transfer over plain TCP, what host and system take for it. The rest is what TLS takes beside its cipher. Connections by"
    );
    println!(
        "streams; what goes to an engine and comes from it is copied between two components as lists. Best of {ROUNDS}."
    );
    Ok(())
}

/// What the server does.
fn behaviour(way: OneWay) -> Behaviour {
    match way {
        OneWay::Send => Behaviour::Discard,
        OneWay::Receive => Behaviour::Send(MEBIBYTES * 1024 * 1024),
    }
}
