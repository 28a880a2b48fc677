//! A hundred thousand datagrams: nothing out of order, and no memory for those that are gone.

use switchboard_tests::certs::Pki;
use switchboard_tests::composed;
use switchboard_tests::udp::UdpPeer;

const COUNT: u64 = 100_000;

/// What the kernel may lose on loopback.
const LOST: u64 = COUNT / 100;

/// How often the kernel may bring datagrams out of order, as it does when a thread moves to another processor in between.
/// What we reordered would be so each time.
const TRIES: u32 = 3;

/// The memory of a run that was in order.
async fn flood(count: u64, window: u64) -> usize {
    for _ in 0..TRIES {
        if let (memory, 0) = run(count, window).await {
            return memory;
        }
    }
    panic!("out of order {TRIES} times");
}

/// The memory, and how many came out of order.
async fn run(count: u64, window: u64) -> (usize, u64) {
    let pki = Pki::new().unwrap();
    let echo = UdpPeer::reflector("127.0.0.1").unwrap();
    let arguments = format!(
        "flood to={} count={count} size=1200 window={window}",
        echo.addr()
    );
    let run = composed::run(&arguments, pki.folder()).await.unwrap();
    let tally = run.output.lines().map(|line| {
        let (name, count) = line.split_once(' ').unwrap();
        (name, count.parse().unwrap())
    });
    let tally: Vec<(&str, u64)> = tally.collect();
    println!("{count} by {window}: {tally:?}, memory {}", run.exit.memory);
    let [
        ("sent", sent),
        ("received", received),
        ("lost", lost),
        ("reordered", reordered),
        ("dropped", dropped),
    ] = tally[..]
    else {
        panic!("{tally:?}");
    };
    assert_eq!((sent, received + lost), (count, count));
    assert_eq!(dropped, 0);
    assert!(lost <= LOST, "{lost}");
    (run.exit.memory, reordered)
}

/// The same memory for ten times as many: 12 bytes left behind by each would show.
#[tokio::test]
async fn in_order_and_in_the_same_memory() {
    for window in [1, 32] {
        let short = flood(COUNT / 10, window).await;
        let long = flood(COUNT, window).await;
        assert!(long <= short + 1024 * 1024, "{short} and {long}");
    }
}
