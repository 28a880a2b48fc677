//! What it costs, and what TCP_NODELAY is for. The figures are printed: `cargo test … -- --nocapture measure`.

use crate::Home;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use switchboard_host::Network;
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_tests::posix::run;
use switchboard_tests::unix::UnixEcho;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const MIB: usize = 512;
const PIECE: usize = 64 * 1024;

/// What the component does, natively: sends and reads back at the same time, in one task.
async fn native(path: &Path) -> f64 {
    let stream = UnixStream::connect(path).await.unwrap();
    let (mut incoming, mut outgoing) = stream.into_split();
    let begun = Instant::now();
    let writing = async move {
        let (whole, mut piece) = (vec![7; PIECE], Vec::with_capacity(PIECE));
        for _ in 0..MIB * 1024 * 1024 / PIECE {
            // Whoever sends has something new each time.
            piece.clear();
            piece.extend_from_slice(&whole);
            outgoing.write_all(&piece).await.unwrap();
        }
    };
    let reading = async {
        let (mut piece, mut came) = (vec![0; PIECE], 0);
        while let count @ 1.. = incoming.read(&mut piece).await.unwrap() {
            came += count;
        }
        assert_eq!(came, MIB * 1024 * 1024);
    };
    tokio::join!(writing, reading);
    begun.elapsed().as_secs_f64()
}

/// Half a gigabyte there and back. The best of three each, as the machine is not alone.
#[tokio::test]
#[ignore = "it measures, and wants the machine for itself"]
async fn throughput_over_a_unix_socket() {
    let home = Home::new();
    let _echo = UnixEcho::at(&home.join("echo")).unwrap();
    let (mut natively, mut here) = (f64::MAX, f64::MAX);
    for _ in 0..3 {
        natively = natively.min(native(&home.join("echo")).await);
        let steps = [
            "stream s unix".to_owned(),
            format!("connect s {}", home.at("echo")),
            "send s".into(),
            "receive s".into(),
            format!("bulk s {MIB}"),
        ];
        let lines = run(Network::none(), home.grant(), &steps).await.unwrap();
        let seconds = lines[4].strip_prefix("ok ").expect(&lines[4]);
        here = here.min(seconds.parse::<f64>().unwrap());
    }
    let speed = |seconds: f64| (MIB * 1024 * 1024) as f64 / 1e6 / seconds;
    let ratio = natively / here;
    println!(
        "{MIB} MiB there and back: tokio {:.0} MB/s, the component {:.0} MB/s, {ratio:.2} of it",
        speed(natively),
        speed(here)
    );
    assert!(ratio >= 0.8, "{ratio}");
}

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
