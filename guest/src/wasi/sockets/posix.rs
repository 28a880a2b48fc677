//! The POSIX capability: `switchboard-posix.wasm` asks its host for `switchboard:posix/sockets`, and does without what that does
//! not grant.

use super::options::{set_datagram_options, set_stream_options};
use crate::address::Address;
use crate::endpoint::EndpointOptions;
use crate::errno::Errno;
use crate::failure::{Failure, OsFailure, SocketError};
use crate::lookup::Family;
use crate::options::SocketOptions;
use crate::unix::Credentials;
use crate::wasi::bindings::switchboard::posix::sockets as posix;
use crate::wasi::bindings::wasi::cli::environment;
use crate::wasi::bindings::wasi::sockets::types::{ErrorCode, IpAddressFamily};
use std::net::SocketAddr;
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

/// Whether it can be set and may be is found out with each socket.
pub(in crate::wasi) fn check_no_delay(_: &SocketOptions) -> Result<(), Failure> {
    Ok(())
}

/// A socket for connections of the host's.
#[derive(Debug)]
pub(in crate::wasi) struct StreamSocket(posix::StreamSocket);

impl StreamSocket {
    /// A new TCP socket that sends at once; none if that is not granted and not asked for, or asked not to be, for which WASI's
    /// own will do.
    pub(super) fn tcp(
        family: IpAddressFamily,
        no_delay: Option<bool>,
    ) -> Result<Option<Self>, OsFailure> {
        if no_delay == Some(false) {
            return Ok(None);
        }
        let create = || {
            let socket = posix::StreamSocket::create(family_of(family))?;
            socket.set_no_delay(true)?;
            Ok(Self(socket))
        };
        match create() {
            Ok(socket) => Ok(Some(socket)),
            // Those of WASI do not count where the host's are all taken.
            Err(
                posix::Failure::AccessDenied
                | posix::Failure::NotSupported
                | posix::Failure::TooManySockets,
            ) if no_delay.is_none() => Ok(None),
            Err(failure @ (posix::Failure::AccessDenied | posix::Failure::NotSupported)) => {
                Err(OsFailure::option("no-delay", failure.into()))
            }
            Err(failure) => Err(OsFailure::new(failure.into())),
        }
    }

    pub(super) fn unix() -> Result<Self, Failure> {
        match posix::StreamSocket::create(posix::Family::Unix) {
            Ok(socket) => Ok(Self(socket)),
            Err(posix::Failure::NotSupported) => Err(no_unix_sockets("path")),
            Err(failure) => Err(OsFailure::new(failure.into()).into()),
        }
    }

    pub(super) fn set(&self, options: &SocketOptions) -> Result<(), OsFailure> {
        set_stream_options!(&self.0, options)
    }

    pub(super) fn bind(&self, to: SocketAddr) -> Result<(), SocketError> {
        // As WASI's does. Where it is not granted, an address may have to fade away first.
        let _ = self.0.set_reuse_address(true);
        Ok(self.0.bind(&posix::Address::Inet(to.into()))?)
    }

    pub(super) async fn connect(&self, to: Address) -> Result<(), SocketError> {
        Ok(self.0.connect(named(to)?).await?)
    }

    pub(super) fn send(&self, data: StreamReader<u8>) -> FutureReader<Result<(), ErrorCode>> {
        self.0.send(data)
    }

    pub(super) fn receive(&self) -> (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>) {
        self.0.receive()
    }

    pub(super) fn local_address(&self) -> Option<Address> {
        self.0.get_local_address().ok().map(Into::into)
    }

    pub(super) fn remote_address(&self) -> Option<Address> {
        self.0.get_remote_address().ok().map(Into::into)
    }

    pub(super) fn credentials(&self) -> Option<Credentials> {
        let posix::Credentials { pid, uid, gid } = self.0.get_peer_credentials().ok()?;
        Some(Credentials { pid, uid, gid })
    }
}

