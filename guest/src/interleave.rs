//! The order in which addresses are tried: RFC 8305, section 4, in asyncio's form (ASYNCIO A.4).

use std::net::SocketAddr;

/// Alternates between the address families, in the order in which they first appear, after `first` addresses of the
/// first one (RFC 8305's First Address Family Count). 0 keeps the order.
pub fn interleave(addresses: Vec<SocketAddr>, first: u32) -> Vec<SocketAddr> {
    let Some(leader) = addresses.first() else {
        return addresses;
    };
    if first == 0 {
        return addresses;
    }
    let leader_is_ipv6 = leader.is_ipv6();
    let (leaders, others): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == leader_is_ipv6);
    let mut ordered = Vec::with_capacity(leaders.len() + others.len());
    let (mut leaders, mut others) = (leaders.into_iter(), others.into_iter());
    ordered.extend(leaders.by_ref().take(first as usize - 1));
    loop {
        match (leaders.next(), others.next()) {
            (None, None) => return ordered,
            (one, other) => ordered.extend(one.into_iter().chain(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::net::{Ipv4Addr, Ipv6Addr};

    /// `6A 4B`: one address a word, its family and its letter.
    fn addresses(words: &str) -> Vec<SocketAddr> {
        let address = |word: &str| {
            let (family, letter) = word.split_at(1);
            let host = u16::from(letter.as_bytes()[0]);
            match family {
                "6" => SocketAddr::from((Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, host), 1)),
                _ => SocketAddr::from((Ipv4Addr::new(192, 0, 2, host as u8), 1)),
            }
        };
        words.split_whitespace().map(address).collect()
    }

    fn check(first: u32, before: &str, after: &str) {
        assert_eq!(interleave(addresses(before), first), addresses(after));
    }

    const MIXED: &str = "6A 6B 6C 4A 4B 4C 4D 6D";

    #[test]
    fn a4_the_vectors_of_asyncio() {
        check(1, MIXED, "6A 4A 6B 4B 6C 4C 6D 4D");
        check(2, MIXED, "6A 6B 4A 6C 4B 6D 4C 4D");
    }

    #[test]
    fn a4_zero_keeps_the_order() {
        check(0, MIXED, MIXED);
    }

    #[test]
    fn a4_a_count_beyond_the_first_family() {
        check(99, MIXED, "6A 6B 6C 6D 4A 4B 4C 4D");
        check(u32::MAX, "4A 6A", "4A 6A");
    }

    #[test]
    fn a4_the_first_family_is_the_resolvers() {
        check(1, "4A 4B 6A", "4A 6A 4B");
    }

    #[test]
    fn a4_one_family_and_none() {
        check(1, "4A 4B", "4A 4B");
        check(3, "", "");
    }

    #[test]
    fn a4_the_vectors_of_cpython() {
        let vectors = include_str!("../../tests/golden/interleave.json");
        let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
        assert!(vectors.len() >= 40);
        for vector in vectors {
            let addresses = |name: &str| -> Vec<SocketAddr> {
                let list = vector[name].as_array().unwrap().iter();
                let ip = |it: &Value| it.as_str().unwrap().parse().unwrap();
                list.map(|it| SocketAddr::new(ip(it), 1)).collect()
            };
            let first = u32::try_from(vector["n"].as_u64().unwrap()).unwrap();
            assert_eq!(interleave(addresses("before"), first), addresses("after"));
        }
    }
}
