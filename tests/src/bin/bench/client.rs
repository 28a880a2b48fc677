//! What `switchboard-client` costs: a bulk through it beside the same bulk through the component's own streams.

use crate::table;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use switchboard_host::{Component, Host, Invocation, Permissions};
use switchboard_tests::composed::{Plug, composed, plugged};
use tokio::runtime::Runtime;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// By turns; the best of each counts, as what disturbs only ever slows down.
const ROUNDS: usize = 9;
const LIMIT: Duration = Duration::from_secs(120);

/// Ways to move a bulk: the application, and what tells it which way.
const WAYS: [(&str, App, &str); 4] = [
    ("the component's streams", App::Streams, ""),
    ("AsyncRead, AsyncWrite", App::Client, ""),
    ("AsyncBufRead, AsyncWrite", App::Client, "via=buffers"),
    ("Protocol", App::Client, "via=protocol"),
];

#[derive(Clone, Copy)]
enum App {
    Streams,
    Client,
}

/// What an application prints.
#[derive(Deserialize)]
struct Printed {
    seconds: f64,
    /// How often memory was asked for while the second half came, and in how many reads.
    allocations: Option<(u64, u64)>,
}

/// The best of a way.
#[derive(Clone, Copy)]
struct Best {
    seconds: f64,
    /// Of the thread that the component runs in, the kernel's part of it included.
    processor: f64,
    allocations: Option<(u64, u64)>,
}

/// Measures it, plain and with TLS, and prints a table.
pub(crate) fn measure(
    runtime: &Runtime,
    plain: SocketAddr,
    secure: SocketAddr,
    ca: &Path,
) -> Result<()> {
    let host = Host::new()?;
    let streams = host.load(composed()?)?;
    let client = host.load(&plugged("client-app.wasm", Plug::Wasi.name())?)?;
    let mut table = table([
        "switchboard-client",
        "",
        "MB/s",
        "of the streams",
        "processor, ms",
        "of the streams",
        "allocations : reads",
    ]);
    for (title, mebibytes, at, secure) in [
        ("plain, echo of 512 MiB", 512, plain, false),
        ("TLS, echo of 64 MiB", 64, secure, true),
    ] {
        eprintln!("measuring switchboard-client: {title}");
        let mut best = [Best {
            seconds: f64::INFINITY,
            processor: f64::INFINITY,
            allocations: None,
        }; WAYS.len()];
        for _ in 0..ROUNDS {
            for ((_, app, more), best) in WAYS.iter().zip(&mut best) {
                let component = match app {
                    App::Streams => &streams,
                    App::Client => &client,
                };
                let mut words = format!("app bench bulk {mebibytes} server={at} {more}");
                let mut permissions = Permissions::none().connect();
                if secure {
                    let folder = ca.parent().context("a file in a folder")?;
                    let name = ca.file_name().context("a file")?;
                    permissions = permissions.read(folder, ".");
                    words += &format!(" ca={}", name.display());
                }
                let before = processor()?;
                let printed = run(runtime, &host, component, &words, permissions)?;
                best.seconds = best.seconds.min(printed.seconds);
                best.processor = best.processor.min(processor()? - before);
                best.allocations = printed.allocations;
            }
        }
        let [streams, ..] = best;
        for ((way, ..), best) in WAYS.iter().zip(&best) {
            let rate = f64::from(mebibytes) * 1.048_576 / best.seconds;
            let allocations = best.allocations;
            table.add_row([
                title.to_owned(),
                (*way).to_owned(),
                format!("{rate:.0}"),
                format!("{:.2}", streams.seconds / best.seconds),
                format!("{:.0}", best.processor * 1e3),
                format!("{:.2}", best.processor / streams.processor),
                allocations.map_or_else(
                    || "-".to_owned(),
                    |(count, reads)| format!("{count} : {reads}"),
                ),
            ]);
        }
    }
    println!("{table}");
    println!(
        "There and back at the same time, in pieces of 64 KiB. The processor time is that of the thread that the application and"
    );
    println!(
        "Switchboard run in, with connecting and the kernel's work for it. Allocations while the second half came. Best of {ROUNDS}."
    );
    Ok(())
}

fn run(
    runtime: &Runtime,
    host: &Host,
    component: &Component,
    words: &str,
    permissions: Permissions,
) -> Result<Printed> {
    let (output, errors) = (MemoryOutputPipe::new(4096), MemoryOutputPipe::new(4096));
    let invocation = Invocation::new(words.split_whitespace())
        .permissions(permissions)
        .stdout(output.clone())
        .stderr(errors.clone());
    let run = async { tokio::time::timeout(LIMIT, host.run(component, invocation)).await };
    let exit = runtime.block_on(run).context("it took too long")??;
    let errors = errors.contents();
    ensure!(exit.status == 0, "{}", String::from_utf8_lossy(&errors));
    Ok(serde_json::from_slice(&output.contents())?)
}

/// How long this thread was on a processor so far, in seconds.
fn processor() -> Result<f64> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().context("empty")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}
