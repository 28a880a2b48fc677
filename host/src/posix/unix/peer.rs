//! Whom to connect or send to: found, and permitted.

use super::super::bindings::switchboard::posix::sockets::Failure;
use super::super::grants::{Grants, permitted};
use super::address::{Address, Name, abstract_name};
use super::path::{self, Found};
use super::{aside, socket::Socket};
use rustix::io::Errno;
use rustix::net::{SendFlags, SocketAddrAny};
use std::sync::Arc;
use wasmtime_wasi::sockets::SocketAddrUse;

#[cfg(not(target_vendor = "apple"))]
pub(super) const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
/// socket2 sets an option of the socket there.
#[cfg(target_vendor = "apple")]
pub(super) const NO_SIGNAL: SendFlags = SendFlags::empty();

/// A peer as the system takes it.
#[derive(Debug)]
pub(super) struct Peer {
    address: SocketAddrAny,
    /// What was decided about: the address names it as long as it is held.
    file: Option<Found>,
}

impl Peer {
    /// Finds whom the address names, and decides whether all these uses are permitted.
    pub(super) async fn find(
        grants: &Arc<Grants>,
        address: &Address,
        uses: &[SocketAddrUse],
    ) -> Result<Self, Failure> {
        match address {
            Address::Inet(to) => {
                let all = uses.iter().all(|it| grants.network.permits(*to, *it));
                permitted(all)?;
                Ok(Self::at(*to))
            }
            Address::Unix(Name::Unnamed) => Err(Failure::InvalidArgument),
            Address::Unix(Name::Abstract(name)) => {
                permitted(grants.connect.has_name(name))?;
                Ok(Self::at(abstract_name(name)?))
            }
            Address::Unix(Name::Path(path)) => {
                let (granted, path) = (grants.clone(), path.clone());
                let find = move || path::find(&granted.connect, &path);
                let file = aside(&grants.limits, find).await?;
                Ok(Self {
                    address: file.address()?.into(),
                    file: Some(file),
                })
            }
        }
    }

    fn at(address: impl Into<SocketAddrAny>) -> Self {
        Self {
            address: address.into(),
            file: None,
        }
    }

    pub(super) fn connect(&self, socket: &Socket) -> Result<(), Errno> {
        let connected = rustix::net::connect(socket, &self.address);
        connected.map_err(|errno| self.explain(errno))
    }

    pub(super) fn send(&self, socket: &Socket, data: &[u8]) -> Result<(), Errno> {
        let sent = rustix::net::sendto(socket, data, NO_SIGNAL, &self.address);
        sent.map(drop).map_err(|errno| self.explain(errno))
    }

    /// A file that was found and is held cannot be missing: it is `/proc` that is not there, by which it is reached.
    fn explain(&self, errno: Errno) -> Errno {
        match (errno, &self.file) {
            (Errno::NOENT, Some(file)) if file.is_held() => Errno::OPNOTSUPP,
            (errno, _) => errno,
        }
    }
}
