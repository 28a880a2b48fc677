//! Hosts: literals in all their forms, and names (ASYNCIO A.3).

use crate::failure::{Failure, LookupFailure};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// An address, with port 0.
fn address(ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, 0)
}

/// A literal that needs no lookup whatever else is asked for: no zone, and not one of the short forms.
pub fn plain_literal(host: &str) -> Option<SocketAddr> {
    host.parse().ok().map(address)
}

/// Any literal that getaddrinfo knows: with a zone, or in a form of `inet_aton`.
pub fn literal(host: &str) -> Result<Option<SocketAddr>, Failure> {
    if let Some(v4) = inet_aton(host) {
        return Ok(Some(address(v4.into())));
    }
    let Some((ip, zone)) = host.split_once('%') else {
        return Ok(plain_literal(host));
    };
    let Ok(ip) = ip.parse::<Ipv6Addr>() else {
        return Ok(None);
    };
    if !zone.is_empty() && zone.bytes().all(|byte| byte.is_ascii_digit()) {
        let scope = zone.parse().map_err(|_| not_found())?;
        return Ok(Some(SocketAddrV6::new(ip, 0, 0, scope).into()));
    }
    let has_zones = ip.is_unicast_link_local() || matches!(ip.segments()[0], 0xff01 | 0xff02);
    match has_zones && !zone.is_empty() {
        true => Err(Failure::NotSupported(format!(
            "host '{host}': WASI has no names of network interfaces; the zone has to be a number, as in {ip}%2"
        ))),
        false => Err(not_found()),
    }
}

fn not_found() -> Failure {
    Failure::Lookup(LookupFailure::NotFound)
}

/// IPv4 in one to four parts, each decimal, octal or hexadecimal, of which the last fills what the others leave.
fn inet_aton(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = host.split('.').map(part).collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    let room = 32u32.checked_sub(8 * u32::try_from(bytes.len()).ok()?)?;
    if room < 8 || u64::from(*last) >= 1 << room || bytes.iter().any(|&byte| byte > 255) {
        return None;
    }
    let address = bytes
        .iter()
        .zip([24, 16, 8])
        .fold(*last, |address, (&byte, shift)| address | byte << shift);
    Some(Ipv4Addr::from_bits(address))
}

fn part(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        (None, _) => (text, 10),
    };
    // Rust takes a sign, C does not here.
    let plain = digits.chars().all(|digit| digit.is_digit(radix));
    plain.then(|| u32::from_str_radix(digits, radix).ok())?
}

/// The name to ask a resolver for: in ASCII, by IDNA 2008 (UTS #46), and with labels that can exist (RFC 1035, section
/// 2.3.4). Python's codec refuses others before it asks anybody, and so with a `ValueError`.
pub fn name(host: &str) -> Result<String, Failure> {
    let refused = |why: &str| {
        Failure::invalid(format!(
            "encoding '{host}' with 'idna' codec failed ({why})"
        ))
    };
    let ascii = match host.is_ascii() {
        true => host.to_owned(),
        false => idna::domain_to_ascii(host).map_err(|_| refused("not a host name"))?,
    };
    let relative = ascii.strip_suffix('.').unwrap_or(&ascii);
    let label = |label: &str| (1..=63).contains(&label.len());
    match ascii.is_empty() || relative.split('.').all(label) {
        true => Ok(ascii),
        false => Err(refused("label empty or too long")),
    }
}

/// Whether a name can have addresses: letters, digits, hyphens, underscores and dots, of which the last part is no number
/// (RFC 1123, section 2.1, and what is in use beside). No resolver is bothered with others: glibc, too, refuses their
/// answers, and there are resolvers that take them for addresses, as a URL would.
pub fn can_exist(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let relative = name.strip_suffix('.').unwrap_or(name);
    let last = relative.rsplit('.').next().unwrap_or(relative);
    let hexadecimal = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let number = match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    !number && !name.starts_with('-') && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(host: &str) -> Option<String> {
        literal(host)
            .unwrap()
            .map(|address| address.ip().to_string())
    }

    #[test]
    fn a3_forms_of_inet_aton() {
        for (host, ip) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("127.0.1", "127.0.0.1"),
            ("0x7f000001", "127.0.0.1"),
            ("0X7F.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0177.0.0.01", "127.0.0.1"),
            ("0", "0.0.0.0"),
            ("4294967295", "255.255.255.255"),
            ("1.2.65535", "1.2.255.255"),
        ] {
            assert_eq!(of(host).as_deref(), Some(ip), "{host}");
        }
        for host in [
            "4294967296",
            "256.1",
            "1.2.65536",
            "1.2.3.256",
            "1.2.3.4.5",
            "127.0.0.1.",
            "08",
            "0x",
            "0x+1",
            "0+7",
            "00+7",
            "0177.0.0.0+1",
            "+1",
            "1..2",
            "",
            ".",
            "1.2.3.4 ",
            "localhost",
            "1e3",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }

    #[test]
    fn a3_zones() {
        assert_eq!(
            literal("fe80::1%7"),
            Ok(Some("[fe80::1%7]:0".parse().unwrap()))
        );
        assert_eq!(literal("::1%1"), Ok(Some("[::1%1]:0".parse().unwrap())));
        for host in ["::1%lo", "::1%", "fe80::1%", "fe80::1%99999999999"] {
            assert_eq!(literal(host), Err(not_found()), "{host}");
        }
        let named = literal("fe80::1%eth0").unwrap_err();
        assert!(matches!(&named, Failure::NotSupported(text) if text.contains("fe80::1%2")));
        assert_eq!(literal("1.2.3.4%1"), Ok(None));
    }

    #[test]
    fn a3_only_plain_literals_skip_everything() {
        for host in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(plain_literal(host).is_some(), "{host}");
        }
        for host in ["127.1", "::1%1", "[::1]", "localhost", ""] {
            assert_eq!(plain_literal(host), None, "{host}");
        }
    }

    #[test]
    fn a3_names() {
        for (host, ascii) in [
            ("localhost", "localhost"),
            ("example.com.", "example.com."),
            ("bücher.example", "xn--bcher-kva.example"),
            ("faß.example", "xn--fa-hia.example"),
            ("", ""),
        ] {
            assert_eq!(name(host).as_deref(), Ok(ascii));
        }
        let long = "x".repeat(64);
        let foreign = "ü".repeat(64);
        for host in [&long, &foreign, "a..b", ".a", ".", "..", "bücher..example"] {
            let failure = name(host).unwrap_err();
            assert!(matches!(failure, Failure::InvalidArgument(_)), "{host}");
        }
    }

    #[test]
    fn a3_names_that_cannot_exist() {
        for name in [
            "localhost",
            "a-b.example.",
            "_srv.example",
            "xn--fa-hia.example",
            "3com",
            "1.2.3.x",
            "0xg",
        ] {
            assert!(can_exist(name), "{name}");
        }
        for name in [
            "",
            "[::1]",
            "*",
            " localhost",
            "a b",
            "a/24",
            "user@a",
            "a:80",
            "-a",
            "a\n",
            "127.0.0.1.",
            "127.1.",
            "0x",
            "0x7f.0X",
            "08",
            "a.256",
        ] {
            assert!(!can_exist(name), "{name}");
        }
    }
}
