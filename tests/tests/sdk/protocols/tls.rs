//! TLS: D.2.

use super::{MADE, MIB, Scenarios, clean};
use std::any::Any;
use std::net::SocketAddr;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::composed::SEEN;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::{Options, TlsServer};

/// A handshake that fails: its name, options, the peer and where it is, and what comes of it.
type Refusing = (&'static str, String, Box<dyn Any>, SocketAddr, &'static str);

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
    let whole = server(Behaviour::Send(5));
    let all = server(Behaviour::Echo);
    let cut = server(Behaviour::SendThenTruncate(5));
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
    // Deviation: asyncio hides it, here it is seen.
    let expected = format!("{MADE}, data 5, lost UnexpectedEof");
    t.play(
        "D.2 truncation, deviation",
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
                "InvalidData Tls(Certificate(NameMismatch(*",
            ),
            (
                "no TLS",
                String::new(),
                ssh,
                ssh_at,
                "InvalidData Tls(NotTls(*",
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

    let expected = format!(
        "{MADE}, data 5, lost Unsupported\n\
         told: Fatal error on SSL protocol (write_eof() is not supported with TLS)"
    );
    t.play(
        "D.2 write_eof in data_received",
        &format!("tls/unsupported{ca}"),
        whole.addr(),
        &expected,
    )
    .await;
    let expected = format!("false Unsupported\n{MADE}, eof, lost");
    t.play(
        "D.2 write_eof",
        &format!("tls/write-eof{ca}"),
        discard.addr(),
        &expected,
    )
    .await;

    let expected = format!(
        "(131072, 524288)\n(250, 1000)\n(1000, 4000)\n\
         high (1) must be >= low (2) must be >= 0\n(1000, 4000)\n(131072, 524288)\n(0, 0)\n{MADE}, pause*eof, lost"
    );
    t.play(
        "D.2 limits",
        &format!("tls/limits{ca}"),
        discard.addr(),
        &expected,
    )
    .await;
    let expected = format!("{MADE}, pause, resume*data 5, eof, lost");
    t.play(
        "D.2 high=0",
        &format!("tls/high-zero{ca}"),
        echo.addr(),
        &expected,
    )
    .await;

    let before = discard.log().read();
    let expected = format!(
        "{MADE}, pause*eof, lost\ntold: SSL connection is closed\ntold: SSL connection is closed"
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

    let expected = format!("{MADE}, eof, lost");
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
    // Nothing is unsent, but no goodbye comes.
    let expected = format!("{MADE}, lost TimedOut");
    t.play(
        "D.2 shutdown timeout",
        &format!("tls/close-first shutdown=200{ca}"),
        stall.addr(),
        &expected,
    )
    .await;
    let expected = format!("{MADE}, eof, lost");
    t.play(
        "D.2 close first",
        &format!("tls/close-first{ca}"),
        discard.addr(),
        &expected,
    )
    .await;
    // Deviation: in asyncio it is lost with an SSLError.
    t.play(
        "D.2 data after close, deviation",
        &format!("tls/close-echo{ca}"),
        echo.addr(),
        &expected,
    )
    .await;
    // Deviation: in asyncio data_received goes on until all is sent.
    let flushed = format!("{MADE}, pause*eof, lost");
    t.play(
        "D.2 data while it closes, deviation",
        &format!("tls/close-flush{ca}"),
        all.addr(),
        &flushed,
    )
    .await;
    let log = all.until(SEEN, |log| log.all_ended(1)).await.unwrap();
    assert_eq!(log.read(), 32 * MIB);
    // Deviation: an SSLError there.
    t.play(
        "D.2 close with data, deviation",
        &format!("tls/close-paused{ca}"),
        cut.addr(),
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
    let expected = format!("{MADE}, data 10, eof, lost");
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
         sockname: true\npeername: true\nssl_object: false\ncipher: false\npeercert: false\npeercred: false\nother: false\n{MADE}, eof, lost"
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
