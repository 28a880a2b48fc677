//! No POSIX capability: `switchboard.wasm` asks for nothing but WASI, and says what would be needed.

use crate::address::Address;
use crate::endpoint::EndpointOptions;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::lookup::Family;
use crate::options::SocketOptions;
use crate::unix::Credentials;
use crate::wasi::bindings::wasi::sockets::types::{ErrorCode, IpAddressFamily};
use std::net::SocketAddr;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

fn not_supported<T>(what: &str, lacks: &str) -> Result<T, Failure> {
    Err(Failure::NotSupported(format!(
        "{what}: WASI has no {lacks}; switchboard-posix.wasm has, in a host that provides switchboard:posix"
    )))
}

/// Refuses to set what cannot be set.
pub(in crate::wasi) fn check_no_delay(options: &SocketOptions) -> Result<(), Failure> {
    match options.no_delay {
        Some(true) => not_supported("no-delay", "such option"),
        None | Some(false) => Ok(()),
    }
}

/// There is none.
#[derive(Debug)]
pub(in crate::wasi) enum StreamSocket {}

impl StreamSocket {
    pub(super) fn tcp(_: IpAddressFamily, _: Option<bool>) -> Result<Option<Self>, OsFailure> {
        Ok(None)
    }

    pub(super) fn unix() -> Result<Self, Failure> {
        not_supported("path", "Unix sockets")
    }

    pub(super) fn set(&self, _: &SocketOptions) -> Result<(), OsFailure> {
        match *self {}
    }

    pub(super) fn bind(&self, _: SocketAddr) -> Result<(), SocketError> {
        match *self {}
    }

    pub(super) async fn connect(&self, _: Address) -> Result<(), SocketError> {
        match *self {}
    }

    pub(super) fn send(&self, _: StreamReader<u8>) -> FutureReader<Result<(), ErrorCode>> {
        match *self {}
    }

    pub(super) fn receive(&self) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        match *self {}
    }

    pub(super) fn local_address(&self) -> Option<Address> {
        match *self {}
    }

    pub(super) fn remote_address(&self) -> Option<Address> {
        match *self {}
    }

    pub(super) fn credentials(&self) -> Option<Credentials> {
        match *self {}
    }
}

/// There is none.
#[derive(Debug)]
pub(in crate::wasi) enum DatagramSocket {}

impl DatagramSocket {
    pub(super) fn udp(
        _: IpAddressFamily,
        _: &EndpointOptions,
        option: &str,
    ) -> Result<Self, Failure> {
        not_supported(option, "such option for datagrams")
    }

    pub(super) fn unix() -> Result<Self, Failure> {
        not_supported("family unix", "Unix sockets")
    }

    pub(super) fn set(&self, _: &SocketOptions) -> Result<(), OsFailure> {
        match *self {}
    }

    pub(super) fn bind(&self, _: Address) -> Result<(), SocketError> {
        match *self {}
    }

    pub(super) fn connect(&self, _: Address) -> Result<(), SocketError> {
        match *self {}
    }

    pub(super) async fn send(&self, _: Vec<u8>, _: Option<Address>) -> Result<(), SocketError> {
        match *self {}
    }

    pub(super) async fn receive(&self) -> Result<(Vec<u8>, Address), SocketError> {
        match *self {}
    }

    pub(super) fn local_address(&self) -> Option<Address> {
        match *self {}
    }

    pub(super) fn remote_address(&self) -> Option<Address> {
        match *self {}
    }

    pub(super) fn family(&self) -> Family {
        match *self {}
    }
}
