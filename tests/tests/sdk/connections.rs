//! Connections and endpoints that are read and written.

use crate::{pki, run};
use std::time::Duration;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::Leaf;
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::{End, Log};
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::start_tls::{Dialogue, GO, MORE, StartTlsServer};
use switchboard_tests::tls::{Options, TlsServer};
use switchboard_tests::udp::{self, UdpPeer};

fn clean(log: &Log, count: usize) {
    assert_eq!(log.accepted(), count);
    let ends: Vec<_> = log.connections.iter().map(|it| &it.end).collect();
    assert!(ends.iter().all(|end| **end == Some(End::Clean)), "{ends:?}");
}

/// Runs this against an echo without TLS and one with it, and gives what was said.
async fn against_echoes(arguments: &str) -> [String; 2] {
    let (pki, leaf) = pki();
    let plain = TcpServer::echo("127.0.0.1").unwrap();
    let secure = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let first = run(&format!("{arguments} server={}", plain.addr()), &pki).await;
    let second = format!("{arguments} server={} ca=/pki/ca.pem", secure.addr());
    let second = run(&second, &pki).await;
    clean(&plain.until(SEEN, |log| log.all_ended(1)).await.unwrap(), 1);
    clean(
        &secure.until(SEEN, |log| log.all_ended(1)).await.unwrap(),
        1,
    );
    [first.output, second.output]
}

#[tokio::test]
async fn there_and_back_and_half_a_close() {
    let [plain, secure] = against_echoes("echo").await;
    assert!(plain.ends_with("rest: the rest\n"), "{plain}");
    assert!(plain.contains(" connect 127.0.0.1:"), "{plain}");
    assert!(secure.ends_with("rest: the rest\n"), "{secure}");
    assert!(secure.contains("Tls13 TLS_"), "{secure}");
    assert!(secure.contains(" handshake 127.0.0.1:"), "{secure}");
}

#[tokio::test]
async fn bulk_is_whole_and_reads_allocate_nothing() {
    for output in against_echoes("bulk 64 how=halves").await {
        let (said, _) = output.split_once('\n').unwrap();
        let numbers = said.split(' ').filter_map(|it| it.parse::<f64>().ok());
        let [allocations, reads] = numbers.collect::<Vec<_>>()[..] else {
            panic!("{said}");
        };
        println!("{said}");
        assert!(reads > 100.0, "{said}");
        // None for a read: those that there are come with the end.
        assert!(allocations < 10.0, "{said}");
    }
    against_echoes("bulk 8 how=turns").await;
}

#[tokio::test]
async fn the_receiver_sends_on_what_the_sender_has_left() {
    let (pki, _) = pki();
    let script = [
        Step::Pause(Duration::from_millis(200)),
        Step::ReadExactly(16 << 20),
        Step::Write(b"done".to_vec()),
        Step::ReadToEnd,
    ];
    let peer = Scripted::start("127.0.0.1", script).unwrap();
    let output = run(&format!("bulk 16 how=left server={}", peer.addr()), &pki).await;
    assert_eq!(output.output, "done\n");
}

#[tokio::test]
async fn calls_that_are_given_up_lose_nothing() {
    for how in ["whole", "halves"] {
        for output in against_echoes(&format!("cancel 3000 how={how}")).await {
            some_given_up(&output);
        }
    }
    let (pki, _) = pki();
    let plain = TcpServer::echo("127.0.0.1").unwrap();
    let arguments = format!("cancel 1000 how=upgradable server={}", plain.addr());
    some_given_up(&run(&arguments, &pki).await.output);
    let echo = UdpPeer::reflector("127.0.0.1").unwrap();
    let arguments = format!("cancel 1000 how=datagrams server={}", echo.addr());
    some_given_up(&run(&arguments, &pki).await.output);
}

fn some_given_up(output: &str) {
    println!("{output}");
    let given_up: u32 = output.split(' ').next().unwrap().parse().unwrap();
    assert!(given_up > 20, "{output}");
}

#[tokio::test]
async fn streams_can_be_taken() {
    for output in against_echoes("streams").await {
        assert_eq!(output, "hello, world\n; goodbye\n");
    }
}

/// The stream is told of its end together with the last bytes, which nobody has seen yet: whoever would hand it on would
/// trap the whole application.
#[tokio::test]
async fn streams_that_have_ended_are_not_handed_on() {
    let (pki, leaf) = pki();
    let hello = [Step::Write(b"hello".to_vec()), Step::Fin, Step::ReadToEnd];
    let plain = Scripted::start("127.0.0.1", hello).unwrap();
    let options = Options {
        behaviour: Behaviour::Send(5),
        ..Options::default()
    };
    let secure = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let secure = format!("{} ca=/pki/ca.pem", secure.addr());
    let plain = plain.addr().to_string();
    // What nobody has read goes to the host with its end.
    let unread = run(&format!("streams how=unread server={plain}"), &pki).await;
    assert_eq!(unread.output, "before: 0\nhello");
    // A socket tells its end by itself, TLS with the last bytes if they come together, which they mostly do at one of the tries;
    // and each of them would have trapped then.
    let ended = run(&format!("streams how=ended server={plain}"), &pki).await;
    assert_eq!(ended.output, "5\nbefore: 0\n");
    for _ in 0..30 {
        let ended = run(&format!("streams how=ended server={secure}"), &pki).await;
        assert!(ended.output.starts_with("5\nbefore: 0\n"), "{ended:?}");
        if ended.output.ends_with("it has ended\n") {
            break;
        }
    }
}

