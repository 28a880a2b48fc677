//! Plain streams: D.1.

use super::{MADE, MIB, PAUSE, REPLACED, Scenarios, clean, plain, scripted};
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::client;
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::scripted::Step;

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

    // With no handler set, it is told to stderr, as by asyncio's.
    let peer = TcpServer::echo("127.0.0.1").unwrap();
    let arguments = format!("protocol fail-made unhandled=yes server={}", peer.addr());
    let run = client::run(&arguments, t.pki.folder()).await;
    let told = run.err().map(|it| format!("{it:#}")).unwrap_or_default();
    let line = "Exception in callback connection_made(): made fails";
    assert!(told.contains(line), "{told}");

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
