//! The name of a server, as TLS needs it: what is sent (SNI, RFC 6066, section 3) and what a certificate must have.

use crate::failure::Failure;
use rustls::pki_types::ServerName;

/// Cleans a name up: international names become ASCII (IDNA, RFC 5891), and the dot at the end of an absolute name and
/// the zone of an IPv6 address, which no certificate has, are dropped. ASYNCIO A-V19 and A-V20.
pub fn server_name(name: &str) -> Result<ServerName<'static>, Failure> {
    if name.is_empty() {
        return Err(Failure::invalid("check_hostname requires server_hostname")); // A-V19
    }
    if name.contains('\0') {
        // A-V20
        return Err(Failure::invalid(
            "argument must be encoded string without null bytes, not str",
        ));
    }
    let zoned = name.split_once('%').map(|(address, _zone)| address);
    if let Some(Ok(address)) = zoned.map(str::parse::<std::net::Ipv6Addr>) {
        return Ok(ServerName::IpAddress(
            std::net::IpAddr::from(address).into(),
        ));
    }
    let unusable = || {
        Failure::invalid(format!(
            "'{name}' is neither a host name nor an IP address that a certificate could have"
        ))
    };
    let ascii = match name.is_ascii() {
        true => name.to_owned(),
        false => idna::domain_to_ascii(name).map_err(|_| unusable())?,
    };
    let relative = ascii.strip_suffix('.').unwrap_or(&ascii);
    ServerName::try_from(relative.to_owned()).map_err(|_| unusable())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(name: &str) -> String {
        server_name(name).unwrap().to_str().into_owned()
    }

    #[test]
    fn names() {
        assert_eq!(cleaned("example.com"), "example.com");
        assert_eq!(cleaned("example.com."), "example.com");
        assert_eq!(cleaned("bücher.example"), "xn--bcher-kva.example");
        assert_eq!(cleaned("Bücher.example。"), "xn--bcher-kva.example");
    }

    #[test]
    fn addresses() {
        for address in ["127.0.0.1", "::1"] {
            assert!(
                matches!(server_name(address), Ok(ServerName::IpAddress(_))),
                "{address}"
            );
        }
        assert_eq!(
            server_name("fe80::1%eth0").unwrap(),
            server_name("fe80::1").unwrap()
        );
    }

    #[test]
    fn a_v19_and_a_v20_no_names() {
        assert_eq!(
            server_name("").unwrap_err().to_string(),
            "check_hostname requires server_hostname"
        );
        assert_eq!(
            server_name("a\0b").unwrap_err().to_string(),
            "argument must be encoded string without null bytes, not str"
        );
        for name in [".", "a b", "a..b", "-\u{ad}.x", &"x".repeat(64)] {
            let failure = server_name(name).unwrap_err();
            assert!(
                failure.to_string().contains("neither a host name"),
                "{name}: {failure}"
            );
        }
    }
}