/// A socket for datagrams of the host's.
#[derive(Debug)]
pub(in crate::wasi) struct DatagramSocket(posix::DatagramSocket);

impl DatagramSocket {
    /// A new UDP socket with those options that WASI does not have, of which one is named.
    pub(super) fn udp(
        family: IpAddressFamily,
        options: &EndpointOptions,
        option: &str,
    ) -> Result<Self, Failure> {
        let socket =
            posix::DatagramSocket::create(family_of(family)).map_err(|failure| match failure {
                // Without the option it would be WASI's.
                posix::Failure::AccessDenied | posix::Failure::NotSupported => {
                    refused(option, failure)
                }
                failure => OsFailure::new(failure.into()).into(),
            })?;
        type Set = fn(&posix::DatagramSocket, bool) -> Result<(), posix::Failure>;
        let options: [(_, _, Set); 3] = [
            ("reuse-address", options.reuse_address, |it, on| {
                it.set_reuse_address(on)
            }),
            ("reuse-port", options.reuse_port, |it, on| {
                it.set_reuse_port(on)
            }),
            ("allow-broadcast", options.allow_broadcast, |it, on| {
                it.set_broadcast(on)
            }),
        ];
        for (option, _, set) in options.into_iter().filter(|(_, asked, _)| *asked) {
            set(&socket, true).map_err(|failure| refused(option, failure))?;
        }
        Ok(Self(socket))
    }

    pub(super) fn unix() -> Result<Self, Failure> {
        match posix::DatagramSocket::create(posix::Family::Unix) {
            Ok(socket) => Ok(Self(socket)),
            Err(posix::Failure::NotSupported) => Err(no_unix_sockets("family unix")),
            Err(failure) => Err(OsFailure::new(failure.into()).into()),
        }
    }

    pub(super) fn set(&self, options: &SocketOptions) -> Result<(), OsFailure> {
        set_datagram_options!(&self.0, options)
    }

    pub(super) fn bind(&self, to: Address) -> Result<(), SocketError> {
        let is_path = matches!(&to, Address::Unix(path) if path.first() != Some(&0));
        let to = named(to)?;
        let bound = match is_path {
            // B.4: what was left there is in the way.
            true => self.0.bind_replacing(&to),
            false => self.0.bind(&to),
        };
        Ok(bound?)
    }

    pub(super) fn connect(&self, to: Address) -> Result<(), SocketError> {
        Ok(self.0.connect(&named(to)?)?)
    }

    pub(super) async fn send(&self, data: Vec<u8>, to: Option<Address>) -> Result<(), SocketError> {
        Ok(self.0.send(data, to.map(named).transpose()?).await?)
    }

    pub(super) async fn receive(&self) -> Result<(Vec<u8>, Address), SocketError> {
        let (data, sender) = self.0.receive().await?;
        Ok((data, sender.into()))
    }

    pub(super) fn local_address(&self) -> Option<Address> {
        match (self.0.get_local_address(), self.0.get_family()) {
            (Ok(address), _) => Some(address.into()),
            (Err(_), posix::Family::Unix) => Some(Address::Unix(Vec::new())),
            (Err(_), _) => None,
        }
    }

    pub(super) fn remote_address(&self) -> Option<Address> {
        self.0.get_remote_address().ok().map(Into::into)
    }

    pub(super) fn family(&self) -> Family {
        match self.0.get_family() {
            posix::Family::Inet => Family::Inet,
            posix::Family::Inet6 => Family::Inet6,
            posix::Family::Unix => Family::Unix,
        }
    }
}

/// An option of datagrams that the host does not have (B-V9 to B-V11), or does not set.
fn refused(option: &str, failure: posix::Failure) -> Failure {
    match failure {
        posix::Failure::NotSupported => {
            Failure::NotSupported(format!("{option}: this host has no such option"))
        }
        failure => OsFailure::option(option, failure.into()).into(),
    }
}

