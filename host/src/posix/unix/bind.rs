//! Binding to a local address.

use super::super::bindings::switchboard::posix::sockets::{Failure, Family};
use super::super::grants::{Grants, permitted};
use super::address::{Address, Name, abstract_name};
use super::path::{self, Place};
use super::{aside, socket::Socket};
use rustix::io::Errno;
use rustix::net::Shutdown;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use wasmtime_wasi::sockets::SocketAddrUse;

/// What becomes of a socket that is at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Keep,
    Remove,
}

/// Binds the socket, if that is permitted.
pub(super) async fn bind(
    socket: &Socket,
    grants: &Arc<Grants>,
    address: Address,
    purpose: SocketAddrUse,
    existing: Existing,
) -> Result<(), Failure> {
    match address {
        Address::Unix(Name::Path(path)) => {
            let (granted, socket) = (grants.clone(), socket.as_fd().try_clone_to_owned()?);
            let bind = move || {
                let place = path::find_place(&granted.bind, &path)?;
                bind_file(&socket, &place, existing)
            };
            aside(&grants.limits, bind).await
        }
        _ if existing == Existing::Remove => Err(Failure::InvalidArgument),
        Address::Unix(Name::Unnamed) => Err(Failure::InvalidArgument),
        Address::Unix(Name::Abstract(name)) => {
            permitted(grants.bind.has_name(&name))?;
            Ok(rustix::net::bind(socket, &abstract_name(&name)?)?)
        }
        Address::Inet(address) => {
            permitted(grants.network.permits(address, purpose))?;
            bind_internet(socket, address)
        }
    }
}

fn bind_internet(socket: &Socket, address: SocketAddr) -> Result<(), Failure> {
    rustix::net::bind(socket, &address).map_err(|errno| match (errno, socket.family()) {
        // Linux says so of an address that is not of one interface, such as a link-local one without its zone.
        (Errno::NODEV, Family::Inet6) => Failure::InvalidArgument,
        (errno, _) => errno.into(),
    })
}

/// The system is given the whole path, which it tells to whom this socket sends; so the directory, which was decided about, is
/// looked up again, and it is seen afterwards whether that was the same.
fn bind_file(socket: impl AsFd, place: &Place, existing: Existing) -> Result<(), Failure> {
    if existing == Existing::Remove {
        place.remove_socket();
    }
    if place.is_taken()? {
        return Err(Failure::AddressInUse);
    }
    rustix::net::bind(&socket, &place.address()?)?;
    if place.is_at_its_path() {
        return Ok(());
    }
    // It was made where nothing is granted: nobody is to be heard there.
    let _ = rustix::net::shutdown(&socket, Shutdown::Both);
    Err(Failure::AccessDenied)
}

#[cfg(test)]
mod tests {
    use super::super::super::grants::Places;
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixDatagram;
    use tokio::sync::Semaphore;

    fn socket() -> Socket {
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Socket::datagrams(Family::Unix, place).unwrap()
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_directory_that_is_exchanged_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        let (granted, other) = (home.join("granted"), home.join("other"));
        fs::create_dir(&granted).unwrap();
        fs::create_dir(&other).unwrap();
        let places = Places::new(std::slice::from_ref(&granted), &[]).unwrap();
        let place = path::find_place(&places, &granted.join("a")).unwrap();
        fs::rename(&granted, home.join("away")).unwrap();
        symlink("other", &granted).unwrap();
        let socket = socket();
        let bound = bind_file(&socket, &place, Existing::Keep);
        assert!(matches!(bound, Err(Failure::AccessDenied)), "{bound:?}");
        let outside = UnixDatagram::unbound().unwrap();
        outside.send_to(b"hello", other.join("a")).unwrap_err();
        // Even if there is a socket of that name in the first one too.
        let _decoy = UnixDatagram::bind(home.join("away/a")).unwrap();
        assert!(!place.is_at_its_path());
    }

    #[tokio::test]
    async fn only_sockets_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        let places = Places::new(std::slice::from_ref(&home), &[]).unwrap();
        let bind = |name: &str, existing| {
            let place = path::find_place(&places, &home.join(name))?;
            let socket = socket();
            bind_file(&socket, &place, existing).map(|()| socket)
        };
        fs::write(home.join("file"), "text").unwrap();
        fs::create_dir(home.join("directory")).unwrap();
        symlink("stale", home.join("link")).unwrap();
        drop(bind("stale", Existing::Keep).unwrap());
        for (name, existing) in [
            ("stale", Existing::Keep),
            ("file", Existing::Remove),
            ("directory", Existing::Remove),
            ("link", Existing::Remove),
        ] {
            let bound = bind(name, existing);
            assert!(matches!(bound, Err(Failure::AddressInUse)), "{name}");
            assert!(fs::symlink_metadata(home.join(name)).is_ok(), "{name}");
        }
        let first = bind("stale", Existing::Remove).unwrap();
        let second = bind("stale", Existing::Remove).unwrap();
        let peer = UnixDatagram::unbound().unwrap();
        peer.send_to(b"to the second", home.join("stale")).unwrap();
        second.readable().await.unwrap();
        assert!(first.receive_from(&mut [0; 20]).is_err());
        let (size, from) = second.receive_from(&mut [0; 20]).unwrap();
        assert_eq!((size, from), (13, Address::Unix(Name::Unnamed)));
    }
}
