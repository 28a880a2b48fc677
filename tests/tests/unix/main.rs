//! Unix sockets, and the options of sockets that WASI lacks: `switchboard-posix.wasm` in a host that provides the capability,
//! and `switchboard.wasm`, which says what it would take. The ids in the names are those of the rules of asyncio's
//! `create_unix_connection` (C) and of its datagrams (B, D.5).

mod broadcast;
mod bulk;
mod checks;
mod command;
mod connect;
mod datagrams;
mod end;
mod grants;
mod no_delay;
mod reuse;
mod tls;
mod without;

use serde_json::{Value, json};
use std::path::Path;
use switchboard_host::Permissions;
use switchboard_host::posix::{PosixCtxBuilder, SocketOption};
use switchboard_tests::ask::{self, Answer, Question};
use switchboard_tests::certs::{Leaf, Pki};
use switchboard_tests::composed::{Plug, Setting};
use switchboard_tests::datagrams as endpoints;
use switchboard_tests::unix_servers::Folder;

/// The file of the authority, as the application sees it.
const CA: &str = "/pki/ca.pem";

/// How long an event may take, in seconds.
const SOON: f64 = 20.0;

/// How long is waited for what must not come, in seconds.
const WHILE: f64 = 0.2;

/// Everything that there is to grant, in this folder.
fn all(folder: &Folder) -> Permissions {
    network().posix(with_options(folder.grants()))
}

/// The network alone.
fn network() -> Permissions {
    Permissions::none().connect().look_up()
}

/// These grants, and all options.
fn with_options(grants: PosixCtxBuilder) -> PosixCtxBuilder {
    let options = SocketOption::ALL.into_iter();
    options.fold(grants, PosixCtxBuilder::allow_option)
}

/// `switchboard-posix.wasm` with these permissions.
fn posix(pki: &Pki, permissions: Permissions) -> Setting<'_> {
    Setting {
        plug: Plug::Posix,
        permissions,
        ..Setting::usual(pki.folder())
    }
}

/// Puts questions with all that can be granted of this folder.
async fn ask(folder: &Folder, questions: &[Question]) -> Vec<Answer> {
    let pki = Pki::new().unwrap();
    let setting = posix(&pki, all(folder));
    ask::ask_in(&setting, &pki, questions).await.unwrap()
}

async fn ask_one(folder: &Folder, question: Question) -> Answer {
    ask(folder, &[question]).await.remove(0)
}

/// Puts one question with these permissions.
async fn ask_permitted(permissions: Permissions, question: Question) -> Answer {
    let pki = Pki::new().unwrap();
    let setting = posix(&pki, permissions);
    let answers = ask::ask_in(&setting, &pki, &[question]).await;
    answers.unwrap().remove(0)
}

/// Puts questions about endpoints, as [`ask`].
async fn ask_endpoints(folder: &Folder, questions: &[Question]) -> Vec<Answer> {
    let pki = Pki::new().unwrap();
    let setting = posix(&pki, all(folder));
    let answers = endpoints::ask_in(&setting, &pki, questions).await;
    answers.unwrap()
}

async fn ask_endpoint(folder: &Folder, question: Question) -> Answer {
    ask_endpoints(folder, &[question]).await.remove(0)
}

/// A connection to this path.
fn to(path: &Path) -> Question {
    json!({"unix": true, "path": path})
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

/// The name of POSIX's in the code of `os`, of what `error-code` does not have.
fn posix_code(answer: &Answer) -> Option<&str> {
    answer.failed_as("os")?["code"]["other"].as_str()
}

/// That the call was refused with this text, before anything was done.
#[track_caller]
fn refused_at_once(answer: &Answer, text: &str) {
    assert_eq!(answer.invalid_argument(), Some(text), "{answer:?}");
    assert_eq!(answer.told(), text);
    assert!(answer.timeline.is_empty(), "{answer:?}");
}

/// That it is refused as what it would take the capability for, by its name.
#[track_caller]
fn not_supported(answer: &Answer, name: &str) {
    let text = answer.failed_as("not-supported").and_then(Value::as_str);
    let text = text.unwrap_or_else(|| panic!("{answer:?}"));
    assert!(text.starts_with(&format!("{name}: ")), "{text}");
}