fn no_unix_sockets(what: &str) -> Failure {
    Failure::NotSupported(format!("{what}: this host has no Unix sockets"))
}

fn family_of(family: IpAddressFamily) -> posix::Family {
    match family {
        IpAddressFamily::Ipv4 => posix::Family::Inet,
        IpAddressFamily::Ipv6 => posix::Family::Inet6,
    }
}

/// The most bytes of a path, as of `sun_path`: what CPython takes, however deep the directory is where the component was started.
const LONGEST: usize = 107;

/// For the host, to whom a path is absolute: one that is not starts where the component was started, if that is known.
fn named(address: Address) -> Result<posix::Address, SocketError> {
    let path = match address {
        Address::Ip(address) => return Ok(posix::Address::Inet(address.into())),
        Address::Unix(path) => path,
    };
    match path.first() {
        None | Some(0) => Ok(posix::Address::Unix(path)),
        Some(_) if path.len() > LONGEST => Err(SocketError::Posix(Errno::Enametoolong)),
        Some(b'/') => Ok(posix::Address::Unix(path)),
        Some(_) => {
            let unknown =
                "a relative path, where the host does not tell where the component stands";
            let from = environment::get_initial_cwd();
            let from = from.ok_or_else(|| SocketError::Other(Some(unknown.into())))?;
            let mut whole = from.into_bytes();
            if whole.last() != Some(&b'/') {
                whole.push(b'/');
            }
            whole.extend(path);
            Ok(posix::Address::Unix(whole))
        }
    }
}

impl From<posix::Address> for Address {
    fn from(address: posix::Address) -> Self {
        match address {
            posix::Address::Inet(address) => Address::Ip(address.into()),
            posix::Address::Unix(name) => Address::Unix(name),
        }
    }
}

impl From<posix::Failure> for SocketError {
    fn from(failure: posix::Failure) -> Self {
        use posix::Failure;
        match failure {
            Failure::AccessDenied | Failure::PermissionDenied => SocketError::AccessDenied,
            Failure::OperationNotPermitted => SocketError::Posix(Errno::Eperm),
            Failure::NotSupported => SocketError::NotSupported,
            Failure::InvalidArgument => SocketError::InvalidArgument,
            Failure::OutOfMemory => SocketError::OutOfMemory,
            Failure::TooManySockets => SocketError::Posix(Errno::Emfile),
            Failure::Timeout => SocketError::Timeout,
            Failure::InvalidState => SocketError::InvalidState,
            Failure::AddressNotBindable => SocketError::AddressNotBindable,
            Failure::AddressInUse => SocketError::AddressInUse,
            Failure::NetworkDown => SocketError::Posix(Errno::Enetdown),
            Failure::NetworkUnreachable => SocketError::RemoteUnreachable,
            Failure::HostDown => SocketError::Posix(Errno::Ehostdown),
            Failure::HostUnreachable => SocketError::Posix(Errno::Ehostunreach),
            Failure::ConnectionRefused => SocketError::ConnectionRefused,
            Failure::ConnectionBroken => SocketError::ConnectionBroken,
            Failure::ConnectionReset => SocketError::ConnectionReset,
            Failure::ConnectionAborted => SocketError::ConnectionAborted,
            Failure::DatagramTooLarge => SocketError::DatagramTooLarge,
            Failure::NoSuchFile => SocketError::Posix(Errno::Enoent),
            Failure::NotADirectory => SocketError::Posix(Errno::Enotdir),
            Failure::TooManySymbolicLinks => SocketError::Posix(Errno::Eloop),
            Failure::PathTooLong => SocketError::Posix(Errno::Enametoolong),
            Failure::ReadOnlyFileSystem => SocketError::Posix(Errno::Erofs),
            Failure::NoSpace => SocketError::Posix(Errno::Enospc),
            Failure::WrongSocketType => SocketError::Posix(Errno::Eprototype),
            Failure::Other(text) => SocketError::Other(text),
        }
    }
}
