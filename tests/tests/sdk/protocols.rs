//! asyncio's protocols: every scenario of ASYNCIO.md D.1, D.2, D.5 and D.7, each with a peer of its own. Prints them as a table.

use crate::{pki, run};
use comfy_table::{Table, presets};
use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::{End, Log};
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::start_tls::{Dialogue, GO, MORE, StartTlsServer};
use switchboard_tests::tls::{Options, TlsServer};
use switchboard_tests::udp::{self, UdpPeer};

/// Where the protocol is replaced, and another one is told of the loss.
const REPLACED: &str = "D.1 set_protocol";

/// What a protocol is told when all goes well.
const MADE: &str = "factory, made, returned";

/// A scenario, and what came of it.
struct Row {
    rule: &'static str,
    scenario: String,
    expected: String,
    came: String,
}

struct Scenarios {
    pki: Pki,
    leaf: Leaf,
    rows: Vec<Row>,
}

impl Scenarios {
    fn new() -> Self {
        let (pki, leaf) = pki();
        Self {
            pki,
            leaf,
            rows: Vec::new(),
        }
    }

    /// Plays it, and notes what the guest says.
    async fn play(&mut self, rule: &'static str, arguments: &str, at: SocketAddr, expected: &str) {
        let all = format!("protocol {arguments} server={at}");
        let run = run(&all, &self.pki).await;
        self.note(rule, arguments, expected, run.output.trim_end());
    }

    fn note(&mut self, rule: &'static str, scenario: &str, expected: &str, came: &str) {
        self.rows.push(Row {
            rule,
            scenario: scenario.to_owned(),
            expected: expected.to_owned(),
            came: came.to_owned(),
        });
    }

    /// Prints the table, and fails if a row does.
    fn finish(self) {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL_CONDENSED);
        table.set_header(["rule", "scenario", "outcome", ""]);
        let mut failed = 0;
        for row in &self.rows {
            let right =
                matches(&row.expected, &row.came) && lawful(&row.came, row.rule == REPLACED);
            failed += usize::from(!right);
            let verdict = match right {
                true => "ok".to_owned(),
                false => format!("expected:\n{}", row.expected),
            };
            let scenario = row.scenario.replace(" ca=/pki/ca.pem", "");
            table.add_row([row.rule, &scenario, &row.came, &verdict]);
        }
        println!("{table}");
        assert_eq!(failed, 0);
    }
}

