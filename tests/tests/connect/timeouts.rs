//! Four ways in which a peer can fail are four failures, and a timeout tells what took so long.

use crate::{CA, ask_one, ask_trusting, pki, with};
use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::ask::Question;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::refuse::Refusing;
use switchboard_tests::scripted::Scripted;
use switchboard_tests::tls::TlsServer;

fn secure(to: SocketAddr) -> Question {
    json!({"host": to.ip(), "service": to.port(), "tls": CA, "server-name": "localhost"})
}

#[tokio::test]
async fn refusal_silence_and_a_reset_are_told_apart() {
    let (pki, _) = pki();
    let refusing = Refusing::start("127.0.0.1").unwrap();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let resetting = Scripted::reset_in_handshake("127.0.0.1").unwrap();

    let answer = ask_trusting(&pki, secure(refusing.addr())).await;
    assert_eq!(answer.code(), Some("connection-refused"));
    assert!(answer.steps("handshake").is_empty());

    let answer = ask_trusting(&pki, with(&secure(hole.addr()), json!({"timeout": 0.5}))).await;
    assert_eq!(answer.timed_out(), Some("connect"));

    let answer = ask_trusting(&pki, secure(resetting.addr())).await;
    assert_eq!(answer.code(), Some("connection-reset"), "{answer:?}");
    let told = answer.told();
    assert!(
        told.starts_with("[Errno 104] Connection reset by peer"),
        "{told}"
    );
    assert!(answer.steps("connect")[0].succeeded());
    assert!(answer.steps("handshake")[0].failure().is_some());
}

#[tokio::test]
async fn a_timeout_tells_the_phase_and_ends_in_time() {
    let (pki, _) = pki();
    let hole = Blackhole::start("127.0.0.1").unwrap();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    for (to, phase) in [(hole.addr(), "connect"), (silent.addr(), "handshake")] {
        let answer = ask_trusting(&pki, with(&secure(to), json!({"timeout": 0.4}))).await;
        assert_eq!(answer.timed_out(), Some(phase));
        assert!(answer.told().contains(phase), "{}", answer.told());
        let last = answer.timeline.last().unwrap();
        assert_eq!(last.phase, phase);
        assert!((0.4..1.0).contains(&last.ended), "{last:?}");
    }
}

/// D.2: the text has the seconds as they were given.
#[tokio::test]
async fn a_handshake_that_takes_longer_than_its_own_timeout() {
    let (pki, _) = pki();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    for (seconds, text) in [(0.3, "0.3"), (1.0, "1.0")] {
        let options = json!({"handshake-timeout": seconds, "timeout": 30});
        let answer = ask_trusting(&pki, with(&secure(silent.addr()), options)).await;
        assert_eq!(answer.timed_out(), Some("handshake"));
        let told =
            format!("SSL handshake is taking longer than {text} seconds: aborting the connection");
        assert_eq!(answer.told(), told);
        let handshake = answer.steps("handshake")[0].took();
        assert!((seconds..seconds + 0.6).contains(&handshake), "{handshake}");
    }
}

/// Whichever is shorter.
#[tokio::test]
async fn the_timeout_over_all_ends_a_handshake_with_time_left() {
    let (pki, leaf) = pki();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    let options = json!({"handshake-timeout": 30, "timeout": 0.3});
    let answer = ask_trusting(&pki, with(&secure(silent.addr()), options.clone())).await;
    assert_eq!(answer.timed_out(), Some("handshake"));
    assert_eq!(answer.told(), "create_connection timed out (handshake)");
    // And none that is in time.
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let options = json!({"handshake-timeout": 30, "timeout": 30});
    let answer = ask_trusting(&pki, with(&secure(server.addr()), options)).await;
    assert_eq!(answer.remote().unwrap(), server.addr());
}

/// Nothing but the clock can end what never waits: many addresses, many of one's own that cannot be bound, and both.
#[tokio::test]
async fn attempts_that_fail_at_once_do_not_outlast_the_timeout() {
    let not_ones_own = json!({"host": "192.0.2.1", "service": 0});
    for (addresses, local) in [(150, 60), (1, 20_000), (20_000, 0)] {
        for delay in [Value::Null, json!(0.25)] {
            // To port 0 nobody connects.
            let answer = ask_one(json!({
                "addresses": vec!["127.0.0.1"; addresses], "service": 0,
                "local-addresses": vec![&not_ones_own; local],
                "happy-eyeballs-delay": delay, "timeout": 0.02,
            }))
            .await;
            let what = format!("{addresses} from {local}: {:?}", answer.failure);
            assert!(answer.timed_out().is_some(), "{what}");
            let ended = answer.timeline.last().unwrap().ended;
            assert!((0.02..0.5).contains(&ended), "{what}: {ended}");
            // In the midst of them.
            let failed = answer.steps("bind").len() + answer.steps("connect").len();
            assert!(failed < addresses * local.max(1), "{what}");
        }
    }
}
