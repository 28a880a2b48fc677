//! `TCP_NODELAY`: on wherever it can be, as in asyncio.

use crate::{all, ask_permitted, network, not_supported, posix, with};
use serde_json::{Value, json};
use switchboard_host::posix::{PosixCtx, SocketOption};
use switchboard_tests::ask::{self, Answer, Question};
use switchboard_tests::bench_native::Measured;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::{SEEN, Setting, run_in};
use switchboard_tests::delayed::DelayedAcks;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::own_sockets;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::unix_servers::Folder;

/// As many bytes as the application sends before it reads.
const MESSAGE: usize = 4;

/// Whether the component's socket has it in this setting, while the connection stands.
async fn has_no_delay(setting: &Setting<'_>, pki: &Pki, options: Value) -> bool {
    let server = Scripted::start("127.0.0.1", [Step::Read(1), Step::Stall]).unwrap();
    let to = server.addr();
    let question = json!({"host": to.ip(), "service": to.port(), "then": "echo"});
    let question = [with(&question, options)];
    let looked = async {
        server.until(SEEN, |log| log.read() > 0).await.unwrap();
        let sockets = own_sockets::connected_to(to).unwrap();
        let [socket] = &*sockets else {
            panic!("not one socket: {sockets:?}");
        };
        let no_delay = socket.tcp_nodelay().unwrap();
        drop(sockets);
        drop(server);
        no_delay
    };
    let (answers, no_delay) = tokio::join!(ask::ask_in(setting, pki, &question), looked);
    answers.unwrap()[0].connection().unwrap();
    no_delay
}

#[tokio::test]
async fn a8_it_is_on_unless_told_otherwise() {
    let pki = Pki::new().unwrap();
    let folder = Folder::new().unwrap();
    let granted = posix(&pki, all(&folder));
    for (options, expected) in [
        (json!({}), true),
        (json!({"no-delay": true}), true),
        (json!({"no-delay": false}), false),
    ] {
        let has = has_no_delay(&granted, &pki, options.clone()).await;
        assert_eq!(has, expected, "{options}");
    }
    // Not granted, or not there: the socket is WASI's.
    let denied = posix(&pki, network());
    assert!(!has_no_delay(&denied, &pki, json!({})).await);
    let without = Setting::usual(pki.folder());
    assert!(!has_no_delay(&without, &pki, json!({})).await);
}

async fn without(question: Question) -> Answer {
    let pki = Pki::new().unwrap();
    let setting = Setting::usual(pki.folder());
    let answers = ask::ask_in(&setting, &pki, &[question]).await;
    answers.unwrap().remove(0)
}

#[tokio::test]
async fn what_is_asked_for_and_cannot_be_is_told() {
    let server = TcpServer::echo("127.0.0.1").unwrap();
    let to = server.addr();
    let question = json!({"host": to.ip(), "service": to.port(), "no-delay": true});
    let sock = json!({"sock": to, "no-delay": true});
    not_supported(&without(question.clone()).await, "no-delay");
    let denied = ask_permitted(network(), question).await;
    assert_eq!(denied.code(), Some("access-denied"), "{denied:?}");
    assert_eq!(denied.told(), "[Errno 13] Permission denied: no-delay");
    let option = PosixCtx::builder().allow_option(SocketOption::NoDelay);
    let granted = network().posix(option);
    for answer in [
        without(sock.clone()).await,
        ask_permitted(granted, sock).await,
    ] {
        not_supported(&answer, "no-delay");
        assert!(answer.sock_given_back);
    }
}

/// Seconds a round of two small writes and a read takes.
async fn round(setting: &Setting<'_>, no_delay: Option<bool>) -> f64 {
    const ROUNDS: u32 = 25;
    let server = DelayedAcks::start("127.0.0.1", MESSAGE).unwrap();
    let no_delay = no_delay.map(|it| format!(" no-delay={it}"));
    let arguments = format!(
        "bench writes {ROUNDS} server={}{}",
        server.addr(),
        no_delay.unwrap_or_default()
    );
    let run = run_in(setting, &arguments).await.unwrap();
    let measured: Measured = serde_json::from_str(&run.output).unwrap();
    measured.seconds / f64::from(ROUNDS)
}

/// Nagle's algorithm and a peer that delays its confirmations wait for each other (RFC 9293, section 3.7.4).
#[tokio::test]
async fn two_writes_and_a_read_with_a_peer_that_delays_its_acks() {
    let pki = Pki::new().unwrap();
    let folder = Folder::new().unwrap();
    let granted = posix(&pki, all(&folder));
    let without = Setting::usual(pki.folder());
    let (fast, slow, off) = (
        round(&granted, None).await,
        round(&without, None).await,
        round(&granted, Some(false)).await,
    );
    println!(
        "a round takes {:.2} ms with TCP_NODELAY, {:.1} ms without the capability, {:.1} ms without the option",
        fast * 1e3,
        slow * 1e3,
        off * 1e3
    );
    assert!(slow > 0.01 && off > 0.01, "{slow} {off}");
    assert!(fast * 4.0 < slow.min(off), "{fast} {slow} {off}");
}