/// `*` stands for anything.
fn matches(expected: &str, came: &str) -> bool {
    let Some((first, rest)) = expected.split_once('*') else {
        return expected == came;
    };
    let Some(mut left) = came.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<_> = rest.split('*').collect();
    for (index, piece) in pieces.iter().enumerate() {
        if index + 1 == pieces.len() {
            return left.ends_with(piece);
        }
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

/// ASYNCIO.md D.7: the order of all callbacks, whatever the scenario.
fn lawful(came: &str, replaced: bool) -> bool {
    let mut told = came.lines().filter(|line| line.starts_with("factory"));
    told.all(|line| {
        let events: Vec<_> = line.split(", ").collect();
        let at = |what: &str| events.iter().position(|it| it.starts_with(what));
        let count = |what: &str| events.iter().filter(|it| it.starts_with(what)).count();
        let writing: Vec<_> = events
            .iter()
            .filter(|it| it.starts_with("pause") || **it == "resume")
            .collect();
        let by_turns = writing
            .iter()
            .enumerate()
            .all(|(index, it)| it.starts_with("pause") == (index % 2 == 0));
        let over = match at("lost") {
            Some(lost) => lost + 1 == events.len() || events[lost + 1..] == ["returned"],
            None => replaced,
        };
        count("factory") == 1
            && at("factory") == Some(0)
            && at("made") == Some(1)
            && count("made") == 1
            && count("lost") <= 1
            && count("eof") <= 1
            && at("eof").is_none_or(|eof| !events[eof..].iter().any(|it| it.starts_with("data")))
            && by_turns
            && over
    })
}

fn plain(behaviour: Behaviour) -> TcpServer {
    TcpServer::start("127.0.0.1", behaviour).unwrap()
}

fn scripted(script: impl Into<Vec<Step>>) -> Scripted {
    Scripted::start("127.0.0.1", script).unwrap()
}

fn clean(log: &Log) {
    let ends: Vec<_> = log.connections.iter().map(|it| &it.end).collect();
    assert!(ends.iter().all(|end| **end == Some(End::Clean)), "{ends:?}");
}

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn d_1_plain_streams() {
    let mut t = Scenarios::new();
    let hello = || vec![Step::Write(b"hello".to_vec()), Step::Fin, Step::ReadToEnd];

    let peer = scripted(hello());
    let eof = format!("{MADE}, data 5, eof, lost");
    t.play("D.1 order", "talk", peer.addr(), &eof).await;
    clean(&peer.until(SEEN, |log| log.all_ended(1)).await.unwrap());

    let peer = scripted(hello());
    t.play("D.1 eof, truthy", "keep-open", peer.addr(), &eof)
        .await;
    let log = peer.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.connections[0].received, b"more");

    let peer = scripted([
        Step::Read(1),
        Step::Fin,
        Step::Pause(PAUSE),
        Step::ReadToEnd,
    ]);
    let expected = format!("{MADE}, pause*eof*lost");
    t.play("D.1 eof, flushed", "flush-at-eof", peer.addr(), &expected)
        .await;
    let log = peer.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.read(), 8 * MIB);
    clean(&log);

    let peer = plain(Behaviour::Sink);
    let expected = format!(
        "Cannot call write() after write_eof()\nCannot call writelines() after write_eof()\n{MADE}*data 8, eof, lost"
    );
    t.play("D.1 write_eof", "write-eof", peer.addr(), &expected)
        .await;
    let log = peer.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.read(), 4 * MIB);

    let peer = TcpServer::echo("127.0.0.1").unwrap();
    let expected = format!("{MADE}, data 6, lost");
    t.play("D.1 empty writes", "empty", peer.addr(), &expected)
        .await;

    let peer = scripted([Step::Read(1), Step::Pause(PAUSE), Step::ReadToEnd]);
    let dropped = "told: socket.send() raised exception.";
    let expected = format!("{MADE}, pause*lost\n{dropped}\n{dropped}");
    t.play("D.1 close", "after-close", peer.addr(), &expected)
        .await;
    let log = peer.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.read(), 32 * MIB + 4);
    assert!(log.connections[0].received.ends_with(b"tail"));

    let peer = plain(Behaviour::Stall);
    let expected = format!("{MADE}, pause, lost");
    t.play("D.1 abort", "abort", peer.addr(), &expected).await;

    let peer = plain(Behaviour::ResetAfter(1));
    let expected = format!("{MADE}, lost ConnectionReset");
    t.play("D.1 reset", "reset", peer.addr(), &expected).await;

    let failing = |name: &str| format!("told: Fatal error: protocol.{name}() call failed. (");
    let peer = scripted(hello());
    let expected = format!(
        "{MADE}, data 5, lost Other\n{}data fails)",
        failing("data_received")
    );
    t.play(
        "D.1 data_received fails",
        "fail-data",
        peer.addr(),
        &expected,
    )
    .await;
    let peer = scripted(hello());
    let expected = format!(
        "{MADE}, data 5, eof, lost Other\n{}eof fails)",
        failing("eof_received")
    );
    t.play("D.1 eof_received fails", "fail-eof", peer.addr(), &expected)
        .await;
    let peer = scripted(hello());
    let expected = format!(
        "{MADE}, lost Other\n{}get_buffer() returned an empty buffer)",
        failing("get_buffer")
    );
    let scenario = "empty-buffer buffered=yes";
    t.play("D.1 empty buffer", scenario, peer.addr(), &expected)
        .await;
    let peer = scripted(hello());
    let expected = format!(
        "{MADE}, lost Other\n{}get_buffer fails)",
        failing("get_buffer")
    );
    let scenario = "fail-get_buffer buffered=yes";
    t.play("D.1 get_buffer fails", scenario, peer.addr(), &expected)
        .await;
    let peer = scripted(hello());
    let expected = format!(
        "{MADE}, data 5, lost Other\n{}buffer_updated fails)",
        failing("buffer_updated")
    );
    let scenario = "fail-buffer_updated buffered=yes";
    t.play("D.1 buffer_updated fails", scenario, peer.addr(), &expected)
        .await;
    let peer = TcpServer::echo("127.0.0.1").unwrap();
    let expected =
        format!("{MADE}, data 5, lost\ntold: Exception in callback connection_made() (made fails)");
    t.play(
        "A.8 connection_made fails",
        "fail-made",
        peer.addr(),
        &expected,
    )
    .await;

    let peer = plain(Behaviour::Send(9000));
    let expected = format!("hinted: false\n{MADE}, data 9000, eof, lost");
    t.play(
        "D.1 buffered",
        "buffered buffered=yes",
        peer.addr(),
        &expected,
    )
    .await;

    let peer = TcpServer::echo("127.0.0.1").unwrap();
    let expected = format!("{MADE}, data 10, lost");
    t.play("D.1 pause_reading", "pausing", peer.addr(), &expected)
        .await;

    let peer = scripted([Step::Pause(PAUSE), Step::ReadToEnd]);
    let expected = format!("{MADE}, pause inside, resume, lost");
    t.play("D.1 flow control", "flow", peer.addr(), &expected)
        .await;
    let peer = scripted([Step::Pause(PAUSE), Step::ReadToEnd]);
    t.play("D.1 resumed by a write", "busy", peer.addr(), &expected)
        .await;
    let peer = scripted([Step::Pause(PAUSE), Step::ReadToEnd]);
    let expected = format!("{expected}\ntold: protocol.pause_writing() failed (pause fails)");
    t.play(
        "D.1 pause_writing fails",
        "fail-pause",
        peer.addr(),
        &expected,
    )
    .await;

    let peer = plain(Behaviour::Stall);
    let expected = format!("{MADE}, pause inside, lost");
    t.play(
        "D.7 lost while paused",
        "lost-while-paused",
        peer.addr(),
        &expected,
    )
    .await;

    let peer = TcpServer::echo("127.0.0.1").unwrap();
    let expected = format!("{MADE}, data 3\ndata 5, lost");
    t.play(REPLACED, "set-protocol", peer.addr(), &expected)
        .await;

    let peer = plain(Behaviour::Discard);
    let expected = format!(
        "(16384, 65536)\n(250, 1000)\n(1000, 4000)\n\
         high (1) must be >= low (2) must be >= 0\n(1000, 4000)\n(16384, 65536)\n(0, 0)\n\
         set_read_buffer_limits() is not supported without TLS\n{MADE}*lost"
    );
    t.play("D.1 limits", "limits", peer.addr(), &expected).await;

    let peer = plain(Behaviour::Discard);
    let known = "sockname: true\npeername: true\nssl_object: false\ncipher: false\npeercert: false\npeercred: false\nother: false";
    let expected = format!("{known}\n{known}\n{MADE}, lost");
    t.play("D.4 extra info", "info", peer.addr(), &expected)
        .await;
    t.finish();
}

