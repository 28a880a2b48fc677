//! Port numbers of common services, by the names of IANA's registry (Service Name and Transport Protocol Port
//! Number Registry, RFC 6335). WASI has no `getservbyname`.

use crate::service::Transport;

/// In the order of the names, for a binary search. Aliases that `/etc/services` commonly has are in it too.
const TCP: &[(&str, u16)] = &[
    ("acap", 674),
    ("afpovertcp", 548),
    ("amqp", 5672),
    ("amqps", 5671),
    ("auth", 113),
    ("authentication", 113),
    ("bgp", 179),
    ("bgpd", 2605),
    ("cfengine", 5308),
    ("chargen", 19),
    ("coap", 5683),
    ("coaps", 5684),
    ("cvspserver", 2401),
    ("daap", 3689),
    ("daytime", 13),
    ("dict", 2628),
    ("discard", 9),
    ("distcc", 3632),
    ("domain", 53),
    ("domain-s", 853),
    ("echo", 7),
    ("epmap", 135),
    ("epmd", 4369),
    ("exec", 512),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("ftps", 990),
    ("ftps-data", 989),
    ("git", 9418),
    ("gopher", 70),
    ("gpsd", 2947),
    ("hkp", 11371),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("ident", 113),
    ("imap", 143),
    ("imap2", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("ipps", 631),
    ("irc", 194),
    ("ircd", 6667),
    ("ircs-u", 6697),
    ("iscsi-target", 3260),
    ("isns", 3205),
    ("jabber-client", 5222),
    ("jabber-server", 5269),
    ("kerberos", 88),
    ("kerberos-adm", 749),
    ("kerberos-sec", 88),
    ("kerberos5", 88),
    ("klogin", 543),
    ("kpasswd", 464),
    ("krb5", 88),
    ("kshell", 544),
    ("ldap", 389),
    ("ldaps", 636),
    ("login", 513),
    ("mail", 25),
    ("memcache", 11211),
    ("microsoft-ds", 445),
    ("mongodb", 27017),
    ("mqtt", 1883),
    ("ms-sql-s", 1433),
    ("ms-wbt-server", 3389),
    ("munin", 4949),
    ("mysql", 3306),
    ("nbd", 10809),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("nicname", 43),
    ("nntp", 119),
    ("nntps", 563),
    ("nrpe", 5666),
    ("ntske", 4460),
    ("openvpn", 1194),
    ("pop-3", 110),
    ("pop3", 110),
    ("pop3s", 995),
    ("portmapper", 111),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("printer", 515),
    ("puppet", 8140),
    ("qotd", 17),
    ("radius", 1812),
    ("redis", 6379),
    ("rfb", 5900),
    ("rmiregistry", 1099),
    ("rsync", 873),
    ("rtsp", 554),
    ("secure-mqtt", 8883),
    ("shell", 514),
    ("sieve", 4190),
    ("sink", 9),
    ("sip", 5060),
    ("sips", 5061),
    ("smtp", 25),
    ("smtps", 465),
    ("snmp", 161),
    ("snntp", 563),
    ("socks", 1080),
    ("source", 19),
    ("ssh", 22),
    ("ssmtp", 465),
    ("stun", 3478),
    ("stuns", 5349),
    ("submission", 587),
    ("submissions", 465),
    ("subversion", 3690),
    ("sunrpc", 111),
    ("svn", 3690),
    ("svrloc", 427),
    ("syslog-tls", 6514),
    ("systat", 11),
    ("tacacs", 49),
    ("tcpmux", 1),
    ("telnet", 23),
    ("telnets", 992),
    ("time", 37),
    ("timserver", 37),
    ("turn", 3478),
    ("turns", 5349),
    ("uucp", 540),
    ("webcache", 8080),
    ("whois", 43),
    ("www", 80),
    ("x11", 6000),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
    ("z3950", 210),
    ("zabbix-agent", 10050),
    ("zabbix-trapper", 10051),
];

/// As above, over UDP.
const UDP: &[(&str, u16)] = &[
    ("asf-rmcp", 623),
    ("babel", 6696),
    ("biff", 512),
    ("bootpc", 68),
    ("bootps", 67),
    ("chargen", 19),
    ("clearcase", 371),
    ("coap", 5683),
    ("coaps", 5684),
    ("comsat", 512),
    ("datametrics", 1645),
    ("daytime", 13),
    ("dhcpv6-client", 546),
    ("dhcpv6-server", 547),
    ("discard", 9),
    ("domain", 53),
    ("domain-s", 853),
    ("echo", 7),
    ("geneve", 6081),
    ("gnunet", 2086),
    ("gnutella-rtr", 6347),
    ("gnutella-svc", 6346),
    ("https", 443),
    ("iax", 4569),
    ("icp", 3130),
    ("icpv2", 3130),
    ("ipsec-nat-t", 4500),
    ("isakmp", 500),
    ("isns", 3205),
    ("kerberos", 88),
    ("kerberos5", 88),
    ("kpasswd", 464),
    ("krb5", 88),
    ("l2f", 1701),
    ("l2tp", 1701),
    ("ldap", 389),
    ("ldaps", 636),
    ("ldp", 646),
    ("mdns", 5353),
    ("memcache", 11211),
    ("ms-sql-m", 1434),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("nfs", 2049),
    ("ntalk", 518),
    ("ntp", 123),
    ("nut", 3493),
    ("old-radacct", 1646),
    ("old-radius", 1645),
    ("openvpn", 1194),
    ("portmapper", 111),
    ("ptp-event", 319),
    ("ptp-general", 320),
    ("radacct", 1813),
    ("radius", 1812),
    ("radius-acct", 1813),
    ("roughtime", 2002),
    ("route", 520),
    ("routed", 520),
    ("router", 520),
    ("rtcm-sc104", 2101),
    ("rtsp", 554),
    ("sip", 5060),
    ("sip-tls", 5061),
    ("sips", 5061),
    ("snmp", 161),
    ("snmp-trap", 162),
    ("snmptrap", 162),
    ("stun", 3478),
    ("stuns", 5349),
    ("sunrpc", 111),
    ("svrloc", 427),
    ("syslog", 514),
    ("syslog-tls", 6514),
    ("tacacs", 49),
    ("talk", 517),
    ("tftp", 69),
    ("time", 37),
    ("timserver", 37),
    ("tinc", 655),
    ("turn", 3478),
    ("turns", 5349),
    ("vxlan", 4789),
    ("who", 513),
    ("whod", 513),
    ("xdmcp", 177),
];

fn table(transport: Transport) -> &'static [(&'static str, u16)] {
    match transport {
        Transport::Tcp => TCP,
        Transport::Udp => UDP,
    }
}

