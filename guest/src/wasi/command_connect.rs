//! The command `connect`: joins standard input and output to a connection.

use super::bindings::wasi::cli::{stdin, stdout};
use super::bindings::wit_stream;
use super::clock::{Clock, sleep};
use super::command::{UNREADABLE, failed, output, say, symbols};
use super::connect::{ConnectError, create_connection};
use super::connection::Connection;
use super::failure::StreamFailure;
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::signal::Signal;
use super::{command_starttls, command_tls};
use crate::cli::{self, Answer, Connect, FAILED, USAGE};
use crate::draw;
use crate::json::{self, Report};
use crate::options::{Options, Tls};
use crate::sentence;
use crate::tls::context::Context;
use futures_lite::future::or;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Connects, and moves bytes until the peer has said everything.
pub(super) async fn connect(
    arguments: &Connect,
    mut options: Options,
    context: Option<&Context>,
) -> Result<(), Answer> {
    let tls = &arguments.tls;
    let connected = match (tls.starttls, options.tls.take()) {
        (Some(protocol), Some(settings)) => {
            command_starttls::connect(options, settings, protocol).await
        }
        (_, settings) => {
            let options = Options {
                tls: settings,
                ..options
            };
            create_connection(options, None, &Signal::default()).await
        }
    };
    // Also those of a handshake that has failed.
    let logged = match context {
        Some(context) => command_tls::append_key_log(tls, context),
        None => Ok(()),
    };
    let connection = connected.map_err(|error| told(arguments, error))?;
    logged.map_err(|why| failed(Some(&arguments.host), &arguments.port, &why))?;
    if let (true, Some(facts)) = (tls.show_certificates, connection.facts()) {
        let shown = command_tls::certificates(&facts.peer_certificates);
        say(&mut std::io::stderr(), &shown);
    }
    if arguments.common.verbose {
        let timeline = draw::timeline(&connection.timeline.borrow(), symbols());
        let facts = facts(&connection, tls.insecure);
        say(&mut std::io::stderr(), &(facts + &timeline));
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

/// The options of the connection, with the files that they name read, and the settings of TLS.
pub(super) fn options(arguments: &Connect) -> Result<(Options, Option<Context>), Answer> {
    let mut options = arguments.options();
    let context = match arguments.tls.wanted {
        true => Some(command_tls::context(&arguments.tls)?),
        false => None,
    };
    options.tls = context.as_ref().map(|context| Tls {
        config: context.client_config(),
        checks_hostname: context.checks_hostname(),
    });
    Ok((options, context))
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
fn facts(connection: &Connection, insecure: bool) -> String {
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
        if facts.resumed {
            text += ", resumed";
        }
        if insecure {
            text += ", certificate not verified";
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
