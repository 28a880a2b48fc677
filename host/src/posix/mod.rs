//! The interface `switchboard:posix/sockets`, for components that import it: `wit/posix` documents it.
//!
//! A [`PosixCtx`] says what is granted, [`add_to_linker`] provides it. The crate's documentation tells what grants what.

mod bindings;
#[cfg_attr(not(unix), allow(dead_code, reason = "nothing is decided there"))]
mod ctx;
#[cfg(not(unix))]
mod elsewhere;
#[cfg_attr(not(unix), allow(dead_code, reason = "nothing is decided there"))]
mod grants;
mod host;
#[cfg_attr(not(unix), allow(dead_code, reason = "nothing is limited there"))]
mod limits;
mod streams;
#[cfg(unix)]
mod unix;

pub use ctx::{PosixCtx, PosixCtxBuilder};
pub use grants::{NoSocketOption, SocketOption};

#[cfg(not(unix))]
pub use elsewhere::{DatagramSocket, StreamSocket};
#[cfg(not(unix))]
use elsewhere::{Receiving, Sending};
#[cfg(unix)]
pub use unix::{DatagramSocket, StreamSocket};
#[cfg(unix)]
use unix::{Receiving, Sending};

use bindings::switchboard::posix::sockets;
use wasmtime::component::{HasData, Linker, ResourceTable};

/// A failure that the component is told, or a trap.
type Trappable = wasmtime_wasi::TrappableError<sockets::Failure>;

/// What the capability works on, of a store's data.
pub struct PosixCtxView<'a> {
    /// What is granted.
    pub ctx: &'a mut PosixCtx,
    /// The table of resources, which may be that of WASI.
    pub table: &'a mut ResourceTable,
}

/// A store's data that has a [`PosixCtx`].
pub trait PosixView: Send {
    /// Lends it.
    fn posix(&mut self) -> PosixCtxView<'_>;
}

/// Says to wasmtime what the functions of the interface get; see [`HasData`].
pub struct Posix;

impl HasData for Posix {
    type Data<'a> = PosixCtxView<'a>;
}

/// Adds `switchboard:posix/sockets` to the linker. What it permits says the [`PosixCtx`] of each store.
pub fn add_to_linker<T: PosixView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    sockets::add_to_linker::<T, Posix>(linker, T::posix)
}
