//! Values as Python's `repr()` shows them, for texts that are asyncio's. What Unicode beyond Latin-1 does not print is shown as
//! it is.

use crate::address::Address;
use crate::service::{HostAddress, Service};
use std::net::SocketAddr;

/// A socket address.
pub fn socket_address(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => format!("('{}', {})", address.ip(), address.port()),
        SocketAddr::V6(address) => format!(
            "('{}', {}, {}, {})",
            address.ip(),
            address.port(),
            address.flowinfo(),
            address.scope_id()
        ),
    }
}

/// An address as `str()` shows it: of a Unix socket the path as it is, of an abstract name the bytes.
pub fn address(address: &Address) -> String {
    match address {
        Address::Ip(address) => socket_address(*address),
        Address::Unix(name) if name.first() == Some(&0) => {
            let bytes = name.iter().map(|&byte| match byte {
                b'\\' | b'\'' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            });
            format!("b'{}'", bytes.collect::<String>())
        }
        Address::Unix(path) => String::from_utf8_lossy(path).into_owned(),
    }
}

/// A host and a port.
pub fn host_address(address: &HostAddress) -> String {
    let host = address.host.as_deref().map_or("None".to_owned(), text);
    let port = match &address.service {
        Service::Port(port) => port.to_string(),
        Service::Name(name) => text(name),
    };
    format!("({host}, {port})")
}

/// A text.
fn text(text: &str) -> String {
    let quote = match text.contains('\'') && !text.contains('"') {
        true => '"',
        false => '\'',
    };
    let mut shown = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => shown += "\\\\",
            '\n' => shown += "\\n",
            '\r' => shown += "\\r",
            '\t' => shown += "\\t",
            _ if character == quote => shown.extend(['\\', quote]),
            '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}' => {
                shown += &format!("\\x{:02x}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (plain, shown) in [
            ("\u{ad}", "'\\xad'"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("\\\n\r\t\0\x7f\u{85}é", "'\\\\\\n\\r\\t\\x00\\x7f\\x85é'"),
        ] {
            assert_eq!(text(plain), shown);
        }
    }

    #[test]
    fn addresses() {
        let local = |host: Option<&str>, service| HostAddress {
            host: host.map(str::to_owned),
            service,
        };
        let named = local(Some("::1"), Service::Name("ntp".into()));
        assert_eq!(host_address(&named), "('::1', 'ntp')");
        assert_eq!(host_address(&local(None, Service::Port(0))), "(None, 0)");
        for (address, shown) in [
            ("127.0.0.1:7", "('127.0.0.1', 7)"),
            ("[fe80::1%2]:7", "('fe80::1', 7, 0, 2)"),
        ] {
            assert_eq!(socket_address(address.parse().unwrap()), shown);
        }
        for (name, shown) in [(&b"/a'b"[..], "/a'b"), (b"\0a'\xff", "b'\\x00a\\'\\xff'")] {
            assert_eq!(super::address(&Address::Unix(name.to_vec())), shown);
        }
    }
}
