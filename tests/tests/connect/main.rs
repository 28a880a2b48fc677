//! `create-connection` with every option that it has: a question in, an answer out, real servers at the other end. The
//! ids in the names are those of the rules of asyncio's `create_connection` that are checked. A-V4 is deliberately not
//! kept; A-V5, A-V9, A-V13 to A-V15, A-V18 and A-V21 are about objects of Python, which no component is ever given.

mod cancel;
mod checks;
mod errors;
mod late_checks;
mod local;
mod lookup;
mod lookup_flags;
mod networks;
mod race;
mod race_tls;
mod sock;
mod socket_options;
mod timeouts;

use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use switchboard_tests::ask::{self, Answer, Question};
use switchboard_tests::behaviour::Behaviour;
use switchboard_tests::blackhole::Blackhole;
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::composed::LIMIT;
use switchboard_tests::echo::TcpServer;
use switchboard_tests::place::Place;
use switchboard_tests::proc_net::{self, Socket, State};
use tokio::sync::Mutex;

/// The file of the authority, as the application sees it.
const CA: &str = "/pki/ca.pem";

/// Puts questions for which no certificates are needed.
async fn ask(questions: &[Question]) -> Vec<Answer> {
    ask::ask(&Pki::new().unwrap(), questions).await.unwrap()
}

/// Puts one question for which no certificates are needed.
async fn ask_one(question: Question) -> Answer {
    ask_trusting(&Pki::new().unwrap(), question).await
}

/// Puts one question, with this authority's file as [`CA`].
async fn ask_trusting(pki: &Pki, question: Question) -> Answer {
    ask::ask_one(pki, question).await.unwrap()
}

/// This question with these options, which replace those of the same name.
fn with(question: &Question, options: Value) -> Question {
    let mut question = question.clone();
    for (name, value) in options.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

/// An authority, and a certificate of it for `localhost`.
fn pki() -> (Pki, Leaf) {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    (pki, leaf)
}

/// Places with one and the same port, and that port.
fn places<const N: usize>(ips: [&str; N]) -> ([Place; N], u16) {
    let ips = ips.map(|ip| ip.parse::<IpAddr>().unwrap());
    let places = Place::at_each(&ips).unwrap();
    let port = places[0].addr().port();
    (places.try_into().unwrap(), port)
}

/// From when to when after the start of the call the application is busy in [`ask_while_busy`], in seconds. All holes are
/// answered in between: the kernel sends its SYN again a second after the first one.
const BUSY: [f64; 2] = [0.5, 2.0];

/// Puts a question that waits for these holes, and opens them when it does, so that everything that happens while the
/// application is busy is ready at once when the component has its turn again.
async fn ask_while_busy<const N: usize>(
    question: &Question,
    holes: [Blackhole; N],
) -> (Answer, [TcpServer; N]) {
    // One at a time, or tests that look at the clock have no processor left.
    static ONE: Mutex<()> = Mutex::const_new(());
    let _one = ONE.lock().await;
    let question = with(question, json!({"busy": BUSY, "then": "echo"}));
    tokio::join!(ask_one(question), opened_when_asked(holes, Behaviour::Echo))
}

/// Opens the holes once somebody waits for each of them.
async fn opened_when_asked<const N: usize>(
    holes: [Blackhole; N],
    behaviour: Behaviour,
) -> [TcpServer; N] {
    let addresses = holes.each_ref().map(Blackhole::addr);
    let all_wait = |sockets: &[Socket]| {
        let waits = |addr| {
            let mut sockets = sockets.iter();
            sockets.any(|it| it.remote == addr && it.state == State::SynSent)
        };
        addresses.into_iter().all(waits)
    };
    proc_net::until(LIMIT, all_wait).await.unwrap();
    holes.map(|hole| hole.open(behaviour).unwrap())
}

/// This port of these addresses.
fn at(port: u16, ips: &[&str]) -> Vec<SocketAddr> {
    let address = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), port);
    ips.iter().map(address).collect()
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
