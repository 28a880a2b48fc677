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
const MEBIBYTES: u64 = 32;

/// The plaintext of the largest record.
const RECORD: u32 = 16 * 1024;

/// A ratio counts here, and a machine is not as fast at one time as at another: what is compared is measured by turns, and the
/// median of the rounds counts.
const ROUNDS: usize = 25;

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

/// What a round took, and what of that is explained: microseconds for 16 KiB.
struct Round {
    all: f64,
    cipher: f64,
    /// The same transfer without TLS, if there is one.
    network: Option<f64>,
}

/// Microseconds for 16 KiB.
fn micros(measured: &Measured) -> f64 {
    let records = measured.bytes as f64 / f64::from(RECORD);
    measured.seconds * 1e6 / records
}

fn median(rounds: &[Round], what: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(what).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn cells(title: &str, what: &str, rounds: &[Round]) -> [String; 9] {
    let network = |it: &Round| it.network.unwrap_or(0.0);
    let own = |it: &Round| it.all - network(it);
    let all = median(rounds, |it| it.all);
    [
        title.to_owned(),
        what.to_owned(),
        format!("{:.0}", f64::from(RECORD) / all),
        format!("{all:.1}"),
        format!("{:.1}", median(rounds, |it| it.cipher)),
        match median(rounds, network) {
            0.0 => "-".to_owned(),
            network => format!("{network:.1}"),
        },
        format!("{:.1}", median(rounds, |it| own(it) - it.cipher)),
        format!("{:.2}", median(rounds, |it| it.all / it.cipher)),
        format!("{:.2}", median(rounds, |it| own(it) / it.cipher)),
    ]
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
            let round = |_| -> Result<Round> {
                Ok(Round {
                    cipher: micros(&inside(work, name)?),
                    network: Some(micros(&one_way(plain.addr(), None)?)),
                    all: micros(&one_way(secure.addr(), Some(ca))?),
                })
            };
            let rounds: Vec<_> = (0..ROUNDS).map(round).collect::<Result<_>>()?;
            table.add_row(cells(title, what, &rounds));
        }
        let round = |_| -> Result<Round> {
            let [seal, open] = [Inside::Seal, Inside::Open].map(|work| inside(work, name));
            Ok(Round {
                cipher: micros(&seal?) + micros(&open?),
                network: None,
                all: micros(&inside(Inside::Engine, name)?),
            })
        };
        let rounds: Vec<_> = (0..ROUNDS).map(round).collect::<Result<_>>()?;
        table.add_row(cells(title, "one engine to another, in memory", &rounds));
    }
    println!("{table}");
    println!(
        "The cipher alone: records of 16 KiB, in place, by the crates and settings that Switchboard has. Without TLS: the same"
    );
    println!(
        "transfer over plain TCP, what host and system take for it. The rest is what TLS takes beside its cipher. Connections by"
    );
    println!(
        "streams; what goes to an engine and comes from it is copied between two components as lists. Medians of {ROUNDS}."
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
