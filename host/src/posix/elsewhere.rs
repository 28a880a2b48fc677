//! The capability where there is no POSIX: no socket can be made, so that there is nothing to be said about one.

use super::bindings::switchboard::posix::sockets::{Address, Credentials, Failure, Family};
use super::ctx::PosixCtx;
use std::task::{Context, Poll};
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

/// The resource `stream-socket`, of which there is none.
#[derive(Debug)]
pub enum StreamSocket {}

/// The resource `datagram-socket`, of which there is none.
#[derive(Debug)]
pub enum DatagramSocket {}

/// What comes in.
pub(crate) enum Receiving {}

/// What goes out.
pub(crate) enum Sending {}

/// A connection, made or not.
pub(crate) type Connecting = Result<(), Failure>;

/// Functions that nobody can call.
macro_rules! never {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(
            pub(crate) fn $name(&mut self, $($argument: $type),*) -> Result<$result, Failure> {
                $(let _ = $argument;)*
                match *self {}
            }
        )*
    };
}

impl StreamSocket {
    pub(crate) fn create(_context: &PosixCtx, _family: Family) -> Result<Self, Failure> {
        Err(Failure::NotSupported)
    }

    pub(crate) async fn bind(&mut self, _address: Address) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) fn connect(
        &mut self,
        _address: Address,
    ) -> Result<std::future::Ready<Connecting>, Failure> {
        match *self {}
    }

    pub(crate) fn send(&mut self) -> Result<Sending, ErrorCode> {
        match *self {}
    }

    pub(crate) fn receive(&mut self) -> Result<Receiving, ErrorCode> {
        match *self {}
    }

    pub(crate) fn family(&self) -> Family {
        match *self {}
    }

    never! {
        connected(connecting: Connecting) -> ();
        local_address() -> Address;
        remote_address() -> Address;
        peer_credentials() -> Credentials;
        no_delay() -> bool;
        set_no_delay(value: bool) -> ();
        reuse_address() -> bool;
        set_reuse_address(value: bool) -> ();
        reuse_port() -> bool;
        set_reuse_port(value: bool) -> ();
        keep_alive_enabled() -> bool;
        set_keep_alive_enabled(value: bool) -> ();
        keep_alive_idle_time() -> u64;
        set_keep_alive_idle_time(value: u64) -> ();
        keep_alive_interval() -> u64;
        set_keep_alive_interval(value: u64) -> ();
        keep_alive_count() -> u32;
        set_keep_alive_count(value: u32) -> ();
        hop_limit() -> u8;
        set_hop_limit(value: u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(value: u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(value: u64) -> ();
    }
}

impl DatagramSocket {
    pub(crate) fn create(_context: &PosixCtx, _family: Family) -> Result<Self, Failure> {
        Err(Failure::NotSupported)
    }

    pub(crate) async fn bind(&mut self, _address: Address) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) async fn bind_replacing(&mut self, _address: Address) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) async fn connect(&mut self, _address: Address) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) fn send(
        &mut self,
        _data: Vec<u8>,
        _address: Option<Address>,
    ) -> std::future::Ready<Result<(), Failure>> {
        match *self {}
    }

    pub(crate) fn receive(&mut self) -> std::future::Ready<Result<(Vec<u8>, Address), Failure>> {
        match *self {}
    }

    pub(crate) fn family(&self) -> Family {
        match *self {}
    }

    never! {
        disconnect() -> ();
        local_address() -> Address;
        remote_address() -> Address;
        reuse_address() -> bool;
        set_reuse_address(value: bool) -> ();
        reuse_port() -> bool;
        set_reuse_port(value: bool) -> ();
        broadcast() -> bool;
        set_broadcast(value: bool) -> ();
        hop_limit() -> u8;
        set_hop_limit(value: u8) -> ();
        receive_buffer_size() -> u64;
        set_receive_buffer_size(value: u64) -> ();
        send_buffer_size() -> u64;
        set_send_buffer_size(value: u64) -> ();
    }
}

impl Receiving {
    pub(crate) fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }

    pub(crate) fn poll_read(
        &self,
        _context: &mut Context<'_>,
        _buffer: &mut [u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        match *self {}
    }
}

impl Sending {
    pub(crate) fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }

    pub(crate) fn poll_write(
        &self,
        _context: &mut Context<'_>,
        _data: &[u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        match *self {}
    }
}
