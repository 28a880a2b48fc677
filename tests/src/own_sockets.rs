//! Sockets of this process, whoever in it opened them: the component's are among them, as it runs in the test's process.

use crate::proc_net;
use anyhow::{Context, Result};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::Socket;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::{OwnedFd, RawFd};

/// Duplicates of those that are connected to `peer`. Each keeps its connection open until it is dropped.
pub fn connected_to(peer: SocketAddr) -> Result<Vec<Socket>> {
    let mut wanted = proc_net::of_machine()?;
    wanted.retain(|socket| socket.remote == peer && socket.is_owned());
    duplicates(&wanted, |socket| is_connected_to(socket, peer))
}

/// Duplicates of those for datagrams that are bound to `local`, likewise.
pub fn datagrams_at(local: SocketAddr) -> Result<Vec<Socket>> {
    let mut wanted = proc_net::udp_of_machine()?;
    wanted.retain(|socket| socket.local == local && socket.is_owned());
    duplicates(&wanted, |socket| is_at(socket, local))
}

fn duplicates(wanted: &[proc_net::Socket], is: impl Fn(&Socket) -> bool) -> Result<Vec<Socket>> {
    let names = wanted.iter().map(|it| format!("socket:[{}]", it.inode));
    let names: Vec<_> = names.collect();
    // By their names: somebody else may be looking too, and have duplicates.
    let mut found = BTreeMap::new();
    // All of them before the first is duplicated, or the duplicates would be found too.
    let listed: Vec<_> = std::fs::read_dir("/proc/self/fd")?.collect();
    for entry in listed {
        let path = entry?.path();
        // A descriptor may be gone again before it is looked at.
        let Ok(target) = std::fs::read_link(&path) else {
            continue;
        };
        // Only these: a duplicate of another test's socket would delay its end.
        if !names.iter().any(|name| target.as_os_str() == name.as_str()) {
            continue;
        }
        let number = path.file_name().and_then(|name| name.to_str());
        let number = number.context("a descriptor without a number")?;
        let socket = Socket::from(duplicate(number.parse()?)?);
        // Unless the number has become another's.
        if is(&socket) {
            found.insert(target, socket);
        }
    }
    Ok(found.into_values().collect())
}

fn is_connected_to(socket: &Socket, peer: SocketAddr) -> bool {
    let connected = socket.peer_addr().ok().and_then(|it| it.as_socket());
    connected == Some(peer)
}

fn is_at(socket: &Socket, local: SocketAddr) -> bool {
    let bound = socket.local_addr().ok().and_then(|it| it.as_socket());
    bound == Some(local)
}

/// Of a descriptor that is somebody's own: `dup` would have to trust that it stays open.
fn duplicate(number: RawFd) -> Result<OwnedFd> {
    let process = pidfd_open(getpid(), PidfdFlags::empty());
    let process = process.context("this system permits no pidfd_open, which this test needs")?;
    pidfd_getfd(process, number, PidfdGetfdFlags::empty())
        .context("this system permits no pidfd_getfd, which this test needs (Linux 5.6)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn finds_the_client_and_not_the_server() {
        for ip in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(ip).unwrap();
            let to = listener.local_addr().unwrap();
            assert!(connected_to(to).unwrap().is_empty());
            let client = TcpStream::connect(to).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            SockRef::from(&client).set_recv_buffer_size(20_000).unwrap();

            let found = connected_to(to).unwrap();
            assert_eq!(found.len(), 1);
            let local = found[0].local_addr().unwrap().as_socket();
            assert_eq!(local, Some(client.local_addr().unwrap()));
            assert_eq!(found[0].recv_buffer_size().unwrap(), 40_000);

            drop((client, found));
            assert_eq!(server.read(&mut [0]).unwrap(), 0);
            assert!(connected_to(to).unwrap().is_empty());
        }
    }
}
