#![doc = include_str!("../README.md")]

mod invocation;
mod network;
mod permissions;
pub mod posix;
mod state;

pub use invocation::{Exit, Invocation};
pub use network::{Addresses, Network, NoAddresses};
pub use permissions::Permissions;
pub use wasmtime::Cache;
pub use wasmtime::component::Component;
pub use wasmtime_wasi::cli::{StdinStream, StdoutStream};

use anyhow::Result;
use state::State;
use wasmtime::component::Linker;
use wasmtime::error::Context;
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p3::bindings::Command;

/// An engine for components and what they import.
pub struct Host {
    engine: Engine,
    linker: Linker<State>,
}

impl Host {
    /// A host that keeps compiled code in the user's cache directory, where there is one.
    pub fn new() -> Result<Self> {
        Self::with_cache(Cache::from_file(None).ok())
    }

    /// A host that keeps compiled code in this cache, or nowhere.
    pub fn with_cache(cache: Option<Cache>) -> Result<Self> {
        let mut config = Config::new();
        config.wasm_component_model_async(true).cache(cache);
        let engine = Engine::new(&config)?;
        let mut linker = Linker::new(&engine);
        // The guest's standard library speaks WASI 0.2, the component itself 0.3.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        posix::add_to_linker(&mut linker)?;
        Ok(Self { engine, linker })
    }

    /// Compiles a component, or takes it from the cache. It must export `wasi:cli/run@0.3`.
    pub fn load(&self, wasm: &[u8]) -> Result<Component> {
        let component = Component::from_binary(&self.engine, wasm);
        Ok(component.context("the component cannot be compiled")?)
    }

    /// Runs a component until it returns or exits. A trap is an error.
    pub async fn run(&self, component: &Component, invocation: Invocation) -> Result<Exit> {
        let mut store = Store::new(&self.engine, State::new(invocation)?);
        store.limiter(|state| &mut state.memory);
        let run = async {
            let instance = self.linker.instantiate_async(&mut store, component).await?;
            let command = Command::new(&mut store, &instance)?;
            let run =
                store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await);
            run.await?
        };
        let status = match run.await {
            Ok(Ok(())) => 0,
            Ok(Err(())) => 1,
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(exit) => u8::try_from(exit.0).unwrap_or(u8::MAX),
                None => return Err(error.context("the component failed").into()),
            },
        };
        Ok(Exit {
            status,
            memory: store.data().memory.bytes(),
        })
    }
}
