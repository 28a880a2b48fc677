//! Port numbers of common services over TCP, by the names of IANA's registry (Service Name and Transport Protocol Port
//! Number Registry, RFC 6335). WASI has no `getservbyname`.

/// In the order of the names, for a binary search. Aliases that `/etc/services` commonly has are in it too.
const TCP: &[(&str, u16)] = &[
    ("acap", 674),
    ("afpovertcp", 548),
    ("amqp", 5672),
    ("amqps", 5671),
    ("auth", 113),
    ("bgp", 179),
    ("bgpd", 2605),
    ("cfengine", 5308),
    ("chargen", 19),
    ("coap", 5683),
    ("coaps", 5684),
    ("cvspserver", 2401),
    ("daytime", 13),
    ("dict", 2628),
    ("discard", 9),
    ("distcc", 3632),
    ("domain", 53),
    ("domain-s", 853),
    ("echo", 7),
    ("epmd", 4369),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("ftps", 990),
    ("ftps-data", 989),
    ("git", 9418),
    ("gopher", 70),
    ("gpsd", 2947),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imap2", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("ipps", 631),
    ("irc", 194),
    ("ircd", 6667),
    ("ircs-u", 6697),
    ("iscsi-target", 3260),
    ("kerberos", 88),
    ("ldap", 389),
    ("ldaps", 636),
    ("memcache", 11211),
    ("mongodb", 27017),
    ("mqtt", 1883),
    ("ms-sql-s", 1433),
    ("mysql", 3306),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("nntp", 119),
    ("nntps", 563),
    ("ntske", 4460),
    ("openvpn", 1194),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("redis", 6379),
    ("rfb", 5900),
    ("rmiregistry", 1099),
    ("rsync", 873),
    ("rtsp", 554),
    ("secure-mqtt", 8883),
    ("sieve", 4190),
    ("sip", 5060),
    ("sips", 5061),
    ("smtp", 25),
    ("snmp", 161),
    ("socks", 1080),
    ("ssh", 22),
    ("stun", 3478),
    ("stuns", 5349),
    ("submission", 587),
    ("submissions", 465),
    ("sunrpc", 111),
    ("svn", 3690),
    ("telnet", 23),
    ("telnets", 992),
    ("time", 37),
    ("turn", 3478),
    ("turns", 5349),
    ("uucp", 540),
    ("whois", 43),
    ("x11", 6000),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
    ("zabbix-agent", 10050),
];

/// The port of a service over TCP; names are not case-sensitive (RFC 6335, section 5.1).
pub fn tcp_port(name: &str) -> Option<u16> {
    let name = name.to_ascii_lowercase();
    let found = TCP.binary_search_by_key(&name.as_str(), |&(name, _)| name);
    found.ok().and_then(|at| TCP.get(at)).map(|&(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_named_as_rfc6335_5_1_demands() {
        for pair in TCP.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
        for (name, port) in TCP {
            let character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.chars().all(character) && name.len() <= 15, "{name}");
            assert!(*port > 0);
        }
    }

    #[test]
    fn names() {
        assert_eq!(tcp_port("https"), Some(443));
        assert_eq!(tcp_port("HTTP"), Some(80));
        assert_eq!(tcp_port("nonsense"), None);
        assert_eq!(tcp_port(""), None);
    }
}