/// A handshake that fails: its name, options, the peer and where it is, and what comes of it.
type Refusing = (&'static str, String, Box<dyn Any>, SocketAddr, &'static str);

/// For a peer that is slow to read.
const PAUSE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn d_2_tls() {
    let mut t = Scenarios::new();
    let server = |behaviour: Behaviour| {
        let options = Options {
            behaviour,
            ..Options::default()
        };
        TlsServer::start("127.0.0.1", &t.leaf, &options).unwrap()
    };
    let servers = [
        server(Behaviour::Send(5)),
        server(Behaviour::Send(5)),
        server(Behaviour::SendThenTruncate(5)),
    ];
    let (echo, sink, stall) = (
        server(Behaviour::Echo),
        server(Behaviour::Sink),
        server(Behaviour::Stall),
    );
    let (discard, send) = (server(Behaviour::Discard), server(Behaviour::Send(9000)));
    let strict = TlsServer::start(
        "127.0.0.1",
        &t.leaf,
        &Options {
            client_roots: Some(t.pki.roots().unwrap()),
            ..Options::default()
        },
    )
    .unwrap();
    let ca = " ca=/pki/ca.pem";
    let eof = format!("{MADE}, data 5, eof, lost");
    let [talk, open, truncate] = servers;

    t.play("D.2 order", &format!("tls/talk{ca}"), talk.addr(), &eof)
        .await;
    clean(&talk.until(SEEN, |log| log.all_ended(1)).await.unwrap());
    let expected =
        format!("{eof}\ntold: returning true from eof_received() has no effect when using ssl");
    t.play(
        "D.2 eof, truthy",
        &format!("tls/keep-open{ca}"),
        open.addr(),
        &expected,
    )
    .await;
    // asyncio hides it; here it is seen.
    let expected = format!("{MADE}, data 5, lost UnexpectedEof");
    t.play(
        "D.2 truncation",
        &format!("tls/talk{ca}"),
        truncate.addr(),
        &expected,
    )
    .await;

    let fails: [Refusing; 5] = {
        let boxed = |it: Scripted| -> (Box<dyn Any>, SocketAddr) {
            let at = it.addr();
            (Box::new(it), at)
        };
        let (ssh, ssh_at) = boxed(Scripted::ssh("127.0.0.1").unwrap());
        let (fin, fin_at) = boxed(Scripted::fin_in_handshake("127.0.0.1").unwrap());
        let (reset, reset_at) = boxed(Scripted::reset_in_handshake("127.0.0.1").unwrap());
        let (silent, silent_at) = boxed(Scripted::silent("127.0.0.1").unwrap());
        [
            (
                "wrong name",
                " name=other.test".into(),
                Box::new(()),
                echo.addr(),
                "InvalidData Tls(TlsFailure::Certificate(CertificateFailure::NameMismatch(*",
            ),
            (
                "no TLS",
                String::new(),
                ssh,
                ssh_at,
                "InvalidData Tls(TlsFailure::NotTls(*",
            ),
            (
                "eof in handshake",
                String::new(),
                fin,
                fin_at,
                "ConnectionReset Os(*",
            ),
            (
                "reset in handshake",
                String::new(),
                reset,
                reset_at,
                "ConnectionReset Os(*",
            ),
            (
                "handshake timeout",
                " handshake=100".into(),
                silent,
                silent_at,
                "TimedOut TimedOut(*",
            ),
        ]
    };
    for (rule, more, _peer, at, expected) in &fails {
        t.play(rule, &format!("tls/fails{more}{ca}"), *at, expected)
            .await;
    }
    let expected = format!("{MADE}, lost InvalidData");
    t.play(
        "D.2 late rejection",
        &format!("tls/talk{ca}"),
        strict.addr(),
        &expected,
    )
    .await;

    let expected = format!("false Unsupported\n{MADE}, lost");
    t.play(
        "D.2 write_eof",
        &format!("tls/write-eof{ca}"),
        discard.addr(),
        &expected,
    )
    .await;

    let expected = format!(
        "(131072, 524288)\n(250, 1000)\n(1000, 4000)\n\
         high (1) must be >= low (2) must be >= 0\n(1000, 4000)\n(131072, 524288)\n(0, 0)\n{MADE}, pause*lost"
    );
    t.play(
        "D.2 limits",
        &format!("tls/limits{ca}"),
        discard.addr(),
        &expected,
    )
    .await;
    let expected = format!("{MADE}, pause, resume*data 5, lost");
    t.play(
        "D.2 high=0",
        &format!("tls/high-zero{ca}"),
        echo.addr(),
        &expected,
    )
    .await;

    let before = discard.log().read();
    let expected = format!(
        "{MADE}, pause*lost\ntold: SSL connection is closed\ntold: SSL connection is closed"
    );
    t.play(
        "D.2 close",
        &format!("tls/after-close{ca}"),
        discard.addr(),
        &expected,
    )
    .await;
    let log = discard.until(SEEN, |log| log.open() == 0).await.unwrap();
    // What was written after `close` is dropped, unlike without TLS.
    assert_eq!(log.read() - before, 32 * MIB);

    let expected = format!("{MADE}, lost");
    t.play(
        "D.2 writes when resumed",
        &format!("tls/eager{ca}"),
        discard.addr(),
        &expected,
    )
    .await;

    let expected = format!("{MADE}, pause, lost TimedOut");
    t.play(
        "D.2 shutdown timeout",
        &format!("tls/slow shutdown=200{ca}"),
        stall.addr(),
        &expected,
    )
    .await;
    let expected = format!("{MADE}, pause, lost");
    t.play(
        "D.2 abort",
        &format!("tls/abort{ca}"),
        stall.addr(),
        &expected,
    )
    .await;
    let expected = format!("{MADE}, data 10, lost");
    t.play(
        "D.2 pause_reading",
        &format!("tls/pausing{ca}"),
        echo.addr(),
        &expected,
    )
    .await;

    let much = TlsServer::start(
        "127.0.0.1",
        &t.leaf,
        &Options {
            behaviour: Behaviour::Send(4 * MIB),
            ..Options::default()
        },
    )
    .unwrap();
    let expected = format!(
        "(65536, 262144)\n(25000, 100000)\ntrue\n{MADE}, data {}, eof, lost",
        4 * MIB
    );
    t.play(
        "D.2 read limits",
        &format!("tls/read-ahead{ca}"),
        much.addr(),
        &expected,
    )
    .await;

    let reset = TlsServer::start(
        "127.0.0.1",
        &t.leaf,
        &Options {
            behaviour: Behaviour::SendThenReset(5),
            ..Options::default()
        },
    )
    .unwrap();
    let expected = format!("{MADE}, lost ConnectionReset");
    t.play(
        "D.2 reset while paused",
        &format!("tls/paused-reset{ca}"),
        reset.addr(),
        &expected,
    )
    .await;

    let fatal = "told: Fatal error on SSL protocol (";
    let expected = format!("{MADE}, data *, lost Other\n{fatal}data fails)");
    t.play(
        "D.2 data_received fails",
        &format!("tls/fail-data{ca}"),
        send.addr(),
        &expected,
    )
    .await;
    let expected = format!(
        "{MADE}, data 9000, eof, lost Other\ntold: Error calling eof_received() (eof fails)"
    );
    t.play(
        "D.2 eof_received fails",
        &format!("tls/fail-eof{ca}"),
        send.addr(),
        &expected,
    )
    .await;
    let expected = "Other Callback(\"made fails\")\nfactory, made, lost Other\n\
                    told: Fatal error: protocol.buffer_updated() call failed. (made fails)";
    t.play(
        "A.8 connection_made fails",
        &format!("tls/fail-made{ca}"),
        echo.addr(),
        expected,
    )
    .await;

    let expected = format!("hinted: true\n{MADE}, data 9000, eof, lost");
    let scenario = format!("tls/buffered buffered=yes{ca}");
    t.play("D.2 buffered", &scenario, send.addr(), &expected)
        .await;

    let expected = format!(
        "sockname: true\npeername: true\nssl_object: true\ncipher: true\npeercert: true\npeercred: false\nother: false\n\
         sockname: true\npeername: true\nssl_object: false\ncipher: false\npeercert: false\npeercred: false\nother: false\n{MADE}, lost"
    );
    t.play(
        "D.4 extra info",
        &format!("tls/info{ca}"),
        discard.addr(),
        &expected,
    )
    .await;
    drop(sink);
    t.finish();
}

