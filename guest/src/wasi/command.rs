//! The command: `wasi:cli/run`, and what all its commands need.

use super::bindings::wasi::cli::{environment, exit, types};
use super::{command_connect, command_udp};
use crate::cli::{self, Answer, DONE, FAILED, Request};
use std::io::{IsTerminal, Write};

/// Runs the command; tells a failure by exit status 1 or 2 and on standard error.
pub(super) async fn run() -> Result<(), ()> {
    let status = match command().await {
        Ok(()) => DONE,
        Err(Answer { text, status: DONE }) => {
            say(&mut std::io::stdout(), &text);
            DONE
        }
        Err(Answer { text, status }) => {
            say(&mut std::io::stderr(), &text);
            status
        }
    };
    match status {
        DONE => Ok(()),
        FAILED => Err(()),
        status => {
            exit::exit_with_code(status);
            Err(())
        }
    }
}

async fn command() -> Result<(), Answer> {
    let words = environment::get_arguments();
    let json = cli::asks_for_json(&words);
    let refused = |answer: Answer| match json {
        true => answer.as_report(&words),
        false => answer,
    };
    match cli::parse(words.iter().cloned()).map_err(refused)? {
        Request::Connect(arguments) => {
            let prepared = command_connect::options(&arguments).map_err(refused)?;
            let (options, context) = prepared;
            command_connect::connect(&arguments, options, context.as_ref()).await
        }
        Request::Unix(arguments) => {
            let prepared = command_connect::unix_options(&arguments).map_err(refused)?;
            let (options, context) = prepared;
            command_connect::connect_unix(&arguments, options, context.as_ref()).await
        }
        Request::Udp(arguments) => command_udp::exchange(&arguments).await,
    }
}

/// Writes, as far as anybody listens: `print!` would panic when nobody does, and a panic is a trap.
///
/// What a peer or its certificate says may hold anything: no control character of it reaches a terminal.
pub(super) fn say(to: &mut dyn Write, text: &str) {
    let harmless = |character: char| match character {
        '\n' => "\n".to_owned(),
        character if character.is_control() => character.escape_default().to_string(),
        character => character.to_string(),
    };
    let text: String = text.chars().map(harmless).collect();
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// Whether the timeline goes to a terminal, which has more than ASCII.
pub(super) fn symbols() -> bool {
    std::io::stderr().is_terminal()
}

/// A host or a path, whatever it is, in one line.
pub(super) fn one_line(place: &str) -> String {
    place.replace('\n', "\\n")
}

/// One sentence that says where it failed, and why.
pub(super) fn failed(place: &str, why: &dyn std::fmt::Display) -> Answer {
    Answer {
        text: format!("switchboard: {}: {why}\n", one_line(place)),
        status: FAILED,
    }
}

/// Why standard output took no more.
pub(super) fn output(code: types::ErrorCode) -> String {
    match code {
        types::ErrorCode::Pipe => "nobody reads standard output any more".into(),
        _ => "standard output cannot be written".into(),
    }
}

/// Why standard input gave no more.
pub(super) const UNREADABLE: &str = "standard input cannot be read";
