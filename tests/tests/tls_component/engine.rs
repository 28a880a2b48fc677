//! The component in a store of its own, and a session in it.

use anyhow::{Result, anyhow};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};
use switchboard_tests::command::built;
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower, ResourceAny};
use wasmtime::{Engine as Host, Store};

wasmtime::component::bindgen!({ path: "../wit", world: "switchboard-tls" });

use exports::switchboard::connect::tls::{Guest as Tls, Trust};
use exports::switchboard::connect::tls_engine::{Facts, Guest as TlsEngine};

/// `wasi:clocks/wall-clock.datetime`.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Everything that the component may ask for: whatever else it needed, it could not be linked.
fn linker(host: &Host) -> wasmtime::Result<Linker<()>> {
    let mut linker = Linker::new(host);
    for version in ["0.2.0", "0.2.4", "0.2.6"] {
        let mut random = linker.instance(&format!("wasi:random/random@{version}"))?;
        random.func_wrap("get-random-bytes", |_, (count,): (u64,)| {
            let mut bytes = vec![0; count as usize];
            rustls::crypto::ring::default_provider()
                .secure_random
                .fill(&mut bytes)
                .map_err(|_| wasmtime::Error::msg("no randomness"))?;
            Ok((bytes,))
        })?;
        random.func_wrap("get-random-u64", |_, (): ()| Ok((4_u64,)))?;
        let mut seed = linker.instance(&format!("wasi:random/insecure-seed@{version}"))?;
        seed.func_wrap("insecure-seed", |_, (): ()| Ok(((1_u64, 2_u64),)))?;
        let mut clock = linker.instance(&format!("wasi:clocks/wall-clock@{version}"))?;
        clock.func_wrap("now", |_, (): ()| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            Ok((Datetime {
                seconds: now.as_secs(),
                nanoseconds: now.subsec_nanos(),
            },))
        })?;
    }
    Ok(linker)
}

/// A session.
pub(super) struct Engine {
    store: Store<()>,
    component: SwitchboardTls,
    session: ResourceAny,
}

impl Engine {
    /// A client that trusts these certificates alone.
    pub(super) fn client(ca: &[u8], name: &str) -> Result<Self> {
        Self::new(|store, tls, engine| {
            let context = tls.context().call_constructor(&mut *store, Trust::None)?;
            let context_of = tls.context();
            let added = context_of.call_load_verify_locations(&mut *store, context, ca)?;
            added.map_err(told)?;
            let session = engine.session();
            let session = session.call_client(&mut *store, context, Some(name))?;
            session.map_err(told)
        })
    }

    /// A server with this certificate and key.
    pub(super) fn server(chain: &[u8], key: &[u8]) -> Result<Self> {
        Self::new(|store, tls, engine| {
            let context = tls.context().call_constructor(&mut *store, Trust::None)?;
            let context_of = tls.context();
            let loaded = context_of.call_load_cert_chain(&mut *store, context, chain, key, None)?;
            loaded.map_err(told)?;
            let session = engine.session().call_server(&mut *store, context)?;
            session.map_err(told)
        })
    }

    fn new(
        session: impl FnOnce(&mut Store<()>, &Tls, &TlsEngine) -> Result<ResourceAny>,
    ) -> Result<Self> {
        static COMPILED: OnceLock<(Host, Component)> = OnceLock::new();
        let (host, component) = match COMPILED.get() {
            Some(compiled) => compiled,
            None => {
                let host = Host::default();
                let component = Component::from_file(&host, built("switchboard-tls.wasm")?)?;
                COMPILED.get_or_init(|| (host, component))
            }
        };
        let mut store = Store::new(host, ());
        let component = SwitchboardTls::instantiate(&mut store, component, &linker(host)?)?;
        let session = session(
            &mut store,
            component.switchboard_connect_tls(),
            component.switchboard_connect_tls_engine(),
        )?;
        Ok(Self {
            store,
            component,
            session,
        })
    }

    pub(super) fn feed(&mut self, ciphertext: &[u8]) -> Result<u32, String> {
        let engine = self.component.switchboard_connect_tls_engine().session();
        let fed = engine.call_feed(&mut self.store, self.session, ciphertext);
        fed.unwrap().map_err(|failure| format!("{failure:?}"))
    }

    pub(super) fn feed_end(&mut self) -> Result<(), String> {
        let engine = self.component.switchboard_connect_tls_engine().session();
        let ended = engine.call_feed_end(&mut self.store, self.session);
        ended.unwrap().map_err(|failure| format!("{failure:?}"))
    }

    pub(super) fn drain(&mut self) -> Vec<u8> {
        let engine = self.component.switchboard_connect_tls_engine().session();
        engine
            .call_drain(&mut self.store, self.session, 1000)
            .unwrap()
    }

    pub(super) fn read(&mut self) -> Vec<u8> {
        let engine = self.component.switchboard_connect_tls_engine().session();
        engine
            .call_read(&mut self.store, self.session, 65_536)
            .unwrap()
    }

    pub(super) fn write(&mut self, plaintext: &[u8]) -> u32 {
        let engine = self.component.switchboard_connect_tls_engine().session();
        let written = engine.call_write(&mut self.store, self.session, plaintext);
        written.unwrap().unwrap()
    }

    pub(super) fn close(&mut self) {
        let engine = self.component.switchboard_connect_tls_engine().session();
        engine.call_close(&mut self.store, self.session).unwrap();
    }

    pub(super) fn facts(&mut self) -> Option<Facts> {
        let engine = self.component.switchboard_connect_tls_engine().session();
        engine.call_facts(&mut self.store, self.session).unwrap()
    }
}

fn told(failure: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("{failure:?}")
}
