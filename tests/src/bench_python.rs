//! Programs in Python: CPython on this machine against CPython in a component, on either of its loops. All run the same script.

use crate::bench_native::{Measured, Workload};
use crate::child::run;
use crate::python;
use anyhow::{Context, Result, ensure};
use comfy_table::{CellAlignment, Table, presets};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How often each row is measured, by turns; the best counts.
const ROUNDS: usize = 3;
const LIMIT: Duration = Duration::from_secs(120);
const PARTS: &str = include_str!("peers/python_parts.py");
const MIB: f64 = 1024.0 * 1024.0;

/// What runs the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Python {
    Native,
    /// CPython's own loop over the sockets of WASI 0.2, `target/python/python.cwasm`.
    Stock,
    /// The component model's, over `switchboard:connect`, `target/python/loop.cwasm`.
    Component,
}

/// The echoes that are measured against.
#[derive(Clone, Copy, Debug)]
pub struct Echoes<'a> {
    /// Without TLS.
    pub plain: SocketAddr,
    /// Over TLS.
    pub secure: SocketAddr,
    /// The file of the authority to trust, and the name to expect.
    pub trusted: (&'a Path, &'a str),
}

const ROWS: [(&str, Workload, bool); 7] = [
    ("plain, connects", Workload::Connects(500), false),
    (
        "plain, 4 bytes there and back",
        Workload::PingPong(2000),
        false,
    ),
    ("plain, echo of 256 MiB", Workload::Bulk(256), false),
    (
        "datagrams of 1,200 bytes, 32 at a time",
        Workload::Datagrams(5000),
        false,
    ),
    ("TLS, connects", Workload::Connects(50), true),
    (
        "TLS, 4 bytes there and back",
        Workload::PingPong(1000),
        true,
    ),
    ("TLS, echo of 32 MiB", Workload::Bulk(32), true),
];

/// Measures all rows, and gives a table of what came out; `reflector` sends datagrams back.
///
/// # Errors
///
/// If a component is not there, or something fails.
pub fn table(echoes: Echoes<'_>, reflector: SocketAddr) -> Result<Table> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "Python",
        "",
        &format!("native {}", version()?),
        "component, its own loop",
        "component model's loop",
        "own loop : native",
        "component model's : native",
    ]);
    for (title, workload, tls) in ROWS {
        eprintln!("measuring Python, {title}");
        let [mut native, mut stock, mut component] = [f64::INFINITY; 3];
        for _ in 0..ROUNDS {
            for (python, best) in [
                (Python::Native, &mut native),
                (Python::Stock, &mut stock),
                (Python::Component, &mut component),
            ] {
                let addr = match workload {
                    Workload::Datagrams(_) => reflector,
                    _ if tls => echoes.secure,
                    _ => echoes.plain,
                };
                let measured = measure(python, addr, tls.then_some(echoes.trusted), workload)?;
                *best = best.min(measured.seconds / amount(&measured, workload));
            }
        }
        let rate = |seconds: f64| format!("{:.0}", 1.0 / seconds);
        table.add_row([
            title.to_owned(),
            unit(workload).to_owned(),
            rate(native),
            rate(stock),
            rate(component),
            format!("{:.2}", native / stock),
            format!("{:.2}", native / component),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Ok(table)
}

/// Where the time of a connect goes, natively and in a component on its own loop: medians in microseconds.
///
/// # Errors
///
/// If a component is not there, or something fails.
pub fn parts(plain: SocketAddr) -> Result<Table> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "One after another, medians in µs",
        "native",
        "component",
        "component : native",
    ]);
    let mut native = Command::new("python3");
    native.args(["-I", "-c", PARTS]);
    let mut component = in_component("python.cwasm", None)?;
    component.args(["-c", PARTS]);
    let [native, component] = [
        measured_parts(native, plain)?,
        measured_parts(component, plain)?,
    ];
    for ((name, here), (_, there)) in native.into_iter().zip(component) {
        let ratio = format!("{:.1}", there / here);
        table.add_row([name, format!("{here:.1}"), format!("{there:.1}"), ratio]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Ok(table)
}

fn measured_parts(mut command: Command, addr: SocketAddr) -> Result<Vec<(String, f64)>> {
    command.args(["--host", &addr.ip().to_string()]);
    command.args(["--port", &addr.port().to_string()]);
    command.args(["--count", "500"]);
    let done = run(command, b"", LIMIT)?.success()?;
    serde_json::from_str(&done.stdout).with_context(|| done.stdout.clone())
}

/// How much of its unit was done.
fn amount(measured: &Measured, workload: Workload) -> f64 {
    match workload {
        Workload::Bulk(mebibytes) => mebibytes as f64 * MIB / 1e6,
        _ => measured.ops as f64,
    }
}

fn unit(workload: Workload) -> &'static str {
    match workload {
        Workload::Connects(_) | Workload::Resumes(_) => "connects/s",
        Workload::PingPong(_) => "round trips/s",
        Workload::Bulk(_) => "MB/s",
        Workload::Datagrams(_) => "datagrams/s",
    }
}

fn measure(
    python: Python,
    addr: SocketAddr,
    tls: Option<(&Path, &str)>,
    workload: Workload,
) -> Result<Measured> {
    let name = match python {
        Python::Native => return python::measure(addr, tls, workload, LIMIT),
        Python::Stock => "python.cwasm",
        Python::Component => "loop.cwasm",
    };
    let folder = tls.and_then(|(ca, _)| ca.parent());
    let mut command = in_component(name, folder)?;
    command.args(["-c", python::ASYNCIO_BENCH]);
    python::measure_by(command, addr, tls, workload, LIMIT)
}

/// `wasmtime run` of that component, which sees the folder.
fn in_component(name: &str, folder: Option<&Path>) -> Result<Command> {
    let component = target()?.join("python").join(name);
    ensure!(
        component.is_file(),
        "{} is not here: make python builds it",
        component.display()
    );
    let mut command = Command::new(target()?.join("debug").join("wasmtime"));
    command.args(["run", "--allow-precompiled"]);
    command.args(["-S", "inherit-network,allow-ip-name-lookup"]);
    if let Some(folder) = folder {
        command.arg(format!("--dir={0}::{0}", folder.display()));
    }
    command.arg(component);
    Ok(command)
}

/// The version of the native one.
fn version() -> Result<String> {
    let mut command = Command::new("python3");
    command.arg("--version");
    let said = run(command, b"", LIMIT)?.success()?.stdout;
    Ok(said.trim().trim_start_matches("Python ").to_owned())
}

/// The folder that everything is built in: that of this program.
fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().find(|it| it.ends_with("target"));
    Ok(folder.context("a program in target/")?.to_owned())
}
