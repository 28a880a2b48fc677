//! A port that surely refuses.

use crate::place::{IntoPlace, Place};
use anyhow::Result;
use std::net::SocketAddr;

/// Answers every connection attempt with RST: the port is bound, so nobody else can listen there, and does not
/// listen itself.
#[derive(Debug)]
pub struct Refusing {
    place: Place,
}

impl Refusing {
    /// Refuses on `at` from now until dropped.
    pub fn start(at: impl IntoPlace) -> Result<Self> {
        Ok(Self {
            place: at.into_place()?,
        })
    }

    /// The address that refuses.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.place.addr()
    }

    /// Stops refusing, without ever giving the port up: a server can be started on what is returned.
    #[must_use]
    pub fn into_place(self) -> Place {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn refuses_and_keeps_the_port() {
        for ip in ["127.0.0.1", "127.0.0.9", "::1"] {
            let refusing = Refusing::start(ip).unwrap();
            for _ in 0..3 {
                let error = TcpStream::connect(refusing.addr()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            }
            let error = TcpListener::bind(refusing.addr()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            let addr = refusing.addr();
            let _listener = refusing.into_place().listen(1).unwrap();
            TcpStream::connect(addr).unwrap();
        }
    }
}
