//! The values of the arguments that are more than a word or a number.

use crate::lookup::Flags;
use crate::options::Milestone;
use crate::service::{HostAddress, Service, Transport};
use std::fmt::Display;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

/// `--resolve HOST:PORT:ADDR,ADDR`
#[derive(Debug)]
pub(super) struct Resolve {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) addresses: Vec<IpAddr>,
}

/// `250ms`, `10s`, `1.5s`, `2m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let explained = || "a time is a number with a unit, such as 250ms, 10s or 2m".to_owned();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or_else(explained)?;
    let plain = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = match plain {
        true => number.parse().map_err(|_| explained())?,
        false => return Err(explained()),
    };
    match Duration::try_from_secs_f64(seconds * unit) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".into()),
        Ok(duration) => Ok(duration),
        Err(_) => Err("it is too long".into()),
    }
}

pub(super) fn resolve(text: &str) -> Result<Resolve, String> {
    let wrong = || "it must be HOST:PORT:ADDR[,ADDR]..., an IPv6 host in brackets".to_owned();
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once("]:"),
        None => text.split_once(':'),
    }
    .ok_or_else(wrong)?;
    let (port, list) = rest.split_once(':').ok_or_else(wrong)?;
    let no_port = || "its port is no number from 0 to 65535".to_owned();
    let port = match port.is_empty() {
        true => Err(no_port()),
        false => Service::Name(port.to_owned())
            .port(Transport::Tcp)
            .map_err(|_| no_port()),
    }?;
    let address = |text: &str| {
        let address = unbracketed(text).parse();
        address.map_err(|_| format!("'{text}' is no IP address"))
    };
    Ok(Resolve {
        host: host.to_owned(),
        port,
        addresses: list.split(',').map(address).collect::<Result<_, _>>()?,
    })
}

/// An IPv6 address without the brackets that may be around it, or what else it is.
pub(super) fn unbracketed(host: &str) -> &str {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match bare {
        Some(bare) if bare.is_empty() || bare.contains(':') => bare,
        _ => host,
    }
}

/// `HOST`, `HOST:PORT` or `[IPV6]:PORT`; any port that is free if none is given.
pub(super) fn host_address(text: &str, transport: Transport) -> Result<HostAddress, String> {
    let wrong = || "it must be HOST, HOST:PORT or [IPV6]:PORT".to_owned();
    let (host, port) = match (text.strip_prefix('['), text.split_once(':')) {
        _ if text.parse::<Ipv6Addr>().is_ok() => (text, None),
        (Some(text), _) => match text.split_once(']').ok_or_else(wrong)? {
            (host, "") => (host, None),
            (host, port) => (host, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
        },
        (None, Some((host, port))) => (host, Some(port)),
        (None, None) => (text, None),
    };
    if host.is_empty() || port.is_some_and(|port| port.is_empty() || port.contains(':')) {
        return Err(wrong());
    }
    let service = port.map_or(Service::Port(0), |port| Service::Name(port.to_owned()));
    service.port(transport).map_err(|_| {
        "its port is neither a number from 0 to 65535 nor a known service".to_owned()
    })?;
    Ok(HostAddress {
        host: Some(host.to_owned()),
        service,
    })
}

/// `tcp` or `tls`.
pub(super) fn race_until(text: &str) -> Result<Milestone, String> {
    match text {
        "tcp" => Ok(Milestone::Tcp),
        "tls" => Ok(Milestone::Tls),
        _ => Err("it must be tcp or tls".into()),
    }
}

/// A list with commas.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(str::to_owned)
}

/// A whole number up to the largest of its type.
pub(super) fn up_to<T: FromStr + Display>(text: &str, largest: T) -> Result<T, String> {
    let number = text.parse();
    number.map_err(|_| format!("it must be a number from 0 to {largest}"))
}

/// Sets the flags of `getaddrinfo` that are listed, by the names that the WIT gives them.
pub(super) fn add_flags(flags: &mut Flags, text: &str) -> Result<(), String> {
    for name in text.split(',') {
        *match name {
            "passive" => &mut flags.passive,
            "canon-name" => &mut flags.canon_name,
            "numeric-host" => &mut flags.numeric_host,
            "numeric-service" => &mut flags.numeric_service,
            "v4-mapped" => &mut flags.v4_mapped,
            "all" => &mut flags.all,
            "addr-config" => &mut flags.addr_config,
            _ => return Err(format!("'{name}' is none of {LOOKUP_FLAGS}")),
        } = true;
    }
    Ok(())
}

/// Their names, for the help.
const LOOKUP_FLAGS: &str =
    "passive, canon-name, numeric-host, numeric-service, v4-mapped, all and addr-config";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses() {
        let parsed = |text: &str| {
            let HostAddress { host, service } = host_address(text, Transport::Tcp).ok()?;
            Some((host?, service.port(Transport::Tcp).ok()?))
        };
        for (text, host, port) in [
            ("127.0.0.1", "127.0.0.1", 0),
            ("127.0.0.1:7", "127.0.0.1", 7),
            ("::1", "::1", 0),
            ("[::1]", "::1", 0),
            ("[::1]:7", "::1", 7),
            ("localhost:http", "localhost", 80),
        ] {
            assert_eq!(parsed(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in [
            "",
            ":7",
            "a:",
            "a:70000",
            "a:nonsense",
            "[]:1",
            "[::1",
            "[::1]7",
            "a:b:c",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(up_to("255", u8::MAX), Ok(255));
        for text in ["256", "-1", "", "x", "1.5", " 1"] {
            let told = up_to(text, u8::MAX).unwrap_err();
            assert_eq!(told, "it must be a number from 0 to 255", "{text}");
        }
    }

    #[test]
    fn each_flag_by_its_name() {
        let mut flags = Flags::default();
        add_flags(&mut flags, "v4-mapped").unwrap();
        assert!(flags.v4_mapped && !flags.all);
        let names = LOOKUP_FLAGS.replace(" and ", ", ").replace(", ", ",");
        add_flags(&mut flags, &names).unwrap();
        assert_eq!(
            flags,
            Flags {
                passive: true,
                canon_name: true,
                numeric_host: true,
                numeric_service: true,
                v4_mapped: true,
                all: true,
                addr_config: true,
            }
        );
        assert!(add_flags(&mut flags, "").is_err());
    }
}