#[tokio::test]
async fn d_5_datagrams() {
    let mut t = Scenarios::new();
    let echo = UdpPeer::reflector("127.0.0.1").unwrap();
    let dead = udp::dead("127.0.0.1").unwrap();
    let at = echo.addr();
    let expected = format!(
        "Invalid address: must be None or {at}\ntrue\n{MADE}, datagram 5, datagram 0, lost"
    );
    t.play("D.5 with a peer", "datagrams/talk", at, &expected)
        .await;
    let expected = format!("false\n{MADE}, datagram 5, lost");
    t.play(
        "D.5 without a peer",
        "datagrams/free free=yes",
        at,
        &expected,
    )
    .await;
    let expected =
        format!("{MADE}, lost InvalidInput\ntold: Fatal write error on datagram transport (*");
    t.play(
        "D.5 no address",
        "datagrams/no-address free=yes",
        at,
        &expected,
    )
    .await;
    let expected = format!("{MADE}, error ConnectionRefused, lost");
    t.play("D.5 nobody there", "datagrams/dead", dead, &expected)
        .await;
    let expected = format!("{MADE}, error PermissionDenied, datagram 5, lost");
    t.play(
        "D.5 refused network",
        "datagrams/refused free=yes",
        at,
        &expected,
    )
    .await;
    let expected = format!("{MADE}, error InvalidInput, datagram 5, lost");
    t.play("D.5 too large", "datagrams/too-large", at, &expected)
        .await;
    let expected = format!(
        "{MADE}, datagram 5, lost\ntold: Exception in callback datagram_received() (datagram fails)"
    );
    t.play(
        "D.5 datagram_received fails",
        "datagrams/fail-datagram",
        at,
        &expected,
    )
    .await;
    let expected = format!(
        "{MADE}, error ConnectionRefused, lost\ntold: Exception in callback error_received() (error fails)"
    );
    t.play(
        "D.5 error_received fails",
        "datagrams/fail-error",
        dead,
        &expected,
    )
    .await;

    let listener = UdpPeer::listener("127.0.0.1").unwrap();
    let dropped = "told: socket.send() raised exception.";
    let expected = format!("{MADE}, lost\n{dropped}\n{dropped}");
    t.play("D.5 close", "datagrams/close", listener.addr(), &expected)
        .await;
    let came = listener.until(SEEN, |them| them.len() == 2).await.unwrap();
    let came: Vec<_> = came.into_iter().map(|it| it.data).collect();
    assert_eq!(came, [b"one".to_vec(), b"two".to_vec()]);

    t.play("D.5 abort", "datagrams/abort", at, &format!("{MADE}, lost"))
        .await;
    let expected = format!("{MADE}, datagram 5, lost");
    t.play("D.5 pause_reading", "datagrams/pausing", at, &expected)
        .await;
    let expected = format!("(16384, 65536)\n(25000, 100000)\n{MADE}, pause, resume, lost");
    t.play(
        "D.5 flow control",
        "datagrams/flow",
        listener.addr(),
        &expected,
    )
    .await;
    t.finish();
}

