//! What datagrams are for: DNS (RFC 1035) and SNTP (RFC 4330).

use switchboard_tests::certs::Pki;
use switchboard_tests::composed;
use switchboard_tests::dns::{NameServer, Record};
use switchboard_tests::python::PythonServer;

async fn run(arguments: &str) -> String {
    let pki = Pki::new().unwrap();
    let run = composed::run(arguments, pki.folder()).await.unwrap();
    run.output
}

#[tokio::test]
async fn dns() {
    let address = |ip: &str| Record::Address(ip.parse().unwrap());
    for ip in ["127.0.0.1", "::1"] {
        let records = vec![
            ("host.example", address("192.0.2.1")),
            ("host.example", address("192.0.2.2")),
            ("host.example", address("2001:db8::1")),
            ("host.example", Record::Text("hello")),
        ];
        let server = NameServer::start(ip, records).unwrap();
        for (kind, expected) in [
            ("A", "192.0.2.1\n192.0.2.2\n"),
            ("AAAA", "2001:db8::1\n"),
            ("TXT", "hello\n"),
        ] {
            let arguments = format!("dns server={} name=host.example type={kind}", server.addr());
            assert_eq!(run(&arguments).await, expected);
        }
    }
}

#[tokio::test]
async fn sntp() {
    const AHEAD: f64 = 1234.5;
    for ip in ["127.0.0.1", "::1"] {
        let server = PythonServer::sntp(ip, AHEAD).unwrap();
        let output = run(&format!("sntp server={}", server.addr())).await;
        let offset = output.strip_prefix("stratum 1\noffset ").unwrap();
        let offset: f64 = offset.trim_end().parse().unwrap();
        assert!((offset - AHEAD).abs() < 0.5, "{offset}");
    }
}
