//! Networks that do not work: nothing is plugged in, or nobody answers questions about names.

use crate::{home, prompts};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use switchboard_tests::ask::Answer;
use switchboard_tests::certs::Pki;
use switchboard_tests::child::{self, Serving};
use switchboard_tests::command::binary;
use switchboard_tests::composed;
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

/// How long the resolver may keep the host: wasmtime does not end before the threads that it looks names up in.
const RESOLVER: Duration = Duration::from_secs(20);

/// The application of the tests with the component in it, run by the stock wasmtime: it answers the questions of this
/// file.
fn asking(directory: &Path, file: &str) -> Command {
    let mut command = Command::new(binary("wasmtime").unwrap());
    command.args(["run", "-S", "inherit-network,allow-ip-name-lookup"]);
    command.args(["--dir", ".", "composed.wasm", "ask"]);
    command.arg(format!("file={file}")).current_dir(directory);
    command
}

/// Puts the questions where no name is ever found, and gives each answer with the time that it took, in seconds. There
/// is one before them and one after them that does not wait.
async fn ask_silence(pki: &Pki, questions: &[Value]) -> Vec<(Answer, f64)> {
    let at_once = json!({"host": "127.0.0.1", "service": 9});
    let at_once = [at_once];
    let all = [&at_once, questions, &at_once].concat();
    pki.write("composed.wasm", composed::composed().unwrap())
        .unwrap();
    pki.write("nothing.json", "[]").unwrap();
    pki.write("all.json", serde_json::to_vec(&all).unwrap())
        .unwrap();
    // Compiles it, which is not to be counted.
    let done = child::run(asking(home(pki), "nothing.json"), b"", composed::LIMIT);
    done.unwrap().success().unwrap();

    let command = asking(home(pki), "all.json");
    let command = Namespace::SilentResolver.wrap(&command).unwrap();
    let first = |output: &str| output.lines().next().map(|_| ());
    let (serving, ()) = Serving::start(command, composed::LIMIT, first).unwrap();
    let mut times = Vec::new();
    let mut before = Instant::now();
    for line in 2..=all.len() {
        let seen = |output: &str| output.matches('\n').count() >= line;
        serving.until(composed::LIMIT, seen).await.unwrap();
        times.push(before.elapsed().as_secs_f64());
        before = Instant::now();
    }
    let output = serving.output();
    let status = serving.end(RESOLVER).unwrap();
    assert_eq!(status.code(), Some(0), "{output}");
    let answers = output.lines().map(|it| serde_json::from_str(it).unwrap());
    let answers: Vec<Answer> = answers.collect();
    assert_eq!(answers.len(), all.len(), "{output}");
    for at_once in [answers.first(), answers.last()] {
        assert_eq!(at_once.unwrap().code(), Some("connection-refused"));
    }
    // The last time is that of the last question.
    answers
        .into_iter()
        .skip(1)
        .zip(times)
        .take(questions.len())
        .collect()
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
