//! Datagrams: D.5.

use super::{MADE, Scenarios};
use switchboard_tests::composed::SEEN;
use switchboard_tests::udp::{self, UdpPeer};

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