/// What was received is there, whether the end without a goodbye was told together with it or later.
#[tokio::test]
async fn streams_of_what_was_cut_off() {
    let (pki, leaf) = pki();
    let options = Options {
        behaviour: Behaviour::SendThenTruncate(5),
        ..Options::default()
    };
    let server = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let step = format!("streams how=cut server={} ca=/pki/ca.pem", server.addr());
    for _ in 0..10 {
        assert_eq!(run(&step, &pki).await.output, "before: 4\n");
    }
}

/// However much nobody has read of what the peer sent, the peer has all that it was sent, and a clean end.
#[tokio::test]
async fn closed_with_something_unread() {
    let (pki, _) = pki();
    // It looks only when all is over: a reset would take back what it could have read before.
    let script = [
        Step::Write(vec![1; 50_000]),
        Step::Pause(Duration::from_millis(600)),
        Step::ReadToEnd,
    ];
    let peer = Scripted::start("127.0.0.1", script).unwrap();
    let hows = ["never", "begun", "protocol"];
    for how in hows {
        let arguments = format!("close how={how} server={}", peer.addr());
        assert_eq!(run(&arguments, &pki).await.output, "closed\n");
    }
    let log = peer.until(SEEN, |log| log.all_ended(hows.len())).await;
    let log = log.unwrap();
    clean(&log, hows.len());
    assert!(log.connections.iter().all(|it| it.received == b"hello"));
}

#[tokio::test]
async fn errors_keep_their_kind() {
    const SENT: u64 = 100_000;
    let (pki, leaf) = pki();
    let refused = udp_free_port();
    let reset = TcpServer::start("127.0.0.1", Behaviour::SendThenReset(SENT)).unwrap();
    let silent = TcpServer::start("127.0.0.1", Behaviour::Stall).unwrap();
    let options = Options {
        behaviour: Behaviour::SendThenTruncate(SENT),
        ..Options::default()
    };
    let truncated = TlsServer::start("127.0.0.1", &leaf, &options).unwrap();
    let arguments = format!(
        "errors refused={refused} reset={} silent={} truncated={} ca=/pki/ca.pem",
        reset.addr(),
        silent.addr(),
        truncated.addr()
    );
    let output = run(&arguments, &pki).await.output;
    let (first, rest) = output.split_once('\n').unwrap();
    // Plain, it is a sentence; alternate, the attempts follow.
    let told = format!(
        "[Errno 111] Connect call failed ('127.0.0.1', {})",
        refused.port()
    );
    assert_eq!(first, told);
    let attempt = format!(" connect {refused}: ");
    assert!(rest.starts_with(&format!("{told}\n  ")), "{output}");
    assert!(rest.lines().nth(2).unwrap().contains(&attempt), "{output}");
}

/// Where nobody listens.
fn udp_free_port() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

async fn upgrade(leaf: &Leaf, pki: &switchboard_tests::certs::Pki, more: &str) -> String {
    let dialogue = Dialogue {
        script: vec![Step::ReadUntil(MORE.to_vec()), Step::Write(GO.to_vec())],
        twice: false,
    };
    let server = StartTlsServer::start("127.0.0.1", leaf, dialogue).unwrap();
    let arguments = format!("upgrade server={} ca=/pki/ca.pem{more}", server.addr());
    run(&arguments, pki).await.output
}

#[tokio::test]
async fn tls_is_started_later() {
    let (pki, leaf) = pki();
    let output = upgrade(&leaf, &pki, "").await;
    assert_eq!(output, "Tls13\nhello\n");
    let output = upgrade(&leaf, &pki, " peek=yes").await;
    assert!(
        output.contains("3 bytes before TLS that nobody has read"),
        "{output}"
    );
    let output = upgrade(&leaf, &pki, " streams=yes").await;
    assert_eq!(
        output,
        "a connection on which TLS can be started has no streams\n"
    );
}

#[tokio::test]
async fn datagrams_there_and_back() {
    let (pki, _) = pki();
    let echo = UdpPeer::reflector("127.0.0.1").unwrap();
    let dead = udp::dead("127.0.0.1").unwrap();
    let output = run(&format!("datagrams echo={} dead={dead}", echo.addr()), &pki).await;
    assert_eq!(output.output, "all well\n");
}
