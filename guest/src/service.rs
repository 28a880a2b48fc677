//! Services: ports by number and by name (ASYNCIO A.3).

use crate::failure::{Failure, LookupFailure};
use crate::services;

/// What carries the bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// Streams.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

impl Transport {
    /// Its number in IANA's registry of protocols.
    pub fn protocol(self) -> u32 {
        match self {
            Transport::Tcp => 6,
            Transport::Udp => 17,
        }
    }
}

/// Where on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// By number.
    Port(u16),
    /// By name, or by a number in decimal.
    Name(String),
}

/// Why a service is no port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortError {
    /// Its number is.
    OutOfRange,
    /// It is neither a number nor a known name.
    Unknown,
}

impl Service {
    /// The port, if it is given by its number. Blanks may be around it, as with Python's `int()`; nothing is 0.
    pub fn number(&self) -> Option<Result<u16, PortError>> {
        let text = match self {
            Service::Port(port) => return Some(Ok(*port)),
            Service::Name(name) if name.is_empty() => return Some(Ok(0)),
            Service::Name(name) => name.trim(),
        };
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Out of range, it never wraps around as it does in glibc.
        let port = text.parse().ok().and_then(|port: i64| port.try_into().ok());
        Some(port.ok_or(PortError::OutOfRange))
    }

    /// The port; a name is one of this transport.
    pub fn port(&self, transport: Transport) -> Result<u16, PortError> {
        let by_name = || match self {
            Service::Port(port) => Some(*port),
            Service::Name(name) => services::port(transport, name),
        };
        self.number()
            .unwrap_or_else(|| by_name().ok_or(PortError::Unknown))
    }
}

/// Whose address is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The peer's, to connect to.
    Remote,
    /// One's own, to bind to.
    Local,
}

impl PortError {
    /// In asyncio's words, which name the system call.
    pub fn at(self, end: End) -> Failure {
        match (self, end) {
            (PortError::OutOfRange, End::Remote) => {
                Failure::invalid("connect(): port must be 0-65535.")
            }
            (PortError::OutOfRange, End::Local) => {
                Failure::invalid("bind(): port must be 0-65535.")
            }
            (PortError::Unknown, _) => Failure::Lookup(LookupFailure::ServiceNotSupported),
        }
    }
}

/// A host and a port on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HostAddress {
    pub host: Option<String>,
    pub service: Service,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> Service {
        Service::Name(name.into())
    }

    #[test]
    fn a3_ports() {
        assert_eq!(Service::Port(80).port(Transport::Tcp), Ok(80));
        for (name, number) in [
            ("80", 80),
            (" 80 ", 80),
            ("+80", 80),
            ("-0", 0),
            ("", 0),
            ("http", 80),
            ("65535", 65535),
        ] {
            assert_eq!(service(name).port(Transport::Tcp), Ok(number), "{name:?}");
        }
    }

    #[test]
    fn a3_ports_out_of_range() {
        for name in ["65536", "-1", "99999999999999999999"] {
            assert_eq!(
                service(name).port(Transport::Tcp),
                Err(PortError::OutOfRange),
                "{name}"
            );
        }
    }

    #[test]
    fn a3_unknown_services() {
        assert_eq!(
            service("http").port(Transport::Udp),
            Err(PortError::Unknown)
        );
        assert_eq!(service("ntp").port(Transport::Udp), Ok(123));
        for name in ["nonsense", "80.9", "0x50", "http\0", " http", "+", "-", " "] {
            assert_eq!(
                service(name).port(Transport::Tcp),
                Err(PortError::Unknown),
                "{name:?}"
            );
        }
    }
}
