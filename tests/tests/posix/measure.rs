//! What TCP_NODELAY is for. The figures are printed: `cargo test … -- --nocapture measure`.

use std::io::{Read, Write};
use std::time::Duration;
use switchboard_host::Network;
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_tests::posix::run;

/// A peer that answers each pair of bytes by one, over TCP.
fn pairs() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_nodelay(true).unwrap();
            while stream.read_exact(&mut [0; 2]).is_ok() && stream.write_all(&[9]).is_ok() {}
        }
    });
    at
}

/// Two writes and a read: without the option the second write waits until the first is confirmed, and that is
/// confirmed late, as nothing goes back to take the confirmation along.
#[tokio::test]
async fn a_round_with_no_delay_and_without() {
    let server = pairs();
    let rounds = 25;
    let mut took = Vec::new();
    for no_delay in [true, false] {
        let steps = [
            "stream s inet".to_owned(),
            format!("connect s {server}"),
            format!("set s no-delay {no_delay}"),
            "send s".into(),
            "receive s".into(),
            // The first ones are confirmed at once, whatever is set.
            "rounds s 25".into(),
            format!("rounds s {rounds}"),
        ];
        let posix = PosixCtx::builder().allow_option(SocketOption::NoDelay);
        let lines = run(Network::any(), posix, &steps).await.unwrap();
        let seconds = lines[6].strip_prefix("ok ").expect(&lines[6]);
        let seconds = seconds.parse::<f64>().unwrap();
        took.push(Duration::from_secs_f64(seconds / f64::from(rounds)));
    }
    println!(
        "a round of two writes and a read: {:?} with no-delay, {:?} without",
        took[0], took[1]
    );
    assert!(took[0] * 4 < took[1], "{took:?}");
}
