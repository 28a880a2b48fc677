//! Facts and failures, for a person.

use crate::bindings::switchboard::connect::streams::{Connection, StreamFailure};
use crate::bindings::switchboard::connect::tls::Version;
use crate::bindings::switchboard::connect::types::{Address, ConnectError, Outcome, Phase, Step};
use crate::bindings::wasi::sockets::types::{ErrorCode, IpSocketAddress};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

/// Why there is no connection, and what was tried.
pub(crate) fn connect_error(error: ConnectError) -> String {
    format!("{}\n{}", error.message, timeline(&error.timeline))
}

/// Why it could not be read or written.
pub(crate) fn stream_failure(failure: StreamFailure) -> String {
    format!("the connection failed: {failure:?}")
}

/// How a stream ended, if not well. What went wrong with TLS knows only the connection.
pub(crate) fn ending(connection: &Connection, code: ErrorCode) -> String {
    match connection.failure() {
        Some(failure) => stream_failure(failure),
        None => format!("the stream failed: {code:?}"),
    }
}

/// Who is connected and what TLS agreed on, a line each.
pub(crate) fn facts(connection: &Connection) -> String {
    let mut text = String::new();
    if let (Some(local), Some(remote)) = (connection.local_address(), connection.remote_address()) {
        text += &format!("connected {} to {}\n", place(&local), place(&remote));
    }
    if let Some(facts) = connection.tls() {
        let version = match facts.version {
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        };
        text += &format!(
            "tls {version} {} {}, {} certificates\n",
            facts.cipher_suite,
            facts.key_exchange.as_deref().unwrap_or("none"),
            facts.peer_certificates.len()
        );
    }
    text
}

/// What was done to connect, a line each.
pub(crate) fn timeline(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let to = step.address.as_ref().map(|it| format!(" {}", place(it)));
        let how = match &step.outcome {
            Outcome::Succeeded => "succeeded".to_owned(),
            Outcome::Abandoned => "abandoned".to_owned(),
            Outcome::Failed(failure) => format!("failed: {failure:?}"),
        };
        text += &format!(
            "{}{} {:?} to {:?}: {how}\n",
            phase(step.phase),
            to.unwrap_or_default(),
            Duration::from_nanos(step.started),
            Duration::from_nanos(step.ended),
        );
    }
    text
}

pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Lookup => "lookup",
        Phase::Bind => "bind",
        Phase::Connect => "connect",
        Phase::Handshake => "handshake",
    }
}

/// An address as a text.
pub(crate) fn place(place: &Address) -> String {
    match place {
        Address::Ip(ip) => address(*ip).to_string(),
        Address::Unix(name) => String::from_utf8_lossy(name).into_owned(),
    }
}

pub(crate) fn address(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(v4) => {
            let (a, b, c, d) = v4.address;
            SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), v4.port)
        }
        IpSocketAddress::Ipv6(v6) => {
            let (a, b, c, d, e, f, g, h) = v6.address;
            let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
            SocketAddrV6::new(ip, v6.port, v6.flow_info, v6.scope_id).into()
        }
    }
}