/// The port of a service; names are not case-sensitive (RFC 6335, section 5.1).
pub fn port(transport: Transport, name: &str) -> Option<u16> {
    let (name, table) = (name.to_ascii_lowercase(), table(transport));
    let found = table.binary_search_by_key(&name.as_str(), |&(name, _)| name);
    found
        .ok()
        .and_then(|at| table.get(at))
        .map(|&(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_named_as_rfc6335_5_1_demands() {
        for table in [TCP, UDP] {
            for pair in table.windows(2) {
                assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
            }
            for (name, port) in table {
                let character = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(name.chars().all(character) && name.len() <= 15, "{name}");
                assert!(*port > 0);
            }
        }
    }

    #[test]
    fn names() {
        for (transport, name, number) in [
            (Transport::Tcp, "https", Some(443)),
            (Transport::Tcp, "HTTP", Some(80)),
            (Transport::Tcp, "ntp", None),
            (Transport::Udp, "NTP", Some(123)),
            (Transport::Udp, "http", None),
            (Transport::Udp, "", None),
        ] {
            assert_eq!(port(transport, name), number, "{name}");
        }
    }

    /// What the machine calls by the same name, is the same.
    #[test]
    fn the_machine_agrees() {
        let Ok(services) = std::fs::read_to_string("/etc/services") else {
            return println!("SKIPPED: there is no /etc/services");
        };
        let mut known = 0;
        for line in services.lines() {
            let mut words = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            let (Some(name), Some(place)) = (words.next(), words.next()) else {
                continue;
            };
            let (number, transport) = match place.split_once('/') {
                Some((number, "tcp")) => (number, Transport::Tcp),
                Some((number, "udp")) => (number, Transport::Udp),
                _ => continue,
            };
            for name in std::iter::once(name).chain(words) {
                if let Some(here) = port(transport, name) {
                    assert_eq!(here.to_string(), number, "{name}");
                    known += 1;
                }
            }
        }
        println!("{known} names are known here and there");
    }

    /// Those that `/etc/services` of Debian does not have, once more.
    #[test]
    fn ports_that_few_machines_know() {
        for (name, port) in [
            ("acap", 674),
            ("coap", 5683),
            ("coaps", 5684),
            ("ipps", 631),
            ("irc", 194),
            ("memcache", 11211),
            ("mongodb", 27017),
            ("mqtt", 1883),
            ("rfb", 5900),
            ("secure-mqtt", 8883),
            ("sips", 5061),
            ("stun", 3478),
            ("stuns", 5349),
            ("turn", 3478),
            ("turns", 5349),
        ] {
            assert_eq!(super::port(Transport::Tcp, name), Some(port), "{name}");
        }
        for (name, port) in [
            ("coap", 5683),
            ("coaps", 5684),
            ("geneve", 6081),
            ("memcache", 11211),
            ("roughtime", 2002),
            ("sips", 5061),
            ("stun", 3478),
            ("stuns", 5349),
            ("syslog-tls", 6514),
            ("turn", 3478),
            ("turns", 5349),
            ("vxlan", 4789),
        ] {
            assert_eq!(super::port(Transport::Udp, name), Some(port), "{name}");
        }
    }
}
