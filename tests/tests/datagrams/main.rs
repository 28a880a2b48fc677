//! `create-datagram-endpoint` with every option that it has, and what an endpoint does: a question in, an answer out, real
//! peers at the other end. The ids in the names are those of the rules of asyncio's `create_datagram_endpoint` (B) and of
//! its datagram transport (D.5). B-V1, B-V6 and B-V12 are about objects of Python, B-V5 is about Unix sockets.

mod attempts;
mod batches;
mod checks;
mod close;
mod flood;
mod networks;
mod pairs;
mod peers;
mod protocols;
mod queue;
mod refusals;
mod send;
mod sizes;
mod sock;
mod socket_options;
mod storm;

use serde_json::{Value, json};
use std::net::SocketAddr;
use switchboard_tests::ask::{Answer, Question};
use switchboard_tests::certs::Pki;
use switchboard_tests::composed::LIMIT;
use switchboard_tests::datagrams;
use switchboard_tests::scripted::Scripted;

/// How long an event may take, in seconds.
const SOON: f64 = 20.0;

/// How long is waited for what must not come, in seconds.
const WHILE: f64 = 0.2;

async fn ask(questions: &[Question]) -> Vec<Answer> {
    let pki = Pki::new().unwrap();
    datagrams::ask(&pki, questions).await.unwrap()
}

async fn ask_one(question: Question) -> Answer {
    ask(&[question]).await.remove(0)
}

/// This question with these options, which replace those of the same name.
fn with(question: &Question, options: Value) -> Question {
    let mut question = question.clone();
    for (name, value) in options.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

/// An address, as an option tells it.
fn place(address: SocketAddr) -> Value {
    json!({"host": address.ip(), "service": address.port()})
}

/// An endpoint that has this peer.
fn to(peer: SocketAddr) -> Question {
    json!({"remote-address": place(peer)})
}

/// An endpoint at a free port of this address.
fn at(ip: &str) -> Question {
    json!({"local-address": {"host": ip, "service": 0}})
}

/// This question with this script.
fn script(question: &Question, steps: Value) -> Question {
    with(question, json!({"script": steps}))
}

/// The next event.
fn next() -> Value {
    json!({"next": SOON})
}

/// That many events.
fn until(count: usize) -> Value {
    json!({"until": count, "within": SOON})
}

/// A place in a script where the test does something: the step that waits there, and the gate.
fn gate() -> (Value, Gate) {
    let server = Scripted::silent("127.0.0.1").unwrap();
    (json!({"gate": server.addr()}), Gate(server))
}

struct Gate(Scripted);

impl Gate {
    /// Waits until the script has come here. It goes on when the gate is dropped.
    async fn reached(&self) {
        self.0
            .until(LIMIT, |log| log.accepted() == 1)
            .await
            .unwrap();
    }
}

/// That the call was refused with this text, before anything was done.
#[track_caller]
fn refused_at_once(answer: &Answer, text: &str) {
    refused(answer, text);
    assert!(answer.timeline.is_empty(), "{answer:?}");
}

/// That the call was refused with this text.
#[track_caller]
fn refused(answer: &Answer, text: &str) {
    assert_eq!(answer.invalid_argument(), Some(text), "{answer:?}");
    assert_eq!(answer.told(), text);
}

/// What the events of this step of a script say, datagrams all.
#[track_caller]
fn texts(answer: &Answer, step: usize) -> Vec<String> {
    let events = answer.events(step).unwrap();
    let text = |event: &datagrams::Event| event.text().map(str::to_owned);
    let texts: Option<Vec<_>> = events.iter().map(text).collect();
    texts.unwrap_or_else(|| panic!("{events:?}"))
}

/// The numbers that a script sends, of this size.
fn numbers(count: usize, size: usize) -> Vec<String> {
    (0..count).map(|it| format!("{it:0>size$}")).collect()
}
