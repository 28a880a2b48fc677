//! Networks that do not work: nothing is plugged in, or nobody answers questions about names.

use crate::{home, prompts};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_tests::apart;
use switchboard_tests::ask::Answer;
use switchboard_tests::certs::Pki;
use switchboard_tests::namespace::Namespace;

/// How long the program may take to start and to end, beside what it waits for.
const BESIDE: Duration = Duration::from_secs(2);

#[test]
fn an_unreachable_network_is_told_at_once() {
    if !Namespace::available() {
        return;
    }
    let pki = Pki::new().unwrap();
    for prompt in prompts(home(&pki)) {
        let arguments = ["connect", "127.0.0.1", "9"];
        let done = prompt.run_in(Namespace::Unplugged, &arguments).unwrap();
        let done = done.with_status(1).unwrap();
        let start = "switchboard: 127.0.0.1 port 9: ";
        done.told(start, &["network is unreachable"]).unwrap();
        let arguments = [&arguments[..], &["--json"]].concat();
        let done = prompt.run_in(Namespace::Unplugged, &arguments).unwrap();
        let report = done.with_status(1).unwrap().json().unwrap();
        assert_eq!(report["failure"]["os"]["code"], "remote-unreachable");
        assert_eq!(report["message"], "[Errno 101] Network is unreachable");
    }
}

#[test]
fn a10_a_lookup_that_hangs_ends_with_the_timeout() {
    if !Namespace::available() {
        return;
    }
    let pki = Pki::new().unwrap();
    for prompt in prompts(home(&pki)) {
        let arguments = ["connect", "host.example", "9", "--timeout", "300ms"];
        let done = prompt
            .run_in(Namespace::SilentResolver, &arguments)
            .unwrap();
        let done = done.with_status(1).unwrap();
        done.told(
            "switchboard: host.example port 9: ",
            &["timed out after 300ms during the name lookup"],
        )
        .unwrap();
        assert!(done.took < BESIDE, "{:?}", done.took);
    }
}

/// How long a call may go on after it was ended, in seconds.
const LATE: f64 = 1.0;

/// Puts the questions where no name is ever found, and gives each answer with the time that it took, in seconds. There
/// is one before them and one after them that does not wait.
async fn ask_silence(pki: &Pki, questions: &[Value]) -> Vec<(Answer, f64)> {
    let at_once = [json!({"host": "127.0.0.1", "service": 9})];
    let all = [&at_once, questions, &at_once].concat();
    let answers = apart::ask(Namespace::SilentResolver, "ask", pki, &all);
    let mut answers = answers.await.unwrap();
    for (at_once, _) in [answers.remove(0), answers.pop().unwrap()] {
        assert_eq!(at_once.code(), Some("connection-refused"));
    }
    answers
}

#[tokio::test]
async fn a10_in_a_lookup_that_hangs() {
    const TIME: f64 = 0.3;
    if !Namespace::available() {
        return;
    }
    let peer = json!({"host": "slow.example", "service": 9});
    let local = json!({
        "host": "127.0.0.1", "service": 9,
        "local-addresses": [{"host": "slow.example", "service": 0}],
    });
    let mut questions = Vec::new();
    for (name, value) in [
        ("end", json!({"cancel": TIME})),
        ("end", json!({"drop": TIME})),
        ("timeout", json!(TIME)),
    ] {
        for question in [&peer, &local] {
            let mut question = question.clone();
            question[name] = value.clone();
            questions.push(question);
        }
    }
    let pki = Pki::new().unwrap();
    let answers = ask_silence(&pki, &questions).await;
    for (question, (answer, took)) in questions.iter().zip(answers) {
        assert!(took < TIME + LATE, "{question}: {took}");
        if question["end"].get("drop").is_some() {
            assert!(answer.dropped, "{question}: {answer:?}");
            continue;
        }
        match question.get("timeout") {
            Some(_) => assert_eq!(answer.timed_out(), Some("lookup"), "{answer:?}"),
            None => assert_eq!(answer.failure, Some(json!("cancelled")), "{answer:?}"),
        }
        // That of the peer has succeeded where one's own is looked up.
        let lookups = answer.steps("lookup");
        let (last, before) = lookups.split_last().unwrap();
        assert!(last.abandoned(), "{answer:?}");
        assert!((TIME..TIME + LATE).contains(&last.ended), "{answer:?}");
        let local = question.get("local-addresses").is_some();
        assert_eq!(before.len(), usize::from(local), "{answer:?}");
        assert_eq!(answer.timeline.len(), lookups.len(), "{answer:?}");
    }
}
