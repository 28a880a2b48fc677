//! The program of `examples/tls-engine` with the component plugged in, in a host of WASI 0.2 alone.

use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::sync::OnceLock;
use switchboard_tests::composed::plugged;
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, Lines, duplex};
use tokio::task::JoinHandle;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::cli::AsyncStdoutStream;
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// How much is printed before the program waits for somebody who reads it.
const PIPE: usize = 64 * 1024;

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Compiled, with all that it may ask for. What only WASI 0.3 has, this host does not even understand.
fn compiled() -> Result<&'static (Component, Linker<State>)> {
    static COMPILED: OnceLock<Result<(Component, Linker<State>)>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let mut config = Config::new();
        config.wasm_component_model_async(false);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let wasm = plugged("tls-engine.wasm", "switchboard-tls.wasm")?;
        Ok((Component::from_binary(&engine, &wasm)?, linker))
    });
    compiled.as_ref().map_err(|error| anyhow!("{error:#}"))
}

/// What it imports.
pub(super) fn imports() -> Result<Vec<String>> {
    let (component, _) = compiled()?;
    let component_type = component.component_type();
    let imports = component_type.imports(component.engine());
    Ok(imports.map(|(name, _)| name.to_owned()).collect())
}

/// A run that is going on.
pub(super) struct Running {
    output: Lines<BufReader<DuplexStream>>,
    errors: MemoryOutputPipe,
    status: JoinHandle<Result<u8>>,
}

/// What a run left.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: u8,
    /// What it printed, without the lines that were taken before.
    pub(super) lines: Vec<String>,
    pub(super) errors: String,
}

impl Running {
    /// Starts it with these arguments and with this folder as `/pki`. It may do what it likes on the network.
    pub(super) fn start(arguments: &str, folder: &Path) -> Result<Self> {
        let (output, stdout) = duplex(PIPE);
        let errors = MemoryOutputPipe::new(PIPE);
        let words: Vec<_> = ["tls-engine"]
            .into_iter()
            .chain(arguments.split(' '))
            .collect();
        let mut wasi = WasiCtxBuilder::new();
        wasi.args(&words)
            .allow_tcp(true)
            .inherit_network()
            .stdout(AsyncStdoutStream::new(PIPE, stdout))
            .stderr(errors.clone())
            .preopened_dir(folder, "/pki", FsPerms::ReadOnly)?;
        let (component, linker) = compiled()?;
        let state = State {
            wasi: wasi.build(),
            table: ResourceTable::new(),
        };
        Ok(Self {
            output: BufReader::new(output).lines(),
            errors,
            status: tokio::spawn(run(component, linker, state)),
        })
    }

    /// Waits for the next line.
    pub(super) async fn line(&mut self) -> Result<String> {
        self.output.next_line().await?.context("it has ended")
    }

    /// Waits for its end.
    pub(super) async fn finish(mut self) -> Result<Finished> {
        let mut lines = Vec::new();
        while let Some(line) = self.output.next_line().await? {
            lines.push(line);
        }
        let status = self.status.await??;
        let errors = String::from_utf8(self.errors.contents().to_vec())?;
        Ok(Finished {
            status,
            lines,
            errors,
        })
    }
}

async fn run(component: &Component, linker: &Linker<State>, state: State) -> Result<u8> {
    let mut store = Store::new(component.engine(), state);
    let command = Command::instantiate_async(&mut store, component, linker).await?;
    match command.wasi_cli_run().call_run(&mut store).await {
        Ok(Ok(())) => Ok(0),
        Ok(Err(())) => Ok(1),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => Ok(exit.0.try_into()?),
            None => bail!("{error:?}"),
        },
    }
}
