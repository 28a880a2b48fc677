//! The same script in CPython, and in components that are CPython.

use crate::NAME;
use anyhow::Result;
use std::path::Path;
use switchboard_tests::bench_python::{self, Echoes};
use switchboard_tests::echo::TcpServer;
use switchboard_tests::tls::TlsServer;
use switchboard_tests::udp::UdpPeer;

/// Measures, and prints.
pub(crate) fn print(
    plain: &TcpServer,
    secure: &TlsServer,
    ca: &Path,
    reflector: &UdpPeer,
) -> Result<()> {
    let echoes = Echoes {
        plain: plain.addr(),
        secure: secure.addr(),
        trusted: (ca, NAME),
    };
    println!("{}", bench_python::table(echoes, reflector.addr())?);
    println!("{}", bench_python::parts(plain.addr())?);
    Ok(())
}
