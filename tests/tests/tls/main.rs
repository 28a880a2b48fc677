//! TLS, whole: every setting of `context` with peers that are not rustls, `start-tls`, the engine, and peers that mean
//! harm. What `create-connection` does around it is in `connect`.

mod alpn;
mod capture;
mod engine;
mod flights;
mod floods;
mod fragments;
mod groups;
mod identity;
mod key_formats;
mod key_log;
mod load;
mod names;
mod resumption;
mod revocation;
mod start_tls;
mod start_tls_failures;
mod suites;
mod verify;
mod versions;

use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use switchboard_tests::ask::{self, Answer, Question};
use switchboard_tests::certs::{KeyKind, Leaf, Pki, Wanted};

/// The file of the authority, as the application sees it.
const CA: &str = "/pki/ca.pem";

/// Each version: as the settings have it, as Python's `ssl` takes it, as both tell it.
const VERSIONS: [[&str; 3]; 2] = [["tls12", "1.2", "TLSv1.2"], ["tls13", "1.3", "TLSv1.3"]];

/// An authority, and a certificate of it for `localhost`.
fn pki() -> (Pki, Leaf) {
    let pki = Pki::new().unwrap();
    let leaf = pki.issue(&["localhost"]).unwrap();
    (pki, leaf)
}

/// A certificate for `localhost` with a key of this kind.
fn leaf_with(pki: &Pki, key: KeyKind) -> Leaf {
    let wanted = Wanted {
        key,
        ..Wanted::default()
    };
    pki.issue_as(&["localhost"], wanted).unwrap()
}

/// A file of the temporary folder, as the application sees it.
fn inside(path: &Path) -> String {
    format!("/pki/{}", path.file_name().unwrap().to_str().unwrap())
}

/// These settings, and trust in the authority alone unless they say otherwise.
fn trusting(settings: Value) -> Value {
    let mut all = json!({"load-verify-locations": [CA]});
    for (name, value) in settings.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

/// An echo from the server there, which has to be `localhost`, with TLS of these settings.
fn question(to: SocketAddr, settings: Value) -> Question {
    json!({
        "host": to.ip(), "service": to.port(), "server-name": "localhost",
        "tls": trusting(settings), "then": "echo",
    })
}

/// This question with these options, which replace those of the same name.
fn with(question: &Question, options: Value) -> Question {
    let mut question = question.clone();
    for (name, value) in options.as_object().unwrap() {
        question[name] = value.clone();
    }
    question
}

async fn ask(pki: &Pki, questions: &[Question]) -> Vec<Answer> {
    ask::ask(pki, questions).await.unwrap()
}

async fn ask_one(pki: &Pki, question: Question) -> Answer {
    ask::ask_one(pki, question).await.unwrap()
}

/// That it was echoed.
#[track_caller]
fn echoed(answer: &Answer) -> &Value {
    assert_eq!(answer.echo.as_deref(), Some("ping\n"), "{answer:?}");
    answer.facts().unwrap()
}

/// That this setting, and it alone, was refused, and nothing connected. Gives the reason.
#[track_caller]
fn refused<'a>(answer: &'a Answer, setting: &str) -> &'a str {
    assert!(answer.connected.is_none(), "{answer:?}");
    let refused = answer.refused();
    assert_eq!(refused.len(), 1, "{answer:?}");
    assert_eq!(refused[0].0, setting, "{answer:?}");
    assert!(!refused[0].1.is_empty(), "{answer:?}");
    refused[0].1
}

/// That the server sent this alert.
#[track_caller]
fn alerted(failure: Option<&Value>, number: u8, name: &str) {
    let alert = failure.and_then(|it| it.get("alert-received"));
    assert_eq!(alert, Some(&json!([number, name])), "{failure:?}");
}