#[tokio::test]
async fn d_3_start_tls() {
    let mut t = Scenarios::new();
    let server = |script: Vec<Step>| {
        let dialogue = Dialogue {
            script,
            twice: false,
        };
        StartTlsServer::start("127.0.0.1", &t.leaf, dialogue).unwrap()
    };
    let go = || vec![Step::ReadUntil(MORE.to_vec()), Step::Write(GO.to_vec())];
    let echo = server(go());
    let mut slow = go();
    slow.extend([Step::Pause(PAUSE), Step::ReadExactly(8 << 20)]);
    let slow = server(slow);
    let silent = scripted([
        Step::ReadUntil(MORE.to_vec()),
        Step::Write(GO.to_vec()),
        Step::ReadToEnd,
    ]);
    let ca = " upgradable=yes ca=/pki/ca.pem";

    let expected = format!("65536 true\n524288 false\ntrue\n{MADE}, data 8, lost");
    let scenario = format!("starttls/upgrade{ca}");
    t.play("D.3", &scenario, echo.addr(), &expected).await;

    // asyncio hangs (cpython#109051).
    let expected = format!("{MADE}, data 3, pause, resume, data 8, lost");
    let scenario = format!("starttls/pausing{ca}");
    t.play("D.3 much unsent", &scenario, slow.addr(), &expected)
        .await;

    let texts = [
        "Cannot call write() while TLS is being started",
        "Cannot call write_eof() while TLS is being started",
        "the transport is not supported by start_tls(): it is not upgradable",
    ];
    let expected = format!("{}\n{MADE}, data 3, lost", texts.join("\n"));
    let scenario = format!("starttls/writes{ca}");
    t.play("D.3 in between", &scenario, echo.addr(), &expected)
        .await;

    let expected = format!("{}\n{MADE}, lost", texts[2]);
    let scenario = "starttls/not-upgradable plain=yes ca=/pki/ca.pem";
    let plain = TlsServer::start("127.0.0.1", &t.leaf, &Options::default()).unwrap();
    t.play("D.3 not capable", scenario, plain.addr(), &expected)
        .await;

    let expected = format!("InvalidData\n{MADE}, lost InvalidData");
    let scenario = format!("starttls/unread{ca}");
    t.play("D.3 injected", &scenario, echo.addr(), &expected)
        .await;

    // asyncio forgets to tell the protocol, but for a certificate.
    let expected = format!("InvalidData\n{MADE}, data 3, lost InvalidData");
    let scenario = format!("starttls/fails name=other.test{ca}");
    t.play("D.3 wrong name", &scenario, echo.addr(), &expected)
        .await;
    let expected = format!("TimedOut\n{MADE}, data 3, lost TimedOut");
    let scenario = format!("starttls/fails handshake=100{ca}");
    t.play("D.3 timeout", &scenario, silent.addr(), &expected)
        .await;
    let expected = format!("None\n{MADE}, data 3, lost");
    let scenario = format!("starttls/dropped{ca}");
    t.play("D.3 cancelled", &scenario, silent.addr(), &expected)
        .await;
    let expected = format!("Some(ConnectionAborted)\n{MADE}, data 3, lost");
    let scenario = format!("starttls/closed{ca}");
    t.play(
        "D.2 close in handshake",
        &scenario,
        silent.addr(),
        &expected,
    )
    .await;
    let log = silent.until(SEEN, |log| log.open() == 0).await.unwrap();
    assert_eq!(log.accepted(), 3);
    t.finish();
}
