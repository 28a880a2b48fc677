//! The command `connect`: joins standard input and output to a connection.

use super::bindings::wasi::cli::{environment, stdin, stdout};
use super::bindings::wit_stream;
use super::clock::{Clock, sleep};
use super::command::{UNREADABLE, failed, output, say, symbols};
use super::connect::{ConnectError, create_connection};
use super::connection::Connection;
use super::failure::StreamFailure;
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::signal::Signal;
use crate::cli::{self, Answer, Connect, FAILED, USAGE};
use crate::draw;
use crate::json::{self, Report};
use crate::options::Options;
use crate::sentence;
use crate::tls::context::{Context, Trust};
use futures_lite::future::or;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Connects, and moves bytes until the peer has said everything.
pub(super) async fn connect(arguments: &Connect, options: Options) -> Result<(), Answer> {
    let connected = create_connection(options, None, &Signal::default()).await;
    let connection = connected.map_err(|error| told(arguments, error))?;
    if arguments.common.verbose {
        let timeline = draw::timeline(&connection.timeline.borrow(), symbols());
        say(&mut std::io::stderr(), &(facts(&connection) + &timeline));
    }
    let progress = !arguments.common.json && symbols() && !std::io::stdout().is_terminal();
    let joined = join(&connection, progress).await;
    let closed = match &joined {
        Ok(()) => connection.close().await.map_err(Into::into),
        Err(_) => Ok(()),
    };
    let done = joined.and(closed);
    let report = arguments
        .common
        .json
        .then(|| report(&connection, done.as_ref().err()));
    connection.abort();
    match (done, report) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(report)) => {
            say(&mut std::io::stderr(), &report.line());
            Ok(())
        }
        (Err(why), None) => Err(failed(Some(&arguments.host), &arguments.port, &why)),
        (Err(_), Some(report)) => Err(Answer {
            text: report.line(),
            status: FAILED,
        }),
    }
}

/// What was agreed on and done, and why it ended, if not well.
fn report(connection: &Connection, why: Option<&String>) -> Report {
    let address = |address: Option<_>| address.map(SocketAddr::from);
    let connected = json::connected(
        address(connection.local_address()),
        address(connection.remote_address()),
        connection.facts(),
    );
    let failure = why.map(|why| match connection.failure() {
        Some(StreamFailure::Socket(error)) => {
            json!({ "stream": { "socket": json::code(&error) } })
        }
        Some(StreamFailure::Tls(failure)) => {
            json!({ "stream": { "tls": json::tls_failure(&failure) } })
        }
        Some(StreamFailure::Aborted) => json!({ "stream": "aborted" }),
        Some(StreamFailure::TimedOut) => json!({ "stream": "timed-out" }),
        // Not of the connection: standard input or output.
        None => json!({ "transfer": why }),
    });
    Report {
        connected: Some(connected),
        failure,
        message: why.cloned(),
        timeline: connection.timeline.borrow().clone(),
        received: connection.received.get(),
        sent: connection.sent.get(),
    }
}

/// The options of the connection, with the files that they name.
pub(super) fn options(arguments: &Connect) -> Result<Options, Answer> {
    let mut options = arguments.options();
    if !arguments.tls {
        return Ok(options);
    }
    let trust = match arguments.ca.is_empty() {
        true => Trust::Mozilla,
        false => Trust::None,
    };
    let mut context = Context::new(trust);
    for path in &arguments.ca {
        let unusable = |why: &dyn std::fmt::Display| {
            cli::usage(format_args!("--ca {}: {why}", path.display()))
        };
        let bytes = read(path).map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::IsADirectory => "",
                _ => "; may the component see its directory (--dir)?",
            };
            let why = error.to_string();
            // The number is WASI's, which is nobody's but this component's.
            let why = why.split(" (os error").next().unwrap_or_default();
            unusable(&format_args!("{why}{hint}"))
        })?;
        let loaded = context.load_verify_locations(&bytes);
        loaded.map_err(|failure| unusable(&failure))?;
    }
    let alpn = arguments
        .alpn
        .iter()
        .map(|it| it.clone().into_bytes())
        .collect();
    let set = context.set_alpn_protocols(alpn);
    set.map_err(|failure| cli::usage(format_args!("--alpn: {failure}")))?;
    let config = context.client_config().map_err(cli::usage)?;
    options.tls = Some(Ok(config));
    Ok(options)
}

