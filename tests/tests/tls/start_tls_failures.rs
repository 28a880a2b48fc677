//! `start-tls` that fails: what is told, and that nothing of the connection is left. That no socket is open then is looked
//! at after the questions anyway.

use crate::start_tls::{plain, start};
use crate::{CA, ask, ask_one, pki};
use serde_json::{Value, json};
use switchboard_tests::ask::Answer;
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::SEEN;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::log::End;
use switchboard_tests::scripted::{Scripted, Step};
use switchboard_tests::start_tls::{Dialogue, StartTlsServer};
use switchboard_tests::tls::TlsServer;

/// `start-tls` to `localhost` with these options.
fn start_with(options: Value) -> Value {
    let mut start = json!({"tls": CA, "server-name": "localhost"});
    for (name, value) in options.as_object().unwrap() {
        start[name] = value.clone();
    }
    json!([{"start-tls": start}, "echo"])
}

/// What came of the only `start-tls`, after which nothing was said any more.
#[track_caller]
fn only(answer: &Answer) -> &Answer {
    assert_eq!(answer.start_tls.len(), 1, "{answer:?}");
    assert_eq!(answer.echo, None);
    assert!(answer.start_tls[0].connected.is_none(), "{answer:?}");
    &answer.start_tls[0]
}

/// CVE-2011-0411: what somebody has put behind the server's go-ahead is not what the server says behind TLS.
#[tokio::test]
async fn what_was_said_before_is_no_answer() {
    let (pki, leaf) = pki();
    // In the same packet, in one of its own, and as much as looks like TLS.
    let go = b"220 go\r\n".to_vec();
    let injected: [&[u8]; 3] = [b"250 HELP\r\n", b"x", &[22, 3, 3, 0, 4, 14, 0, 0, 0]];
    for injected in injected {
        for apart in [false, true] {
            let mut script = vec![Step::Write(go.clone())];
            if apart {
                script.push(Step::Write(injected.to_vec()));
                script.push(Step::Write(b"!".to_vec()));
            } else {
                script = vec![Step::Write([&go[..], injected].concat())];
            }
            script.push(Step::ReadUntil(b"GO\r\n".to_vec()));
            let dialogue = Dialogue {
                script,
                twice: false,
            };
            let server = StartTlsServer::start("127.0.0.1", &leaf, dialogue).unwrap();
            // By the time the second line is read both packets have come.
            let then = match apart {
                false => {
                    json!([{"read-until": "220 go\r\n"}, {"write": "GO\r\n"}, start(), "echo"])
                }
                true => json!([
                    {"read-until": "220 go\r\n"}, {"read-exactly": injected.len()},
                    {"write": "GO\r\n"}, start(), "echo",
                ]),
            };
            let answer = ask_one(&pki, plain(server.addr(), then)).await;
            if apart {
                // Whether the last byte had come already is open; then it is no TLS.
                let failed = only(&answer);
                let told = failed
                    .tls_failure("protocol")
                    .or(failed.tls_failure("not-tls"));
                assert!(told.is_some(), "{answer:?}");
            } else {
                let told = only(&answer).tls_failure("protocol");
                assert!(told.is_some(), "{answer:?}");
                assert!(only(&answer).told().contains("before TLS"), "{answer:?}");
            }
            let heard = answer.read.as_deref().unwrap_or_default();
            assert!(apart || heard == "220 go\r\n", "{heard}");
            server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_good() {
    let (pki, leaf) = pki();
    let stranger = pki.issue_by_stranger(&["localhost"]).unwrap();
    let good = StartTlsServer::start("127.0.0.1", &leaf, Dialogue::default()).unwrap();
    let bad = StartTlsServer::start("127.0.0.1", &stranger, Dialogue::default()).unwrap();
    let wrong_name = start_with(json!({"server-name": "elsewhere.example"}));
    let questions = [
        plain(good.addr(), wrong_name),
        plain(bad.addr(), start_with(json!({}))),
    ];
    let answers = ask(&pki, &questions).await;
    let failed = only(&answers[0]);
    assert!(
        failed.certificate_failure("name-mismatch").is_some(),
        "{failed:?}"
    );
    let step = failed.timeline.last().unwrap();
    assert_eq!(step.phase, "handshake");
    assert!(step.failure().is_some(), "{failed:?}");
    assert_eq!(failed.steps("connect").len(), 1);
    let failed = only(&answers[1]);
    assert!(
        failed.certificate_failure("unknown-issuer").is_some(),
        "{failed:?}"
    );
    for server in [good, bad] {
        let log = server.until(SEEN, |log| log.all_ended(1)).await.unwrap();
        assert!(
            matches!(log.connections[0].end, Some(End::Handshake(_))),
            "{log:?}"
        );
    }
}

/// By the time of its own, by `attempt.cancel`, and by being dropped.
#[tokio::test]
async fn ended_before_it_is_done() {
    let (pki, _) = pki();
    let silent = Scripted::silent("127.0.0.1").unwrap();
    let ends = [
        json!({"handshake-timeout": 0.3}),
        json!({"end": {"cancel": 0.3}}),
        json!({"end": {"cancel": 0}}),
        json!({"end": {"drop": 0.3}}),
        json!({"end": {"drop": 0}}),
    ];
    let questions = ends.map(|end| plain(silent.addr(), start_with(end)));
    let answers = ask(&pki, &questions).await;
    let timed_out = only(&answers[0]);
    assert_eq!(timed_out.timed_out(), Some("handshake"));
    let step = timed_out.timeline.last().unwrap();
    assert!((0.3..1.3).contains(&step.took()), "{step:?}");
    for answer in &answers[1..3] {
        let cancelled = only(answer);
        assert_eq!(cancelled.failure, Some(json!("cancelled")));
        assert_eq!(cancelled.told(), "start_tls was cancelled");
        assert!(
            cancelled.timeline.last().unwrap().abandoned(),
            "{cancelled:?}"
        );
    }
    assert!(answers[3].start_tls[0].dropped && answers[4].start_tls[0].dropped);
    let log = silent.until(SEEN, |log| log.all_ended(5)).await.unwrap();
    assert_eq!(log.accepted(), 5);
}

/// A call that is done in time is not ended any more.
#[tokio::test]
async fn ended_too_late() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let ends = [json!({"end": {"cancel": 30}}), json!({"end": {"drop": 30}})];
    let questions = ends.map(|end| plain(server.addr(), start_with(end)));
    for answer in ask(&pki, &questions).await {
        assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    }
}

#[tokio::test]
async fn d3_options_that_are_refused() {
    let (pki, _) = pki();
    let server = Scripted::silent("127.0.0.1").unwrap();
    let refused = [
        (
            json!({"handshake-timeout": 0}),
            "ssl_handshake_timeout should be a positive number, got 0",
        ),
        (
            json!({"shutdown-timeout": 0}),
            "ssl_shutdown_timeout should be a positive number, got 0",
        ),
        (
            json!({"server-name": null}),
            "check_hostname requires server_hostname",
        ),
        (
            json!({"server-name": ""}),
            "check_hostname requires server_hostname",
        ),
    ];
    let questions = refused
        .each_ref()
        .map(|(options, _)| plain(server.addr(), start_with(options.clone())));
    let answers = ask(&pki, &questions).await;
    for (answer, (_, text)) in answers.iter().zip(refused) {
        assert_eq!(only(answer).invalid_argument(), Some(text), "{answer:?}");
    }
    // Nobody is trusted.
    let nobody = start_with(json!({"tls": {}}));
    let answer = ask_one(&pki, plain(server.addr(), nobody)).await;
    assert!(
        only(&answer).tls_failure("configuration").is_some(),
        "{answer:?}"
    );
    let log = server.until(SEEN, |log| log.all_ended(5)).await.unwrap();
    assert_eq!(log.read(), 0);
    assert!(
        log.connections.iter().all(|it| it.end == Some(End::Clean)),
        "{log:?}"
    );
}

/// A connection that its streams were taken of, or that was ended, cannot speak TLS.
#[tokio::test]
async fn connections_that_are_in_use() {
    let pki = Pki::new().unwrap();
    let server = TcpServer::echo("127.0.0.1").unwrap();
    for before in [
        json!({"take": "receive"}),
        json!({"take": "send"}),
        json!("write-eof"),
    ] {
        let then = json!([before, start(), "echo"]);
        let answer = ask_one(&pki, plain(server.addr(), then)).await;
        assert_eq!(
            only(&answer).code(),
            Some("invalid-state"),
            "{before}: {answer:?}"
        );
    }
    server.until(SEEN, |log| log.all_ended(3)).await.unwrap();
}

/// TLS inside of TLS, where the component itself moves the bytes of the streams that were taken: they end with the
/// connection, while the caller still has its ends.
#[tokio::test]
async fn streams_that_were_taken_end_too() {
    let (pki, leaf) = pki();
    let server = TlsServer::echo("127.0.0.1", &leaf).unwrap();
    let starts = [
        start(),
        json!({"start-tls": {"tls": CA, "server-name": "localhost", "handshake-timeout": 0}}),
        json!({"start-tls": {"tls": CA, "server-name": ""}}),
        json!({"start-tls": {"tls": CA, "server-name": "localhost", "end": {"drop": 0}}}),
        json!({"start-tls": {"tls": CA, "server-name": "localhost", "end": {"cancel": 0}}}),
    ];
    let both = [json!({"take": "receive"}), json!({"take": "send"})];
    let questions = starts.map(|start| {
        let mut question = plain(server.addr(), json!([both[0], both[1], start]));
        question["tls"] = CA.into();
        question["server-name"] = "localhost".into();
        question["step-limit"] = 5.into();
        question
    });
    for answer in ask(&pki, &questions).await {
        assert_eq!(answer.talk_failure, None, "{answer:?}");
        only(&answer);
    }
    server.until(SEEN, |log| log.all_ended(5)).await.unwrap();
}

/// What a write that was given up has left goes before TLS, and does not go to a peer that does not read.
#[tokio::test]
async fn a_peer_that_does_not_read() {
    let (pki, _) = pki();
    let server = TcpServer::start("127.0.0.1", Behaviour::Stall).unwrap();
    let start = json!({"tls": CA, "server-name": "localhost", "handshake-timeout": 0.3});
    let then = json!([{"write-for": [64 << 20, 0.3]}, {"start-tls": start}]);
    let answer = ask_one(&pki, plain(server.addr(), then)).await;
    let failed = only(&answer);
    assert_eq!(failed.timed_out(), Some("handshake"), "{answer:?}");
    let step = failed.timeline.last().unwrap();
    assert!((0.3..1.3).contains(&step.took()), "{step:?}");
}

/// The peer ends it, or says something else than TLS.
#[tokio::test]
async fn peers_that_do_not_go_on() {
    let (pki, _) = pki();
    let ends = Scripted::fin_in_handshake("127.0.0.1").unwrap();
    let resets = Scripted::reset_in_handshake("127.0.0.1").unwrap();
    let http = Scripted::http("127.0.0.1").unwrap();
    let questions = [&ends, &resets, &http].map(|it| plain(it.addr(), start_with(json!({}))));
    let answers = ask(&pki, &questions).await;
    assert_eq!(only(&answers[0]).code(), Some("connection-reset"));
    assert_eq!(only(&answers[1]).code(), Some("connection-reset"));
    assert!(
        only(&answers[2]).tls_failure("not-tls").is_some(),
        "{answers:?}"
    );
}
