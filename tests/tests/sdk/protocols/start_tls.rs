//! TLS that is started later: D.3.

use super::{MADE, PAUSE, Scenarios, scripted};
use switchboard_tests::composed::SEEN;
use switchboard_tests::scripted::Step;
use switchboard_tests::start_tls::{Dialogue, GO, MORE, StartTlsServer};
use switchboard_tests::tls::{Options, TlsServer};

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

    let expected = format!("65536 true\n524288 false\ntrue\n{MADE}, data 8, eof, lost");
    let scenario = format!("starttls/upgrade{ca}");
    t.play("D.3", &scenario, echo.addr(), &expected).await;

    // asyncio hangs (cpython#109051).
    let expected = format!("{MADE}, data 3, pause, resume, data 8, eof, lost");
    let scenario = format!("starttls/pausing{ca}");
    t.play("D.3 much unsent", &scenario, slow.addr(), &expected)
        .await;

    let texts = [
        "Cannot call write() while TLS is being started",
        "Cannot call write_eof() while TLS is being started",
        "the transport is not supported by start_tls(): it is not upgradable",
    ];
    let expected = format!("{}\n{MADE}, data 3, eof, lost", texts.join("\n"));
    let scenario = format!("starttls/writes{ca}");
    t.play("D.3 in between", &scenario, echo.addr(), &expected)
        .await;

    let expected = format!("{}\n{MADE}, eof, lost", texts[2]);
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