/// Reads a file of the caller's, who names it from where it stands. Not every host tells where that is; then the
/// directories that it opened are all there is.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let from = environment::get_initial_cwd().unwrap_or_default();
    std::fs::read(Path::new(&from).join(path)).or_else(|_| std::fs::read(path))
}

/// One clear sentence, and what was tried.
fn told(arguments: &Connect, error: ConnectError) -> Answer {
    let ConnectError {
        failure, timeline, ..
    } = error;
    let status = match sentence::is_of_usage(&failure) {
        true => USAGE,
        false => FAILED,
    };
    if arguments.common.json {
        let report = Report {
            failure: Some(json::failure(&failure)),
            message: Some(failure.to_string()),
            timeline,
            ..Report::default()
        };
        let text = report.line();
        return Answer { text, status };
    }
    if status == USAGE {
        return cli::usage(sentence::why(&failure, &timeline, None));
    }
    let why = sentence::why(&failure, &timeline, arguments.common.timeout);
    let mut answer = failed(Some(&arguments.host), &arguments.port, &why);
    answer.text += &match arguments.common.verbose {
        true => draw::timeline(&timeline, symbols()),
        false => draw::failures(&timeline),
    };
    answer
}

/// What was agreed on, a line each.
fn facts(connection: &Connection) -> String {
    let mut text = String::new();
    if let Some(address) = connection.remote_address() {
        text += &format!("connected to {}\n", SocketAddr::from(address));
    }
    if let Some(facts) = connection.facts() {
        text += &format!("{}, {}", facts.version(), facts.cipher_suite);
        if let Some(group) = facts.key_exchange {
            text += &format!(", {group}");
        }
        if let Some(alpn) = facts.alpn {
            text += &format!(", ALPN {}", String::from_utf8_lossy(&alpn));
        }
        text += "\n";
    }
    text
}

/// Joins standard input and output to the connection until the peer has said everything; a long transfer into a file
/// can show that it goes on.
async fn join(connection: &Connection, progress: bool) -> Result<(), String> {
    // Not by `receive` and `send`: their futures cannot pass between two ends in one component.
    let (input, input_ended) = stdin::read_via_stream();
    let (received, for_output) = wit_stream::new();
    let receiving = async {
        let mut received = Outbound::new(received);
        let written = stdout::write_via_stream(for_output);
        let done = connection.receive_all(&mut received).await;
        drop(received);
        let written = written.await;
        done?;
        written.map_err(output)
    };
    // Why the peer did not get everything, once that is known. What it says all the same is still worth reading.
    let outcome = RefCell::new(None);
    let sending = async {
        let sent = connection.send_all(&mut Inbound::new(input)).await;
        let sent = match sent {
            Ok(()) => input_ended.await.map_err(|_| UNREADABLE.into()),
            Err(failure) => Err(failure.into()),
        };
        outcome.replace(Some(sent));
        std::future::pending().await
    };
    let received_and_sent = async {
        receiving.await?;
        // The peer may be done and still listen: what comes in is sent as long as it gets on.
        loop {
            let before = connection.sent.get();
            for _ in 0..10 {
                if let Some(sent) = outcome.take() {
                    return sent;
                }
                sleep(Duration::from_millis(100)).await;
            }
            if connection.sent.get() == before {
                return match connection.unsent.get() {
                    0 => Ok(()),
                    _ => Err("the peer has ended and does not take the rest".into()),
                };
            }
        }
    };
    let joined = or(received_and_sent, sending);
    if !progress {
        return joined.await;
    }
    let shown = Cell::new(false);
    let result = or(joined, show_progress(connection, &shown)).await;
    if shown.get() {
        let _ = std::io::stderr().write_all(ERASE_LINE.as_bytes());
    }
    result
}

/// ECMA-48: back to the first column, and erase the line.
const ERASE_LINE: &str = "\r\x1b[K";

async fn show_progress<T>(connection: &Connection, shown: &Cell<bool>) -> T {
    let started = Clock::start();
    loop {
        sleep(Duration::from_millis(500)).await;
        let (received, sent) = (connection.received.get(), connection.sent.get());
        let line = draw::progress(received, sent, started.now());
        let _ = write!(std::io::stderr(), "{ERASE_LINE}{line}");
        shown.set(true);
    }
}
