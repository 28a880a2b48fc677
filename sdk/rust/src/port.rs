//! Where on a host.

use crate::bindings::switchboard::connect::types::{HostAddress, Service};

/// Where on a host: a port, or the name of a service.
///
/// ```
/// use switchboard_client::{Connector, Port};
///
/// let by_number = Connector::new("example.com", 443);
/// let by_name = Connector::new("example.com", "https");
/// let either: Port = 443.into();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Port {
    /// A port number.
    Number(u16),
    /// One of the common service names of IANA's registry, or a number written in decimal.
    Name(String),
}

impl From<u16> for Port {
    fn from(number: u16) -> Self {
        Port::Number(number)
    }
}

impl From<&str> for Port {
    fn from(name: &str) -> Self {
        Port::Name(name.to_owned())
    }
}

impl From<String> for Port {
    fn from(name: String) -> Self {
        Port::Name(name)
    }
}

impl From<Port> for Service {
    fn from(port: Port) -> Self {
        match port {
            Port::Number(number) => Service::Port(number),
            Port::Name(name) => Service::Name(name),
        }
    }
}

pub(crate) fn host_address(host: Option<&str>, port: Port) -> HostAddress {
    HostAddress {
        host: host.map(str::to_owned),
        service: port.into(),
    }
}
