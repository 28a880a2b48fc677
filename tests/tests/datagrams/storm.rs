//! Calls that are ended at random moments, and endpoints that are dropped with calls pending: nothing is left.

use std::net::IpAddr;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::{self, Setting};
use switchboard_tests::datagrams::until_none_left;
use switchboard_tests::udp::UdpPeer;

/// Of the endpoints alone: nothing else is bound there.
const IP: &str = "127.0.0.67";

/// Runs that many rounds, and gives the most memory.
async fn storm(count: usize, seed: u64) -> usize {
    let pki = Pki::new().unwrap();
    let echo = UdpPeer::reflector("127.0.0.1").unwrap();
    let arguments = format!("endpoint-storm {count} {seed} ip={IP} echo={}", echo.addr());
    let ip: IpAddr = IP.parse().unwrap();
    let port = echo.addr().port();
    let none_left = async |_: String| {
        until_none_left(|it| it.local.ip() == ip || it.remote.port() == port).await
    };
    let run = composed::run_until(&Setting::usual(pki.folder()), &arguments, none_left).await;
    let run = run.unwrap();
    let tally = run.output.lines().map(|line| {
        let (name, count) = line.split_once(' ').unwrap();
        (name, count.parse().unwrap())
    });
    let tally: Vec<(&str, usize)> = tally.collect();
    println!("{tally:?}, memory {}", run.exit.memory);
    assert_eq!(tally.iter().map(|(_, count)| count).sum::<usize>(), count);
    // Everything was met.
    assert!(tally.iter().all(|&(_, count)| count > 0), "{tally:?}");
    run.exit.memory
}

#[tokio::test]
async fn calls_and_endpoints_leave_nothing() {
    let short = storm(1000, 1).await;
    let long = storm(5000, 2).await;
    // 262 bytes left behind by each would show.
    assert!(long <= short + 1024 * 1024, "{short} and {long}");
}
